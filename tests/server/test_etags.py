"""Tags: of what can be changed alone, and between looking and changing nobody comes."""

import threading

import pytest

from uniaims.server.bodies import NewProject
from uniaims.server.errors import ProblemError
from uniaims.server.etags import tag_of, unchanged


def test_a_tag_is_of_the_fields_that_can_be_changed() -> None:
    one, other = NewProject(name="a", description="x"), NewProject(name="a", description="y")
    assert tag_of(one, {"name"}) == tag_of(other, {"name"})
    assert tag_of(one, {"name", "description"}) != tag_of(other, {"name", "description"})
    assert tag_of(one, {"name"}).strip('"').isalnum()


@pytest.mark.parametrize("seen", [None, "*", '"now"', '"before", "now"', '"before",*'])
def test_who_has_seen_it_as_it_is_may_change_it(seen: str | None) -> None:
    with unchanged(seen, lambda: '"now"'):
        pass


@pytest.mark.parametrize("seen", ["", '"before"', "now", 'W/"now"'])
def test_who_has_not_is_told(seen: str) -> None:
    with pytest.raises(ProblemError, match="changed meanwhile") as told, unchanged(seen, lambda: '"now"'):
        raise AssertionError("it was changed")
    assert told.value.status == 412


def test_of_many_who_have_seen_the_same_one_changes_it() -> None:
    state, refused = [0], list[int]()

    def change() -> None:
        try:
            with unchanged('"0"', lambda: f'"{state[0]}"'):
                state[0] += 1
        except ProblemError as error:
            refused.append(error.status)

    threads = [threading.Thread(target=change) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (state, refused) == ([1], [412] * 7)
