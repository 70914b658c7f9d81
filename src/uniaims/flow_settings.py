"""How labels are made from the fields of a network; see `uniaims.flows`."""

from dataclasses import dataclass

from uniaims.deprecation import OldAttribute, takes_old_fields
from uniaims.errors import SettingsError
from uniaims.settings import Words, setting


@takes_old_fields
@dataclass(frozen=True)
class FlowSettings:
    """How labels are made from fields.

    Walks end in basins; noise cuts an instance into several. Two neighbouring basins become one instance if
    ``valley + divergence_weight * divergence <= merge_difference``: ``valley`` is how far the topography between them
    sinks below the lower one's peak, as a part of it (0..1); ``divergence`` is how far the flow moves both sides of
    their contact apart, as a part of its size (-1..1). One that stands out of the flow's roughness along the contact
    keeps them apart nevertheless, which protects thin instances side by side whose topography is blurred.

    Raises:
        SettingsError: if a number is out of its range.
    """

    probability_threshold: float = setting(
        0.5,
        "Pixels of at least this probability belong to objects, 0 to 1.",
        None,
        words=Words("Minimum probability of a pixel"),
    )
    minimum_area_px: int = setting(
        12,
        "Smaller pieces are removed; in pixels at the working scale.",
        None,
        words=Words("Smallest object", "{} px², at the working scale"),
    )
    merge_difference: float = setting(
        0.35,
        "How much two pieces of one object may differ; 0 merges nothing.",
        None,
        words=Words("Pieces are one object up to a difference of"),
    )
    divergence_weight: float = setting(
        0.65,
        "How much flow that diverges between two pieces adds to their difference.",
        None,
        words=Words("Weight of diverging flow in it"),
    )
    divergence_threshold: float = setting(
        1.2,
        "A mean divergence above this many times the flow's roughness keeps pieces apart, if both have four times the "
        "smallest area or more.",
        None,
        words=Words("Pieces stay apart from a divergence of"),
    )
    hole_share: float = setting(
        0.05,
        "Holes up to this part of their object's area are filled; 0 leaves all, 1 fills all.",
        None,
        words=Words("Holes filled up to a share of"),
    )

    parting_weight = OldAttribute("divergence_weight")
    parting_roughness = OldAttribute("divergence_threshold")

    def __post_init__(self) -> None:
        for name in ("probability_threshold", "hole_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} is {getattr(self, name)}; give 0 to 1.")
        for name in ("minimum_area_px", "merge_difference", "divergence_weight", "divergence_threshold"):
            if not getattr(self, name) >= 0:
                raise SettingsError(f"{name} is {getattr(self, name)}; give 0 or more.")
