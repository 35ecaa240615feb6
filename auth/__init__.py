"""Who is there, and the gate in front of every page."""
