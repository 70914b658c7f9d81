import tomllib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from uniaims.errors import SettingsError
from uniaims.synthesis.tables import Given, as_table, from_table, table_text


@dataclass(frozen=True)
class Inner:
    depth: float = 1.0


@dataclass(frozen=True)
class Outer:
    span: tuple[float, float]
    names: tuple[str, ...] = ()
    count: int = 3
    flag: bool = False
    mode: Literal["a", "b"] = "a"
    maybe: tuple[float, float] | None = None
    inner: Inner = field(default_factory=Inner)


@dataclass(frozen=True)
class Look:
    gain: float = 1.0
    steps: int = 4
    kind: str = "plain"
    on: bool = False
    pair: tuple[float, float] = (0.0, 1.0)


def test_numbers_lists_and_tables_become_fields() -> None:
    made = from_table(Outer, {"span": 2, "names": "x", "maybe": [1, 2], "inner": {"depth": 3}, "mode": "b"}, "here")
    assert made == Outer((2.0, 2.0), ("x",), mode="b", maybe=(1.0, 2.0), inner=Inner(3.0))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "here: span not given"),
        ({"span": [1, 2, 3]}, r"here, span is \[1, 2, 3\]: wanted 2 values"),
        ({"span": [2, 1]}, "lower one first"),
        ({"span": "wide"}, "wanted a number"),
        ({"span": True}, "wanted a number"),
        ({"span": 1, "count": 1.5}, "wanted a whole number"),
        ({"span": 1, "flag": 1}, "wanted true or false"),
        ({"span": 1, "mode": "c"}, "wanted one of a, b"),
        ({"span": 1, "inner": 4}, "wanted a table"),
        ({"span": 1, "inner": {"deep": 4}}, "here, inner: 'deep' is not known"),
        ({"span": 1, "cuont": 4}, "mean count"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(table: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        from_table(Outer, table, "here")


@given(
    some.builds(
        Outer,
        span=some.tuples(some.floats(-1e6, 1e6), some.floats(-1e6, 1e6)).map(lambda pair: (min(pair), max(pair))),
        names=some.lists(some.text(some.characters(codec="utf-8", exclude_categories=["C"]), max_size=5)).map(tuple),
        count=some.integers(-9, 9),
        flag=some.booleans(),
        mode=some.sampled_from(["a", "b"]),
        maybe=some.none() | some.just((0.5, 2.0)),
        inner=some.builds(Inner, some.floats(0, 1)),
    )
)
def test_a_dataclass_survives_toml(outer: Outer) -> None:
    assert from_table(Outer, tomllib.loads(table_text(as_table(outer))), "here") == outer


def test_given_values_replace_the_drawn_ones_within_their_ranges() -> None:
    rng = np.random.default_rng(1)
    given_values = Given({"gain": [2, 3], "steps": [5, 6], "kind": ["x", "y"], "on": True, "pair": [4, 5]})
    given_values.checked(Look(), "look")
    looks = [given_values.over(Look(), rng) for _ in range(60)]
    assert all(2 <= look.gain <= 3 and look.on and look.pair == (4, 5) for look in looks)
    assert {look.steps for look in looks} == {5, 6}
    assert {look.kind for look in looks} == {"x", "y"}


def test_wide_ranges_are_drawn_on_a_log_scale() -> None:
    rng = np.random.default_rng(1)
    gains = [Given({"gain": [1.0, 10_000.0]}).over(Look(), rng).gain for _ in range(300)]
    assert 30 < np.median(gains) < 300


@pytest.mark.parametrize(
    ("values", "message"),
    [({"gian": 1}, "mean gain"), ({"gain": ["a", "b"]}, "a number"), ({"on": 3}, "true or false")],
)
def test_given_values_that_cannot_be_are_refused_before_anything_is_drawn(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        Given(values).checked(Look(), "look")
