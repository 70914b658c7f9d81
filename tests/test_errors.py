"""The tree of errors: one ``except`` catches all, those about what was given are Python's own too."""

import pytest

from uniaims import errors


@pytest.mark.parametrize(
    ("name", "parents"),
    [
        ("ImageError", (errors.InputError, ValueError)),
        ("LabelsError", (errors.InputError, ValueError)),
        ("PixelSizeError", (errors.InputError, ValueError)),
        ("SettingsError", (errors.InputError, ValueError)),
        ("ModelError", ()),
        ("OutputError", (OSError,)),
        ("MissingDependencyError", (ImportError,)),
    ],
)
def test_the_tree_is_the_one_that_is_drawn(name: str, parents: tuple[type, ...]) -> None:
    error = getattr(errors, name)
    assert issubclass(error, (errors.UniaimsError,))
    assert all(issubclass(error, parent) for parent in parents)
    assert name in (errors.__doc__ or "")


@pytest.mark.parametrize(("given", "end"), [("genral", " Did you mean general?"), ("xyz", "")])
def test_a_name_that_comes_near_is_offered(given: str, end: str) -> None:
    assert errors.did_you_mean(given, ["general", "general-fast"]) == end
