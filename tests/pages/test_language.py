import json
from importlib.resources import files
from string import Formatter

import pytest

from uniaims.pages.language import script_words, speaking, spoken, told, told_page

CATALOGUE = json.loads(files("uniaims.pages").joinpath("chinese.json").read_text(encoding="utf-8"))


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_english_stays() -> None:
    assert (spoken(), told("Area / nm"), told_page("<p>Size</p>")) == ("en", "Area / nm", "<p>Size</p>")
    assert not script_words()


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Equivalent diameter / µm", "面积等效直径 / µm"),
        ("1\u202f234 complete particles", "1 234 个完整颗粒"),
        ("  Size ", "  尺寸 "),
        ("0.643 – 1.37 µm\n44 particles (9.0\u202f%)", "0.643 – 1.37 µm\n44 个颗粒（9.0 %）"),
        ("No object was found.", "未发现对象。"),
        ("Left out: 15 of 581 objects that were found, whose confidence is below 0.2. A minimum confidence of 0 keeps "
         "them.", "略去：发现的 581 个对象中置信度低于 0.2 的 15 个。最低置信度取 0 可保留。"),
        ("sample of mine.tif", "sample of mine.tif"),
        ("12.5", "12.5"),
    ],
)  # fmt: skip
def test_texts_are_translated_as_a_whole_and_in_parts(english: str, chinese: str) -> None:
    with speaking("zh"):
        assert told(english) == chinese
    assert spoken() == "en"


def test_a_page_keeps_scripts_names_and_code() -> None:
    kept = '<h1 translate="no">Size</h1><code>area</code><script>"Size"</script>'
    page = f'{kept}<p title="Fill">Area &amp; x</p><b>Area</b>'
    with speaking("zh"):
        assert told_page(page) == page.replace("<b>Area", "<b>面积").replace('"Fill"', '"填充"')


@pytest.mark.parametrize("part", ["patterns", "script"])
def test_translations_use_the_places_of_their_patterns_and_no_others(part: str) -> None:
    assert [name for name, other in CATALOGUE[part].items() if not places(other) <= places(name)] == []
