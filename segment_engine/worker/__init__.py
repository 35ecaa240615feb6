"""What runs in a process of its own: the loop that claims, computes and publishes, and what it looks after besides."""
