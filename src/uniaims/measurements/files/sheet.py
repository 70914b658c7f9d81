"""What files of measurements are made from: tables with headings for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table with its name.

    Attributes:
        name: for the eye.
        table: the rows.
        headings: column -> heading with its unit; the column's own name where there is none.
    """

    name: str
    table: polars.DataFrame
    headings: Mapping[str, str] = field(default_factory=dict)
