"""How an image is cut into tiles; `uniaims.tiles` does it."""

from dataclasses import dataclass

from uniaims.errors import SettingsError


@dataclass(frozen=True)
class Tiling:
    """How an image is cut.

    Attributes:
        tile_px: longest side of a tile, overlap included.
        overlap_px: width of the seam in which two neighbouring tiles are blended.
        multiple_of: tile sides and positions are multiples of this (the stride of a network), so that a network
            sees the same grid in one piece as in many.
        batch: how many tiles the function is given at once.
    """

    tile_px: int = 1536
    overlap_px: int = 128
    multiple_of: int = 1
    batch: int = 1

    def __post_init__(self) -> None:
        if min(self.tile_px, self.multiple_of, self.batch) < 1 or self.overlap_px < 0:
            raise SettingsError(f"{self}: wanted sides and batch of at least 1 and no negative overlap.")
        if self.tile_px < 2 * self.overlap_px:
            raise SettingsError(
                f"tiles of {self.tile_px} px with {self.overlap_px} px overlap: wanted tiles at least twice "
                "as large as the overlap. Use larger tiles or less overlap."
            )
