"""The old name of `uniaims.pipeline.provenance`."""

import pytest

from uniaims.pipeline import provenance, traces


@pytest.mark.parametrize("name", traces._NAMES)
def test_the_old_home_of_a_function_warns_and_gives_it(name):
    with pytest.warns(DeprecationWarning, match=f"use uniaims.pipeline.provenance.{name}") as heard:
        found = getattr(traces, name)
    assert found is getattr(provenance, name)
    assert heard[0].filename == __file__


def test_what_came_later_is_only_in_the_new_home():
    with pytest.raises(AttributeError, match="no attribute 'never_there'"):
        _ = traces.never_there
