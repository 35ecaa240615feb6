"""What the words mean: pure functions and frozen values, standard library only."""
