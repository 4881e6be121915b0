"""`python -m diagram` is the command `tensor-diagrams`."""

import sys

from diagram.cli import main

sys.exit(main())
