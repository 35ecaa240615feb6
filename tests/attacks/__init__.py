"""Attacks on what people type: whatever it is, it stays text."""
