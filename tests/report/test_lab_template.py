import numpy as np
import pytest
from PIL import Image

from uniaims.errors import SettingsError
from uniaims.modes import mode_named
from uniaims.pages.report_settings import ReportSettings
from uniaims.report.files import write_report_files
from uniaims.report.lab_template import read_template

GOOD_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="3" fill="#05a"/></svg>'


def folder(place, toml: str, **more: str):
    (place / "template.toml").write_text(toml, encoding="utf-8")
    for name, text in more.items():
        (place / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return place


def test_a_template_is_in_page_and_pdf(make_content, tmp_path) -> None:
    pytest.importorskip("typst")
    frame = "#let frame(data, body) = { set page(header: data.laboratory); body }"
    toml = (
        'laboratory = "Lab <b>7</b>"\nlogo = "logo.svg"\naccent = "#aa0000"\npaper = "letter"\nframe = "f.typ"\n'
        'sections = ["methods"]\nwithout = ["shape", "kinds"]\nsignatures = ["Operator"]\nlanguage = "en"\n'
        'footer = "Confidential"\n'
    )
    place = folder(tmp_path, toml, logo__svg=GOOD_SVG, f__typ=frame)
    mode = mode_named("particles")
    settings = ReportSettings(pdf=True, template=str(place))
    write_report_files(tmp_path / "out", mode.findings(make_content()), mode, settings)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for text in (
        "Lab &lt;b&gt;7&lt;/b&gt;",
        "data:image/svg+xml;base64,",
        "--accent: #aa0000",
        "Confidential",
        "Operator",
    ):
        assert text in page
    assert 'id="shape"' not in page and page.index('id="methods"') < page.index('id="picture"')
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('laboratori = "x"', "did you mean|Did you mean"),
        ('accent = "red;}"', "#0063a3"),
        ('paper = "a5"', "a4 or letter"),
        ('language = "fr"', "zh"),
        ('logo = "../logo.svg"', "in the folder"),
        ('logo = "/etc/passwd"', "in the folder"),
        ('logo = "none.svg"', "no such file"),
        ('logo = "logo.txt"', "SVG, PNG or JPEG"),
        ('folder = "/etc"', "folder"),
        ("= broken", "no TOML"),
        ('frame = "../f.typ"', "in the folder"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(toml: str, said: str, tmp_path) -> None:
    with pytest.raises(SettingsError, match=said):
        read_template(folder(tmp_path, toml, logo__txt="x"))


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>", '<a href="https://x.y"/>', '<image href="file:///etc/passwd"/>',
        '<circle onload="x()"/>', "<foreignObject/>", '<rect fill="url(https://x.y/z)"/>', "<style>@import 'x'</style>",
        '<use xlink:href="other.svg#a"/>',
    ],
)  # fmt: skip
def test_an_svg_that_does_more_than_draw_is_refused(inside: str, tmp_path) -> None:
    svg = GOOD_SVG.replace("</svg>", f"{inside}</svg>")
    with pytest.raises(SettingsError, match="logo"):
        read_template(folder(tmp_path, 'logo = "l.svg"', l__svg=svg))


@pytest.mark.parametrize("head", ["<!DOCTYPE svg [<!ENTITY a 'b'>]>", "<?xml-stylesheet href='x'?>"])
def test_an_svg_with_entities_is_refused(head: str, tmp_path) -> None:
    with pytest.raises(SettingsError, match="logo"):
        read_template(folder(tmp_path, 'logo = "l.svg"', l__svg=head + GOOD_SVG))


def test_a_huge_or_broken_picture_is_refused(tmp_path) -> None:
    Image.fromarray(np.zeros((4100, 4100), np.uint8)).save(tmp_path / "l.png")
    with pytest.raises(SettingsError, match="megapixels"):
        read_template(folder(tmp_path, 'logo = "l.png"'))
    (tmp_path / "l.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(SettingsError, match=r"can't|no picture"):
        read_template(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path) -> None:
    (tmp_path / "outside.svg").write_text(GOOD_SVG, encoding="utf-8")
    place = tmp_path / "lab"
    place.mkdir()
    (place / "l.svg").symlink_to(tmp_path / "outside.svg")
    with pytest.raises(SettingsError, match="in the folder"):
        read_template(folder(place, 'logo = "l.svg"'))


@pytest.mark.parametrize(
    "source",
    [
        '#import "@preview/cetz:0.2.0": *', '#import "../x.typ"', '#import ("@" + "preview/a:1.0.0")',
        '#include "/etc/passwd"', '#read("data.json")', '#eval("1")', '#plugin("x.wasm")',
    ],
)  # fmt: skip
def test_a_frame_that_reads_or_fetches_is_refused(source: str, tmp_path) -> None:
    with pytest.raises(SettingsError, match=r"f\.typ"):
        read_template(folder(tmp_path, 'frame = "f.typ"', f__typ=source))


def test_no_folder_is_told(tmp_path) -> None:
    with pytest.raises(SettingsError, match=r"template\.toml"):
        read_template(tmp_path / "nowhere")
