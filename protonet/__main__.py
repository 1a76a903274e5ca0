"""`python -m protonet`: the command `protonet`."""

import sys

from protonet.cli import main

if __name__ == "__main__":
    sys.exit(main())
