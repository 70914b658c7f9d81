"""What may be asked of jobs: said at once, in words, before anything waits."""

from typing import Any

import pytest

from uniaims.errors import UniaimsError
from uniaims.server.errors import ProblemError
from uniaims.server.orders import ORDERS, order_of


def test_what_fits_says_which_images_it_is_about() -> None:
    analyse = order_of("analyse", {"image": 7, "settings": {"segmenter": {"model": "general", "diameter_px": 30}}})
    assert (analyse.one_image, analyse.image_numbers()) == (7, [7])
    export = order_of("export", {"format": "coco", "images": [1, 2]})
    assert (export.one_image, export.image_numbers()) == (None, [1, 2])
    assert order_of("export", {"format": "report"}).image_numbers() == []


@pytest.mark.parametrize(
    ("kind", "params", "said"),
    [
        ("analyze", {"image": 1}, "wanted one of analyse"),
        ("ingest", {"image": 1}, "wanted one of analyse"),
        ("analyse", {"image": "a"}, r"params\.image"),
        ("analyse", {"image": 1, "colour": "red"}, r"params\.colour"),
        ("analyse", {"image": 1, "settings": {"excel": True}}, "not for images of a project"),
        ("analyse", {"image": 1, "settings": {"segmenter": {"model": "../secret"}}}, "not a path"),
        ("analyse", {"image": 1, "settings": {"segmenter": {"diamter_px": 3}}}, "diameter_px"),
        ("measure", {"image": 1, "mode": "particels"}, "particles"),
        ("export", {"format": "c" * 5000}, "labels, measurements, report"),
    ],
)
def test_what_does_not_fit_is_told(kind: str, params: dict[str, Any], said: str) -> None:
    with pytest.raises((ProblemError, UniaimsError), match=said) as told:
        order_of(kind, params)
    assert len(str(told.value)) < 600


def test_forms_tell_what_orders_take() -> None:
    form = ORDERS["analyse"].model_json_schema()
    assert {"image", "settings"} <= set(form["properties"])
    assert "segmenter" in form["properties"]["settings"]["properties"]
