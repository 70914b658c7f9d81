"""What users choose about a comparison of groups."""

from dataclasses import dataclass, field

from uniaims.errors import SettingsError, did_you_mean
from uniaims.pages.report_settings import ReportSettings
from uniaims.settings import setting

SIZES = ("diameter", "equivalent_diameter", "area", "perimeter", "max_feret", "min_feret", "major_axis", "minor_axis")
"""What can be compared: sizes that are above 0."""


@dataclass(frozen=True)
class ComparisonSettings:
    """What makes a group, and what is compared.

    Raises:
        SettingsError: if a setting is out of its range.
    """

    group: tuple[str, ...] = setting(
        (), 'A group and a pattern of image names, as "A=calcined_*"; once for each group. Without, each folder is one.'
    )
    groups: str = setting(
        "", "A CSV file with the columns image, group and, where pictures share one, specimen.", there="file"
    )
    figure: str = setting("diameter", "The size that is compared.", choices=lambda: SIZES)
    percentile: float = setting(50.0, "The percentile that is compared, by number of objects; 50 is the median.")
    confidence: float = setting(0.95, "Share of intervals that hold the true figure.")
    margin: float = setting(0.0, "Call groups equivalent within so much, as 0.05 for 5 %; 0: do not ask.")
    report: ReportSettings = field(default_factory=ReportSettings)

    def __post_init__(self) -> None:
        if self.figure not in SIZES:
            wanted = f"wanted one of {', '.join(SIZES)}.{did_you_mean(self.figure, SIZES)}"
            raise SettingsError(f"figure {self.figure!r} can't be compared: {wanted}")
        if self.group and self.groups:
            raise SettingsError("Both group and groups came. Give patterns or a table.")
        if not 0 < self.percentile < 100 or not 0.5 <= self.confidence < 1 or not 0 <= self.margin < 1:
            raise SettingsError(
                f"percentile = {self.percentile:g}, confidence = {self.confidence:g}, margin = {self.margin:g} came. "
                "Give 0 < percentile < 100, 0.5 <= confidence < 1, 0 <= margin < 1."
            )
