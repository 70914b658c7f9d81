"""Projects: kept as given, hostile names too; what is wrong is told."""

import pytest

from uniaims.errors import ConflictError, NotFoundError, SettingsError

_HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe '; DROP TABLE images; --"


def test_projects_are_named_changed_and_removed(engine):
    project = engine.projects.add(_HOSTILE, engine.accounts.local(), "about")
    assert engine.projects.named(_HOSTILE) == project == engine.projects.project(project.id)
    kinds = [{"number": 1, "name": "pore", "colour": "#0072b2", "key": "1"}]
    changed = engine.projects.change(project.id, {"kinds": kinds, "settings": {"cell_px": 512}, "description": "é"})
    assert (changed.kinds[0].name, changed.settings.cell_px, changed.description) == ("pore", 512, "é")
    assert project.id in [each.id for each in engine.projects.page(after=project.id - 1)]
    with pytest.raises(ConflictError, match="already"):
        engine.projects.add(_HOSTILE)
    engine.projects.remove(project.id)
    with pytest.raises(NotFoundError):
        engine.projects.project(project.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " "}, {"name": "x" * 201}, {"id": 5}, {"guidelines": "x" * 70_000}, {"settings": {"unknown": 1}},
        {"kinds": [{"number": 0, "name": "a", "colour": "#000000"}]},
        {"kinds": [{"number": 1, "name": "a", "colour": "red"}]},
        {"kinds": [{"number": 1, "name": "a", "colour": "#000000", "key": "0"}]},
        {"kinds": [{"number": 1, "name": name, "colour": "#000000"} for name in "ab"]},
    ],
)  # fmt: skip
def test_what_can_not_be_set_is_refused(engine, changes):
    with pytest.raises(SettingsError):
        engine.projects.change(1, changes)
