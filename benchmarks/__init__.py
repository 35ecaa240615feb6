"""Measurements, outside the tests: `make bench`, or `SCALE=0.05 make bench` for a quick look."""
