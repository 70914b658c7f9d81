from importlib.resources import files

from uniaims.report.html import SCRIPTS, STYLES
from uniaims.report.page import asset


def test_every_template_ships_and_is_used():
    shipped = {path.name for path in files("uniaims.report").joinpath("templates").iterdir()}
    used = {*SCRIPTS, *STYLES, "theme.js", "index.js", "index.css", "frame.html.j2", "report.html.j2", "index.html.j2"}
    assert shipped == used


def test_scripts_can_not_end_their_element():
    for name in (*SCRIPTS, "theme.js", "index.js"):
        assert "</script" not in asset(name)
        assert "<!--" not in asset(name)


def test_styles_can_not_end_their_element():
    for name in (*STYLES, "index.css"):
        assert "</style" not in asset(name)
