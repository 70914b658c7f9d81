import pytest

from uniaims.formats.lengths import length_nm, nanometres_per, parse_quantity


@pytest.mark.parametrize(
    ("text", "nm"),
    [
        ("2.5 nm", 2.5),
        ("5um", 5000),
        ("5 µm", 5000),
        ("5 μm", 5000),
        ("5 \\u00B5m", 5000),
        ("1.2e-9 m", 1.2),
        ("3 Å", 0.3),
        ("3 A", 0.3),
        ("3 Å", 0.3),
        ("12 micrometers", 12000),
        ("12 Micron", 12000),
        (".5mm", 5e5),
        ("7 pm", 7e-3),
    ],
)
def test_lengths(text: str, nm: float) -> None:
    assert length_nm(text) == pytest.approx(nm)


@pytest.mark.parametrize("text", ["", "nm", "5", "5 kV", "5 a", "5 M", "5 1/nm", "1e999 nm", "five nm"])
def test_no_lengths(text: str) -> None:
    assert length_nm(text) is None


def test_default_unit() -> None:
    assert length_nm("8100", "um") == pytest.approx(8.1e6)
    assert length_nm("8.1 mm", "um") == pytest.approx(8.1e6)


def test_quantity_keeps_the_rest() -> None:
    quantity = parse_quantity("10.00 K X")
    assert quantity is not None
    assert (quantity.value, quantity.unit, quantity.rest) == (10.0, "K", "X")
    assert parse_quantity("no number") is None


def test_units_of_other_kinds() -> None:
    assert nanometres_per("kV") is None
    assert nanometres_per("") is None
