"""The frame of all pages: templates ship and are used, nothing breaks out of its element."""

from importlib.resources import files

import pytest

from uniaims.dataset import statistics_page
from uniaims.pages.page import FRAME_SCRIPT, FRAME_STYLE, HERE, THEME_SCRIPT, Layout, asset
from uniaims.report import comparison, html, index
from uniaims.report.section import PLAIN

LAYOUTS = (html.LAYOUT, index.LAYOUT, comparison.LAYOUT, statistics_page.LAYOUT)


def shipped(package: str) -> set[str]:
    return {path.name for path in files(package).joinpath("templates").iterdir() if path.is_file()}


def test_every_template_ships_and_is_used() -> None:
    used = {name for layout in LAYOUTS for name in (layout.template, *layout.styles, *layout.scripts)}
    used |= {
        FRAME_SCRIPT,
        FRAME_STYLE,
        THEME_SCRIPT,
        "frame.html.j2",
        PLAIN,
        "macros.html.j2",
        "letterhead.html.j2",
        "report.typ",
    }
    assert used == set().union(*(shipped(package) for package in (HERE, *{layout.package for layout in LAYOUTS})))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_scripts_and_styles_can_not_end_their_element(layout: Layout) -> None:
    for name in (*layout.scripts, FRAME_SCRIPT, THEME_SCRIPT):
        assert "</script" not in asset(layout.package, name)
        assert "<!--" not in asset(layout.package, name)
    for name in (*layout.styles, FRAME_STYLE):
        assert "</style" not in asset(layout.package, name)
