"""`python -m segment_engine`: the same engine from the command line."""

import sys

from segment_engine.command_line import main

sys.exit(main())
