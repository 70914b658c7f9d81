"""One HTML page from a template, with its styles, scripts and data inside.

Everything that comes from outside goes through autoescaping or ``script_json``; beyond that, the page's content
security policy lets no script run but the two that stand in it, and lets nothing be fetched.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from uniaims.atomic import atomic_file
from uniaims.names import shown
from uniaims.pages.array_encoding import script_json
from uniaims.pages.language import script_words, spoken, told_page
from uniaims.pages.palette import theme_styles
from uniaims.pages.units import count
from uniaims.version import __version__

HERE = "uniaims.pages"
HTML_LANGUAGES = {"en": "en", "zh": "zh-CN"}
FRAME_STYLE, FRAME_SCRIPT, THEME_SCRIPT = "page.css", "page.js", "theme.js"


@dataclass(frozen=True)
class Layout:
    """What a kind of page is made of; files are those of ``templates/`` in ``package``, or here.

    Attributes:
        package: whose templates they are: ``uniaims.report``.
        template: extends ``frame.html.j2``.
        styles: go behind those that every page has, joined in this order.
        scripts: likewise.
    """

    package: str
    template: str
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


def write_page(path: str | Path, layout: Layout, view: Mapping[str, object], data: object) -> None:
    """Fill a page and write it.

    Args:
        path: where to; folders are made.
        layout: what the page is made of.
        view: names for the template; plain strings are escaped, ``Markup`` is trusted.
        data: what the page's scripts read, anything that JSON takes.

    Raises:
        OutputError: if the file can't be written.
    """
    scripts = [asset(HERE, FRAME_SCRIPT), *(asset(layout.package, name) for name in layout.scripts)]
    styles = [theme_styles(), asset(HERE, FRAME_STYLE), *(asset(layout.package, name) for name in layout.styles)]
    script = '(() => {\n"use strict";\n' + "\n".join(scripts) + "\n})();"
    theme_script = asset(HERE, THEME_SCRIPT)
    page = (
        _environment(layout.package)
        .get_template(layout.template)
        .render(
            **view,
            version=__version__,
            language=HTML_LANGUAGES[spoken()],
            styles=Markup("\n".join(styles)),  # noqa: S704 our own files
            script=Markup(script),  # noqa: S704
            theme_script=Markup(theme_script),  # noqa: S704
            script_hashes=[Markup(_policy_hash(text)) for text in (theme_script, script)],  # noqa: S704
            words=Markup(script_json(script_words())),  # noqa: S704
            data=Markup(script_json(data)),  # noqa: S704 escaped for this place
        )
    )
    with atomic_file(Path(path)) as temporary:
        temporary.write_bytes(shown(told_page(page)).encode("utf-8"))  # a file name may hold anything


def filled(package: str, template: str, view: Mapping[str, object]) -> Markup:
    """A part of a page: a template of ``templates/`` in a package, or of those here, with its names filled in."""
    return Markup(_environment(package).get_template(template).render(**view))  # noqa: S704 autoescaped


@cache
def asset(package: str, name: str) -> str:
    """Read a file of ``templates/`` in a package, or of those here."""
    own = files(package).joinpath("templates", name)
    return (own if own.is_file() else files(HERE).joinpath("templates", name)).read_text(encoding="utf-8")


@cache
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(HERE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["whole"] = count
    return environment


def _policy_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
