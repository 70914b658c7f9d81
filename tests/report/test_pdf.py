import zlib
from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import MissingDependencyError, OutputError
from uniaims.modes import mode_named
from uniaims.pages.language import speaking
from uniaims.report import pdf
from uniaims.report.document import Document
from uniaims.report.html import document_of
from uniaims.report.lab_template import LabTemplate
from uniaims.report.pdf import MISSING_SIGN, write_pdf
from uniaims.report.section import Section, Table

pytest.importorskip("typst")
MODE = mode_named("particles")


def small(**changes: object) -> Document:
    section = Section("a", "Heading", sentences=("A sentence.",), tables=(Table(("x", "y"), (("1", "2"),)),))
    return replace(Document("report", "Report", "name.tif", "Found.", sections=(section,)), **changes)


def test_a_report_is_the_same_bytes_again_tagged_and_small(make_content, tmp_path) -> None:
    document = document_of(MODE.findings(make_content()), MODE)
    for name in ("a.pdf", "b.pdf"):
        write_pdf(tmp_path / name, document)
    content = (tmp_path / "a.pdf").read_bytes()
    assert content == (tmp_path / "b.pdf").read_bytes()
    assert content.startswith(b"%PDF-1.7") and b"/StructTreeRoot" in unpacked(content)
    assert len(content) < 1_000_000


def unpacked(content: bytes) -> bytes:
    """The PDF with its compressed objects opened."""
    parts = [content]
    for stream in content.split(b"stream\n")[1:]:
        try:
            parts.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            continue
    return b"".join(parts)


@pytest.mark.parametrize(("paper", "size"), [("a4", b"595"), ("letter", b"612")])
def test_paper(paper: str, size: bytes, tmp_path) -> None:
    write_pdf(tmp_path / "r.pdf", small(template=LabTemplate(paper=paper)))
    assert b"/MediaBox[0 0 " + size in unpacked((tmp_path / "r.pdf").read_bytes())


def test_text_is_never_markup(tmp_path) -> None:
    write_pdf(tmp_path / "r.pdf", small(title="#panic() *x* $y$ <a> ] \\ @b", warnings=("= a", "/* b", '#read("x")')))


def test_a_sign_that_no_font_has_is_told(tmp_path) -> None:
    write_pdf(tmp_path / "r.pdf", small(title="runes \U00012000.tif"))
    assert (tmp_path / "r.pdf").stat().st_size > 1000 and MISSING_SIGN


def test_chinese_without_a_font_is_an_error_that_says_what_to_install() -> None:
    with speaking("zh"), pytest.raises(OutputError, match="fonts-noto-cjk"):
        pdf._without({"warnings": []}, "报告", None)


def test_without_typst_the_extra_is_named(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"uniaims\[pdf\]"):
        write_pdf(tmp_path / "r.pdf", small())
    assert not (tmp_path / "r.pdf").exists()


@pytest.mark.parametrize("count", [0, 3])
def test_few_objects_print(make_content, count: int, tmp_path) -> None:
    labels = np.zeros((60, 90), np.uint32)
    for number in range(count):
        labels[10:20, 10 + 25 * number : 22 + 25 * number] = number + 1
    write_pdf(tmp_path / "r.pdf", document_of(MODE.findings(make_content(labels=labels)), MODE))
