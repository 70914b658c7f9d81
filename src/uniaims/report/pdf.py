"""The PDF of a report, by Typst: vector drawings, text that can be searched, tags, and equal bytes for equal input."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.errors import MissingDependencyError, OutputError, SettingsError
from uniaims.names import shown
from uniaims.pages.drawings import standalone, width_in_units
from uniaims.pages.language import spoken, told
from uniaims.pages.palette import theme_colours
from uniaims.pages.pictures import encoded_jpeg
from uniaims.report.document import Document
from uniaims.report.lab_template import PAPERS
from uniaims.report.section import Chart, Picture, Section, Table, first_numbers
from uniaims.version import __version__

STANDARDS: Any = ["a-2a", "ua-1"]
"""For archives, and for readers who listen."""
TIME_STAMP = 946_684_800
"""2000-01-01: the same in every PDF, so that equal input gives equal bytes."""
QUALITY = 88
WIDE_MM, HALF_MM, FIGURE_FONT = 170.0, 82.0, 7.5
"""Widths of drawings in mm, and the size of their numbers in points."""
MISSING_SIGN = "□"
PROSE = 40
"""A table with a text longer than this has a wide column for it."""
_MAIN = '#import "report.typ": report\n{frame}#report(json("data.json"){argument})\n'
_NO_GLYPH = re.compile(r"the text `\"(.+?)\"` could not be displayed", re.DOTALL)


def refuse_missing_typst() -> None:
    """Raise where Typst is not installed.

    Raises:
        MissingDependencyError: saying how to get it.
    """
    if find_spec("typst") is None:
        raise MissingDependencyError(
            "PDF files need typst, which is not installed: pip install 'uniaims[pdf]'. The HTML report is written "
            "without, and prints."
        )


def write_pdf(path: str | Path, document: Document) -> None:
    """Write a report as PDF, in the language that is spoken.

    Signs that no installed font has are printed as □, and a line at the top says so; where whole sentences would be
    lost that way, there is an error instead.

    Raises:
        OutputError: if it can't be written, or no font for its language is installed.
        MissingDependencyError: if Typst is not installed.
        SettingsError: if the template's frame can't be laid out.
    """
    refuse_missing_typst()
    with TemporaryDirectory(prefix="uniaims-") as folder:
        place = Path(folder)
        data = _data(document, place)
        content = _laid_out(place, data, document)
    with atomic_file(Path(path)) as temporary:
        temporary.write_bytes(content)


def _laid_out(place: Path, data: dict[str, Any], document: Document) -> bytes:
    """The bytes of the PDF; what no font shows is replaced and told."""
    import typst

    names = document.template.typst_files
    for name, source in names.items():
        (place / name).write_bytes(source)
    frame = f'#import "{document.template.frame}": frame\n' if names else ""
    main = _MAIN.format(frame=frame, argument=", frame: frame" if names else "")
    (place / "main.typ").write_text(main, encoding="utf-8")
    (place / "report.typ").write_bytes(files("uniaims.report").joinpath("templates", "report.typ").read_bytes())
    compiler = typst.Compiler(
        root=place, package_path=place / "no-packages", package_cache_path=place / "no-packages"
    )  # no packages: nothing is fetched
    for attempt in range(2):
        (place / "data.json").write_text(json.dumps(data, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        try:
            made = compiler.compile(
                input=place / "main.typ", format="pdf", pdf_standards=STANDARDS, timestamp=TIME_STAMP
            )
        except typst.TypstError as error:
            missing = "".join(_NO_GLYPH.findall(error.diagnostic))
            if missing and not attempt:
                data = _without(data, missing, place)
                continue
            raise _refused(error, bool(names)) from error
        return cast("bytes", made)  # of other formats it would be a list
    raise AssertionError("the second attempt returns or raises")


def _refused(error: Any, framed: bool) -> Exception:
    told_error = f"{error.message} {' '.join(error.hints)}".strip()
    if framed:
        return SettingsError(f"The frame of the report template can't be laid out: {told_error}")
    return OutputError(f"The PDF can't be laid out: {told_error}")


def _without(data: dict[str, Any], missing: str, place: Path) -> dict[str, Any]:
    """The data with a box for every sign that no font has.

    Raises:
        OutputError: if these are those of the language itself.
    """
    signs = {sign for sign in missing if ord(sign) > 0x7F}
    if spoken() == "zh" and any("一" <= sign <= "鿿" for sign in signs):
        raise OutputError(
            "No font with Chinese signs is installed, so there can be no PDF in Chinese. Install one, such as "
            "fonts-noto-cjk (Debian, Ubuntu) or google-noto-serif-cjk-fonts (Fedora); HTML needs none."
        )
    table = dict.fromkeys(map(ord, signs), MISSING_SIGN)
    for drawing in place.glob("*.svg"):
        drawing.write_text(drawing.read_text(encoding="utf-8").translate(table), encoding="utf-8")
    replaced: dict[str, Any] = json.loads(json.dumps(data, ensure_ascii=False).translate(table))
    note = f"Signs that no installed font has are printed as {MISSING_SIGN}: {len(signs)} of them."
    return replaced | {"warnings": [*replaced["warnings"], told(note)]}


def _data(document: Document, place: Path) -> dict[str, Any]:
    template, words = document.template, ("Figure", "Details of the picture at its full resolution.", "Logo")
    figure, details, logo = map(told, words)
    many = len(document.warnings)
    warned = told("One warning" if many == 1 else f"{many} warnings")
    firsts = first_numbers(document.sections)
    logo_file = f"logo{Path(template.logo).suffix.lower()}" if template.logo_bytes else ""
    if logo_file:
        (place / logo_file).write_bytes(template.logo_bytes)
    data = {
        "version": __version__,
        "language": spoken(),
        "paper": PAPERS[template.paper],
        "accent": template.accent or theme_colours("light")["accent"],
        "laboratory": template.laboratory,
        "logo": logo_file,
        "footer": template.footer,
        "signatures": list(template.signatures),
        "words": {"figure": figure, "details": details, "logo": logo, "warnings": warned},
        "overline": told(document.overline),
        "title": document.title,
        "finding": told(document.finding),
        "facts": [[told(name), told(value)] for name, value in document.facts],
        "warnings": [told(text) for text in document.warnings],
        "figures": [
            {"name": told(each.name), "value": told(each.value), "unit": each.unit, "note": told(each.note)}
            for each in document.figures
        ],
        "sections": [_section(*each, place) for each in zip(document.sections, firsts, strict=True)],
    }
    readable: dict[str, Any] = json.loads(shown(json.dumps(data, ensure_ascii=False)))
    return readable


def _section(section: Section, first: int, place: Path) -> dict[str, Any]:
    numbers: Iterator[int] = iter(range(first, first + section.figure_count))
    return {
        "heading": told(section.heading),
        "lead": told(section.lead) if section.is_lead_printed else "",
        "sentences": [told(text) for text in section.sentences],
        "pictures": [_picture(each, next(numbers), place) for each in section.pictures],
        "details": [_picture(each, None, place) for each in section.details_of],
        "figures": [_chart(each, next(numbers), place) for each in section.figures],
        "thumbnails": [
            {
                "file": _jpeg(f"{section.name}-{each.number}", each.pixels, place),
                "title": told(each.title),
                "note": told(each.note),
            }
            for each in section.thumbnails
        ],
        "tables": [_table(each) for each in section.tables],
        "notes": [told(text) for text in section.notes],
    }


def _picture(picture: Picture, number: int | None, place: Path) -> dict[str, Any]:
    part, text = picture.bar
    return {
        "file": _jpeg(picture.name, picture.pixels(), place),
        "number": number,
        "caption": told(picture.caption),
        "aspect": picture.aspect,
        "bar": {"part": part, "text": text},
    }


def _jpeg(name: str, pixels: NDArray[np.uint8], place: Path) -> str:
    (place / f"{name}.jpg").write_bytes(encoded_jpeg(pixels, QUALITY))
    return f"{name}.jpg"


def _chart(chart: Chart, number: int, place: Path) -> dict[str, Any]:
    file = f"figure-{number}.svg"
    width = width_in_units(WIDE_MM if chart.wide else HALF_MM, FIGURE_FONT)
    svg = chart.drawn(width) if chart.drawn else chart.svg
    (place / file).write_text(shown(standalone(svg)), encoding="utf-8")
    return {"file": file, "number": number, "caption": told(chart.caption), "wide": chart.wide}


def _table(table: Table) -> Mapping[str, object]:
    prose = len(table.headings) >= 2 and any(len(cell) > PROSE for row in table.rows for cell in row)
    rows: Sequence[Sequence[str]] = [[told(cell) for cell in row] for row in table.rows]
    return {
        "headings": [told(name) for name in table.headings],
        "rows": rows,
        "caption": told(table.caption),
        "prose": prose,
    }
