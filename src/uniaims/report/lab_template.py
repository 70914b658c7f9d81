"""How a laboratory wants its reports: a folder with ``template.toml``, a logo, and perhaps a frame of its own in Typst.

A template may come from strangers: nothing outside its folder is read, no address is followed, nothing of it is run but
Typst, which can only lay out. What does not fit is refused by name.
"""

import base64
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image, UnidentifiedImageError

from uniaims.errors import SettingsError
from uniaims.names import shown_name
from uniaims.settings import from_table

FILE = "template.toml"
Paper = Literal["a4", "us-letter"]
PAPERS: dict[str, Paper] = {"a4": "a4", "letter": "us-letter", "us-letter": "us-letter"}
LOGO_BYTES, LOGO_PIXELS, TEXT_SIGNS, MOST_SIGNATURES = 2_000_000, 16_000_000, 300, 6
TYPST_BYTES = 200_000
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_ACTIVE_SVG = re.compile(
    rb"<\s*(?:script|foreignObject|image|use|style|iframe|animate|set|a)\b|\bon\w+\s*=|(?:href|src)\s*="
    rb"|<!(?:DOCTYPE|ENTITY)|<\?xml-stylesheet|url\s*\(\s*['\"]?(?!#)|javascript:|data:",
    re.IGNORECASE,
)
_TYPST_IMPORT = re.compile(r"\b(?:import|include)\b(?!\s*\"[\w.-]+\.typ\")")
_TYPST_REFUSED = re.compile(r"\b(?:eval|plugin|read|csv|json|toml|yaml|xml|cbor|bytes|sys)\b")


@dataclass(frozen=True)
class LabTemplate:
    """How a laboratory wants its reports.

    Attributes:
        laboratory: its name, above the title.
        logo: file in the folder: SVG, PNG or JPEG.
        accent: colour of rules and links, ``#rrggbb``; empty: as usual.
        paper: ``a4`` or ``letter``.
        sections: names of sections in the order in which they come first.
        without: names of sections that are left out.
        footer: at the foot of each page.
        signatures: what stands below lines to sign on.
        language: ``en`` or ``zh``; empty: as the command says.
        frame: Typst file in the folder that defines ``frame(data, body)`` around the pages; empty: none.
        folder: where it lies.
    """

    laboratory: str = ""
    logo: str = ""
    accent: str = ""
    paper: str = "a4"
    sections: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    footer: str = ""
    signatures: tuple[str, ...] = ()
    language: Literal["", "en", "zh"] = ""
    frame: str = ""
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.accent and not _COLOUR.fullmatch(self.accent):
            raise SettingsError(f"accent is {self.accent!r}: wanted a colour as #0063a3.")
        if self.paper not in PAPERS:
            raise SettingsError(f"paper is {self.paper!r}: wanted a4 or letter.")
        long = [text for text in (self.laboratory, self.footer, *self.signatures) if len(text) > TEXT_SIGNS]
        if long or len(self.signatures) > MOST_SIGNATURES:
            raise SettingsError(
                f"laboratory, footer and signatures may have {TEXT_SIGNS} signs each, and there may be "
                f"{MOST_SIGNATURES} signatures."
            )

    @cached_property
    def logo_bytes(self) -> bytes:
        """The logo; empty where there is none."""
        return _logo(_inside(self.folder, self.logo, "logo")) if self.folder and self.logo else b""

    @property
    def logo_uri(self) -> str:
        """The logo as the address of a picture that stands in the page itself."""
        media = LOGO_TYPES[Path(self.logo).suffix.lower()]
        return f"data:{media};base64,{base64.b64encode(self.logo_bytes).decode('ascii')}"

    @property
    def typst_files(self) -> dict[str, bytes]:
        """The Typst files of the folder by name, where a frame is wanted."""
        if not self.folder or not self.frame:
            return {}
        _inside(self.folder, self.frame, "frame")
        paths = sorted(path for path in self.folder.glob("*.typ") if path.is_file() and not path.is_symlink())
        return {path.name: _typst(path) for path in paths}


PLAIN_TEMPLATE = LabTemplate()
"""As reports look where no laboratory has said anything."""


def read_template(folder: str | Path) -> LabTemplate:
    """Read and check a template.

    Raises:
        SettingsError: if it is none, or something in it is of no use or not safe.
    """
    place, file = Path(folder), Path(folder) / FILE
    if not file.is_file():
        raise SettingsError(f"{shown_name(str(place))}: no {FILE} there. Give the folder of a report template.")
    if file.stat().st_size > TYPST_BYTES:
        raise SettingsError(f"{shown_name(str(file))}: far too long for a template.")
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{shown_name(str(file))}: no TOML ({error}).") from error
    if "folder" in table:
        raise SettingsError(f"{shown_name(str(file))}: 'folder' is not known.")
    template = from_table(LabTemplate, table | {"folder": str(place.resolve())}, shown_name(str(file)))
    _ = template.logo_bytes, template.typst_files  # refused now rather than after an analysis
    return template


def _inside(folder: Path | None, name: str, what: str) -> Path:
    """A file of the folder itself; no way leads out of it."""
    place = (folder or Path()).resolve()
    path = place / name
    if Path(name).name != name or path.is_symlink() or path.resolve().parent != place:
        raise SettingsError(f"{what} is {name!r}: wanted the name of a file in the folder of the template.")
    if not path.is_file():
        raise SettingsError(f"{what} is {name!r}: there is no such file in the folder of the template.")
    return path


def _logo(path: Path) -> bytes:
    """The bytes of a logo that is small, whole and only a picture."""
    suffix = path.suffix.lower()
    if suffix not in LOGO_TYPES:
        raise SettingsError(f"logo is {path.name!r}: wanted an SVG, PNG or JPEG file.")
    if path.stat().st_size > LOGO_BYTES:
        raise SettingsError(f"logo is {path.name!r}: over {LOGO_BYTES / 1e6:g} MB. Save it smaller.")
    content = path.read_bytes()
    if suffix == ".svg":
        _refuse_active_svg(path.name, content)
        return content
    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > LOGO_PIXELS:
                raise SettingsError(f"logo is {path.name!r}: over {LOGO_PIXELS / 1e6:g} megapixels. Save it smaller.")
            picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise SettingsError(f"logo is {path.name!r}: no picture that can be read ({error}).") from error
    return content


def _refuse_active_svg(name: str, content: bytes) -> None:
    if b"\0" in content or not re.search(rb"<svg\b", content):
        raise SettingsError(f"logo is {name!r}: no SVG in UTF-8.")
    if found := _ACTIVE_SVG.search(content):
        part = found.group().decode("ascii", "replace")
        raise SettingsError(
            f"logo is {name!r}: it holds {part!r}. Wanted shapes alone, without scripts, styles, links and pictures."
        )


def _typst(path: Path) -> bytes:
    """A Typst file that imports its neighbours at most and reads nothing."""
    if path.stat().st_size > TYPST_BYTES:
        raise SettingsError(f"{path.name}: far too long for a frame.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name}: no text in UTF-8.") from error
    if found := _TYPST_IMPORT.search(text):
        where = text[found.start() : found.start() + 60].splitlines()[0]
        raise SettingsError(f'{path.name}: {where!r}: wanted a file of the template, as import "parts.typ".')
    if found := _TYPST_REFUSED.search(text):
        raise SettingsError(f"{path.name}: {found.group()!r} is not for templates: they only lay out.")
    return path.read_bytes()
