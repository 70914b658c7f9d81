"""Who may do what: one table. What it does not name, nobody may."""

from collections.abc import Mapping
from enum import IntEnum

from uniaims.engine.settings import ProjectSettings


class Role(IntEnum):
    """In a project; each may what those before it may. Administrators of the site need no membership."""

    VIEWER = 1
    ANNOTATOR = 2
    EXPERT = 3
    ADMINISTRATOR = 4


ROLE_NAMES = {"viewer": Role.VIEWER, "annotator": Role.ANNOTATOR, "expert": Role.EXPERT}
"""As the table of memberships has them."""

PERMISSIONS: Mapping[str, Role] = {
    "project.read": Role.VIEWER,
    "label.read": Role.VIEWER,
    "task.take": Role.ANNOTATOR,
    "label.edit": Role.ANNOTATOR,
    "assist.use": Role.ANNOTATOR,
    "comment.write": Role.ANNOTATOR,
    "analysis.run": Role.ANNOTATOR,
    "export.make": Role.ANNOTATOR,
    "report.write": Role.ANNOTATOR,
    "label.edit_free": Role.EXPERT,
    "label.restore": Role.EXPERT,
    "task.plan": Role.EXPERT,
    "task.assign": Role.EXPERT,
    "task.review": Role.EXPERT,
    "task.cancel": Role.EXPERT,
    "image.add": Role.EXPERT,
    "image.delete": Role.EXPERT,
    "job.start": Role.EXPERT,
    "job.cancel": Role.EXPERT,
    "model.promote": Role.EXPERT,
    "dataset.make": Role.EXPERT,
    "gold.manage": Role.EXPERT,
    "member.manage": Role.EXPERT,
    "project.manage": Role.EXPERT,
    "project.make": Role.ANNOTATOR,
    "site.manage": Role.ADMINISTRATOR,
}
"""What is done -> the least role that may."""


def may(role: Role | None, permission: str, settings: ProjectSettings | None = None) -> bool:
    """Whether somebody of a role in a project (``None``: not a member) may do something.

    Raises:
        KeyError: if the table does not name the permission: routes name one that it does.
    """
    least = PERMISSIONS[permission]
    if settings is not None and settings.free_editing and permission == "label.edit_free":
        least = Role.ANNOTATOR
    if settings is not None and settings.viewers_export and permission == "export.make":
        least = Role.VIEWER
    return role is not None and role >= least
