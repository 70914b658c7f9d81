"""``python -m uniaims`` is ``uniaims``."""

import sys

from uniaims.cli import main

if __name__ == "__main__":
    sys.exit(main())
