"""The open reference definitions: real data through the real command line, count and checksum of the members."""
