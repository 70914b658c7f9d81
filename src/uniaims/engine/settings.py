"""What people set: of a project, and the limits of what is taken in."""

from dataclasses import dataclass

from uniaims.errors import SettingsError
from uniaims.settings import Words, setting


@dataclass(frozen=True)
class ProjectSettings:
    """How people work on a project."""

    cell_px: int = setting(1024, "Side of the regions that an image is cut into, in pixels.", words=Words("Region"))
    four_eyes: bool = setting(True, "Whether nobody reviews what he annotated.", words=Words("Four eyes"))
    gold_share: float = setting(0.05, "Share of hidden control regions.", words=Words("Control regions"))
    gold_bar: float = setting(0.8, "Score below which somebody's regions are done twice.", words=Words("Bar"))
    seeds_wanted: int = setting(5, "Images that experts label before a first model is trained.", words=Words("Seeds"))
    free_editing: bool = setting(False, "Whether annotators edit without a task.", words=Words("Free editing"))
    auto_advance: bool = setting(False, "Whether rounds go on by themselves.", words=Words("Advance by itself"))
    history_days: int = setting(0, "How long edits can be undone, in days; 0 for ever.", words=Words("History"))
    viewers_export: bool = setting(False, "Whether viewers export.", words=Words("Viewers export"))

    def __post_init__(self) -> None:
        if self.cell_px < 64:
            raise SettingsError(f"cell_px is {self.cell_px}: regions have sides of 64 px or more.")
        for name in ("gold_share", "gold_bar"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} is {getattr(self, name)}: give a share from 0 to 1.")
        for name in ("seeds_wanted", "history_days"):
            if getattr(self, name) < 0:
                raise SettingsError(f"{name} is {getattr(self, name)}: give 0 or more.")


@dataclass(frozen=True)
class Limits:
    """What is refused as too much, in one place."""

    edit_px: int = 1 << 22
    """Pixels that one edit by hand changes."""
    patch_bytes: int = 8 << 20
    """Of a patch, once it is no longer compressed."""
    edits: int = 64
    """In one request."""
    instances: int = 1_000_000
    """In one layer."""
    numbers: int = 4096
    """In one block."""
    image_px: int = 1 << 32
    """Of one image."""
    image_bytes: int = 8 << 30
    """Of one file."""
    tiles: int = 64
    """In one request."""
    name_bytes: int = 200
    """Of names of projects, images, versions."""
