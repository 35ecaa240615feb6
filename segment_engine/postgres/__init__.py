"""The PostgreSQL that comes along: its programs, a data directory, the server of `make run`, those of tests."""
