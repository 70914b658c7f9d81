"""Orders and answers survive their way through a pipe: a line each."""

from pathlib import Path

import pytest

from uniaims.jobs.order import Answer, Order


def test_orders_survive_their_way() -> None:
    order = Order("a", {"b": [1, None]}, Path("/c"), Path("/d e"), {"f": Path("/g\nh")})
    assert "\n" not in order.line()
    assert Order.from_line(order.line()) == order


@pytest.mark.parametrize(
    ("said", "is_last"),
    [
        (Answer("read\n", 1, 3), False),
        (Answer(result={}), True),
        (Answer(result={"a": [1, None, "µ"]}), True),
        (Answer(error="a\nb"), True),
        (Answer(stopped=True), True),
    ],
)
def test_answers_survive_theirs_and_say_whether_there_are_more(said: Answer, is_last: bool) -> None:
    assert "\n" not in said.line()
    assert Answer.from_line(said.line()) == said
    assert said.is_last == is_last


def test_a_number_that_is_none_is_no_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Answer(result={"size": float("nan")}).line()
