"""Which pages a user means."""

import pytest

from uniaims.errors import SettingsError
from uniaims.page_choice import PageChoice, check_pages, parse_pages


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("0", 0), ("12", 12), ("all", "all"), ("ALL", "all"), ("1-2", (1, 2)), ("3-3", (3,)), ("0-2", (0, 1, 2)),
        ("1-3,7", (1, 2, 3, 7)), ("7,1-3", (7, 1, 2, 3)), ("1, 2 - 4", (1, 2, 3, 4)), ("1-3,2-4,1", (1, 2, 3, 4)),
    ],
)  # fmt: skip
def test_pages_as_they_are_written(text: str, pages: PageChoice) -> None:
    assert parse_pages(text) == pages
    check_pages(pages)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("any", "a range such as"), ("", "a range"), ("-1", "a range"), ("1-", "a range"),
        ("1,,2", "a range"), ("1.5", "a range"),
        ("1-2-3", "a range"), ("1;2", "a range"), ("²", "a range"), ("3-1", "write 1-3"), ("0-999999999", "write all"),
        ("9" * 5000, "a range"),
    ],
)  # fmt: skip
def test_what_is_no_choice_is_refused(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_pages(text)


@pytest.mark.parametrize("choice", [-1, (), (1, -1), True, "some", 1.5, (1, "all")])
def test_values_that_are_no_choice_are_refused(choice: PageChoice) -> None:
    with pytest.raises(SettingsError, match="counted from 0"):
        check_pages(choice)
