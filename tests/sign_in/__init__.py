"""Signing in, against real providers in processes of their own and one that forges whatever it is told to."""
