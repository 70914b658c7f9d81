"""What training needs besides the base install; free of torch, so that its absence can be told."""

import json
import shlex
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from uniaims.errors import MissingDependencyError

LIBRARIES = ("torch", "onnx", "onnxscript")
"""The last two write the finished model: better missed before the first step than after the last."""
NAME, EXTRA = "uniaims", "train"


def check_libraries(task: str) -> None:
    """Refuse a task, such as ``"training"``, for which a library is missing.

    Raises:
        MissingDependencyError: if one is; the message names the command that installs it beside this install.
    """
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"{task} needs {', '.join(missing)}. Install what is missing with `{install_command()}`."
        )


def install_command() -> str:
    """The command that adds what training needs, by the tool that installed the program, to where it is installed."""
    origin, installer = _origin()
    package = _package(origin)
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return f"pipx install --force {package}"
    if (environment / "uv-receipt.toml").is_file():
        return f"uv tool install --force {package}"
    python = shlex.quote(sys.executable)
    if installer == "uv" and find_spec("pip") is None:
        return f"uv pip install --python {python} {package}"
    return f"{python} -m pip install {package}"


def _package(origin: Mapping[str, Any]) -> str:
    """The package with its extra as pip takes it, from where it came; a clone stays editable."""
    url = str(origin.get("url", ""))
    if "dir_info" in origin:
        folder = unquote(urlsplit(url).path)
        return ("-e " if origin["dir_info"].get("editable") else "") + shlex.quote(f"{folder}[{EXTRA}]")
    if "vcs_info" in origin:
        return shlex.quote(f"{NAME}[{EXTRA}] @ {origin['vcs_info'].get('vcs', 'git')}+{url}")
    return shlex.quote(f"{NAME}[{EXTRA}] @ {url}") if url else f"'{NAME}[{EXTRA}]'"


def _origin() -> tuple[Mapping[str, Any], str]:
    """Where the package came from (``direct_url.json``; empty for an index), and the tool that installed it."""
    try:
        own = distribution(NAME)
    except PackageNotFoundError:  # run from a source tree on the path
        folder = Path(__file__).resolve().parents[3]
        return {"url": folder.as_uri(), "dir_info": {"editable": True}}, ""
    origin = json.loads(own.read_text("direct_url.json") or "{}")
    return origin, (own.read_text("INSTALLER") or "").strip()
