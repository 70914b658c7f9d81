"""What users choose about making synthetic samples."""

from dataclasses import dataclass

from uniaims.errors import SettingsError
from uniaims.settings import setting

_LARGEST_SIDE_PX = 16_384
_LARGEST_SEED = 2**32


@dataclass(frozen=True)
class ProductionSettings:
    """How many samples to make, and how."""

    count: int = setting(10, "How many samples, those that are there included.")
    size: str = setting("512", 'Side of the scene in pixels, or height and width: "512" or "768x1024".')
    seed: int = setting(0, "Seed of the first sample of each recipe.")
    workers: int = setting(1, "How many samples are made at a time.")
    banner: bool = setting(False, "Add an instrument banner with a scale bar.")
    whole: bool = setting(False, "Write full outlines where instances hide each other.")
    overwrite: bool = setting(False, "Make again what is there.")

    def __post_init__(self) -> None:
        if self.count < 1 or self.workers < 1 or not 0 <= self.seed <= _LARGEST_SEED - self.count:
            raise SettingsError(
                f"count {self.count}, workers {self.workers}, seed {self.seed}: wanted at least 1 sample and 1 worker, "
                "and seeds from 0 to 4,294,967,295."
            )
        parts = self.size.lower().split("x")
        if len(parts) > 2 or not all(part.strip().isdecimal() for part in parts):
            raise SettingsError(
                f'size is {self.size!r}: wanted pixels such as "512", or height and width such as "768x1024".'
            )
        if max(self.shape) > _LARGEST_SIDE_PX:
            raise SettingsError(f"size is {self.size!r}: wanted at most {_LARGEST_SIDE_PX} px a side.")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the scenes; banners come on top of that."""
        parts = self.size.lower().split("x")
        return int(parts[0]), int(parts[-1])
