"""One HTML page from a template, with its styles, scripts and data inside.

Everything that comes from outside goes through autoescaping or ``script_json``; beyond that, the page's content
security policy lets no script run but the two that stand in it, and lets nothing be fetched.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from uniaims.atomic import atomic_file
from uniaims.names import shown
from uniaims.report.packing import script_json
from uniaims.version import __version__


def write_page(
    path: str | Path,
    template: str,
    view: Mapping[str, object],
    data: object,
    styles: Sequence[str],
    scripts: Sequence[str],
) -> None:
    """Render a template with ``view`` and write it.

    Args:
        path: where to; folders are made.
        template: a file in ``templates/`` that extends ``frame.html.j2``.
        view: names for the template; plain strings are escaped, ``Markup`` is trusted.
        data: what the page's scripts read, anything that JSON takes.
        styles: files in ``templates/``, joined in this order.
        scripts: likewise.

    Raises:
        OutputError: if the file can't be written.
    """
    script = '(() => {\n"use strict";\n' + "\n".join(asset(name) for name in scripts) + "\n})();"
    theme_script = asset("theme.js")
    page = (
        _environment()
        .get_template(template)
        .render(
            **view,
            version=__version__,
            styles=Markup("\n".join(asset(name) for name in styles)),  # noqa: S704 our own files
            script=Markup(script),  # noqa: S704
            theme_script=Markup(theme_script),  # noqa: S704
            script_hashes=[Markup(_policy_hash(text)) for text in (theme_script, script)],  # noqa: S704
            data=Markup(script_json(data)),  # noqa: S704 escaped for this place
        )
    )
    with atomic_file(Path(path)) as temporary:
        temporary.write_bytes(shown(page).encode("utf-8"))  # a file name may hold anything


@cache
def asset(name: str) -> str:
    """Read a file of ``templates/``."""
    return files("uniaims.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("uniaims.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _policy_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
