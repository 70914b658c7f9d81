import re

import polars
import pytest

from uniaims.modes import mode_named
from uniaims.pages.drawings import drawing_styles
from uniaims.pages.report_settings import ReportSettings
from uniaims.report.figure_files import write_figures
from uniaims.report.html import document_of

MODE = mode_named("particles")


@pytest.mark.parametrize(("width", "font"), [(88.0, 7.0), (180.0, 9.0)])
def test_figures_have_the_width_and_type_that_are_asked_for(make_content, width: float, font: float, tmp_path) -> None:
    document = document_of(MODE.findings(make_content()), MODE)
    write_figures(tmp_path, document.sections, ReportSettings(figures="svg", figure_width=width, figure_font=font))
    svg = (tmp_path / "figure-02-size-distribution.svg").read_text(encoding="utf-8")
    assert f'width="{width:g}mm"' in svg and "var(" not in svg and "data-" not in svg
    units = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    assert 11.5 * width / units * 72 / 25.4 == pytest.approx(font, abs=0.02)
    table = polars.read_csv(tmp_path / "figure-02-size-distribution.csv")
    assert table.columns == ["Diameter / nm"] and table.height > 3
    assert {path.suffix for path in tmp_path.iterdir()} == {".svg", ".csv"}


@pytest.mark.parametrize(("form", "head"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_figures_as_png_and_pdf(make_content, form: str, head: bytes, tmp_path) -> None:
    pytest.importorskip("typst")
    sections = document_of(MODE.findings(make_content()), MODE).sections
    size = [section for section in sections if section.name == "size"]
    write_figures(tmp_path, size, ReportSettings(figures=form, figure_width=30))
    (made,) = tmp_path.glob(f"*.{form}")
    assert made.read_bytes().startswith(head)


def test_every_class_of_a_drawing_has_its_style_on_paper() -> None:
    styles = drawing_styles()
    for name in ("text", ".curve", ".own-curve", ".band.hue-3", ".hue-6", ".points.few", ".axis", ".violin"):
        assert re.search(rf"(?:^|[}} ,]){re.escape(name)}[,{{]", styles), name
    assert "var(" not in styles and "hover" not in styles
