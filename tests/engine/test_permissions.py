"""The table of permissions: nobody may what it does not give him."""

import pytest

from uniaims.engine.permissions import PERMISSIONS, Role, may
from uniaims.engine.settings import ProjectSettings
from uniaims.errors import SettingsError


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_role_may_what_the_ones_below_may_and_strangers_nothing(permission):
    given = [may(role, permission) for role in Role]
    assert given == sorted(given)
    assert may(Role.ADMINISTRATOR, permission)
    assert not may(None, permission)


def test_what_is_not_named_is_nobodys():
    with pytest.raises(KeyError):
        may(Role.ADMINISTRATOR, "label.burn")
    assert not may(Role.EXPERT, "site.manage")
    assert not may(Role.VIEWER, "label.edit")


def test_settings_of_a_project_widen_two_of_them():
    assert may(Role.ANNOTATOR, "label.edit_free", ProjectSettings(free_editing=True))
    assert not may(Role.ANNOTATOR, "label.edit_free", ProjectSettings())
    assert may(Role.VIEWER, "export.make", ProjectSettings(viewers_export=True))
    assert not may(Role.VIEWER, "export.make", ProjectSettings())


@pytest.mark.parametrize("wrong", [{"cell_px": 1}, {"gold_share": 2.0}, {"seeds_wanted": -1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError):
        ProjectSettings(**wrong)
