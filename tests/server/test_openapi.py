"""The description of the routes is checked in as it is: types of the page are made from it."""

from pathlib import Path

from uniaims.server.openapi import description


def test_the_description_is_checked_in(repository: Path) -> None:
    told = (repository / "web" / "openapi.json").read_text(encoding="ascii")
    assert told == description(), "write it anew: python -m uniaims.server.openapi web/openapi.json"
