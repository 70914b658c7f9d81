import pytest

from uniaims.formats.instrument_text import (
    first_text,
    kilovolts,
    magnification,
    number,
    parsed_xml,
    sections,
)


@pytest.mark.parametrize(
    ("value", "bare_unit", "kv"),
    [
        ("15.00 kV", "V", 15),
        ("15000 Volt", "kV", 15),
        ("500", "V", 0.5),
        (200000.0, "V", 200),
        ("15", "kV", 15),
        ("20 keV", "V", 20),
        ("-3 kV", "V", 3),
        ("0", "V", None),
        (None, "V", None),
        ("off", "V", None),
    ],
)
def test_kilovolts(value: float | str | None, bare_unit: str, kv: float | None) -> None:
    assert kilovolts(value, bare_unit) == (None if kv is None else pytest.approx(kv))


@pytest.mark.parametrize(
    ("text", "expected"), [("10.00 K X", 10000), ("x25.0k", 25000), ("4000", 4000), ("150 KX", 150000), ("", None)]
)
def test_magnification(text: str, expected: float | None) -> None:
    assert magnification(text) == expected


def test_sections() -> None:
    assert sections("a=1\n[Beam]\n HV = 5 \nnonsense\n[Scan]\nHV=6=7") == {
        "": {"a": "1"},
        "Beam": {"HV": "5"},
        "Scan": {"HV": "6=7"},
    }


def test_xml() -> None:
    root = parsed_xml('<m xmlns="http://x"><a><b> 1 </b></a><c><b>2</b></c></m>')
    assert (first_text(root, "c", "b"), first_text(root, "b"), first_text(root, "d")) == ("2", "1", None)
    assert number(first_text(root, "a", "b")) == 1


@pytest.mark.parametrize("text", ["<a>", "", "<!DOCTYPE a><a/>", "<!doctype a><a/>"])
def test_bad_xml(text: str) -> None:
    with pytest.raises(ValueError, match="XML"):
        parsed_xml(text)
