"""`python -m sampan`, the same as the command `sampan`."""

import sys

from sampan.cli import main

if __name__ == "__main__":
    sys.exit(main())
