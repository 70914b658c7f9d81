"""Puts the web page into the wheel: it is built by Vite, lies in a folder that git ignores, and is never left out."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "src/uniaims/server/static/index.html"
WITHOUT = "UNIAIMS_WITHOUT_PAGE"
"""With this environment variable the package is built without the page: `uniaims serve` then says so."""


class PageHook(BuildHookInterface[Any]):
    """Builds the page where it is not built yet; an installation for development needs none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - as hatchling calls it
        """Called before files are gathered."""
        root = Path(self.root)
        if version == "editable" or (root / PAGE).is_file() or os.environ.get(WITHOUT):
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                f"npm is not installed, and the web page is built by it. Install Node.js, or set {WITHOUT}=1."
            )
        for words in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *words], cwd=root / "web", check=True)  # noqa: S603 - npm, found above
        if not (root / PAGE).is_file():
            raise RuntimeError(f"`npm run build` in web/ made no {PAGE}.")
