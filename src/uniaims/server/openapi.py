"""The description of all routes, which the page's types are made from: ``python -m uniaims.server.openapi FILE``."""

import json
import sys
from pathlib import Path

from uniaims.server.application import interface


def description() -> str:
    """OpenAPI 3.1 as text."""
    return json.dumps(interface().openapi(), indent=1, sort_keys=True, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(description(), encoding="ascii")
