"""The tables of results with all that explains them: objects, images, what was left out, definitions, provenance.

They are made from what is on the disk, a summary and a table, so that a workbook can be written later too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import polars
from numpy.typing import NDArray

from uniaims.measurements import Figure
from uniaims.measurements.files import Sheet
from uniaims.modes import Mode
from uniaims.names import shown
from uniaims.pipeline.results import Summary
from uniaims.report import Headline, Reading
from uniaims.report.facts import flatten, plain_value
from uniaims.version import __version__

FigureRow = tuple[str, float | None, float | None, float | None, str]
"""Name, value, both ends of its interval, unit."""


@dataclass(frozen=True, eq=False)
class TableSource:
    """One image, as a workbook tells it.

    Attributes:
        name: in the column ``image``.
        table: of its objects.
        mode: what it was measured for.
        calibrated: whether its pixel size is known.
        figures: headline figures as in ``summary.json``; empty for older results.
        facts: what the numbers rest on, by name; nested mappings are flattened.
        warnings: sentences for the reader.
    """

    name: str
    table: polars.DataFrame
    mode: Mode
    calibrated: bool
    figures: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    @property
    def readings(self) -> dict[str, Reading]:
        """The headline figures by name."""
        known = ((each.name, self.numbers(each)) for each in self.mode.figures)
        return {name: Reading.of_dict(numbers) for name, numbers in known if numbers}

    def numbers(self, figure: Headline) -> Mapping[str, Any]:
        """What a figure came to; empty where that is not known."""
        return self.figures.get(figure.name) or self.figures.get(figure.column(calibrated=self.calibrated)) or {}

    @property
    def left_out(self) -> polars.DataFrame:
        """The rows that statistics of size and shape leave out, with the reason in the column ``excluded``."""
        if "excluded" in self.table.columns:
            return self.table.filter(polars.col("excluded").is_not_null())
        return self.cut.with_columns(polars.lit("border").alias("excluded"))

    @property
    def cut(self) -> polars.DataFrame:
        """The rows of the objects that the border cuts."""
        return self.table.filter(polars.col("touches_border")) if self._tells_border else self.table.clear()

    @property
    def sizes(self) -> NDArray[np.float64]:
        """Those (N,) of the complete objects whose distribution the overview shows, in the unit of the table."""
        table = self.table
        whole = (
            table.filter(~polars.col("label").is_in(self.left_out["label"].implode()))
            if "label" in table.columns
            else table
        )
        column = self.mode.size.column(calibrated=self.calibrated)
        return (
            whole[column if column in whole.columns else column.replace("diameter", "equivalent_diameter")]
            .to_numpy()
            .astype(np.float64)
        )

    @property
    def _tells_border(self) -> bool:
        return "touches_border" in self.table.columns


def source_of(summary: Summary, table: polars.DataFrame, name: str) -> TableSource:
    """One image from its results."""
    told = ("figures", "warnings", "kinds")
    facts = {key: value for key, value in vars(summary).items() if key not in told}
    calibrated = summary.pixel_size_nm is not None
    return TableSource(name, table, summary.mode, calibrated, summary.figures, facts, tuple(summary.warnings))


def sheets_of(sources: Sequence[TableSource], failures: Mapping[str, str] = MappingProxyType({})) -> list[Sheet]:
    """All sheets, that of the objects first; a column ``image`` says whose each is.

    Args:
        sources: the images.
        failures: images that could not be analysed, with the reason.
    """
    excluded = [_excluded(source) for source in sources]
    failed = [{"image": shown(name), "label": None, "reason": shown(why)} for name, why in failures.items()]
    excluded.append(polars.DataFrame(failed, schema=_EXCLUDED))
    left_out = polars.concat(excluded)
    sheets = [
        Sheet("Objects", joined([(each.name, each.table) for each in sources]), _headings(sources)),
        Sheet("Summary", _summary(sources, len(failed)), _capitals("figure", "value", "low", "high", "unit")),
        Sheet("Images", _images(sources), _headings(sources)),
        Sheet("Excluded", left_out, _headings(sources) | {"reason": "Reason"}),
        Sheet("Definitions", _definitions(sources), _capitals("column", "name", "symbol", "definition", "source")),
        Sheet("Provenance", _provenance(sources), _capitals("image", "fact", "value")),
    ]
    return [sheet for sheet in sheets if sheet.name != "Excluded" or sheet.table.height]


_EXCLUDED = {"image": polars.String, "label": polars.UInt32, "reason": polars.String}


def joined(tables: Sequence[tuple[str, polars.DataFrame]]) -> polars.DataFrame:
    """Named tables as one; the names are the column ``image``.

    Where some images have a pixel size and others have none, their lengths stand in different columns.
    """
    named = [table.select(polars.lit(name).alias("image"), polars.all()) for name, table in tables]
    return polars.concat(named, how="diagonal") if named else polars.DataFrame(schema={"image": polars.String})


def _excluded(source: TableSource) -> polars.DataFrame:
    rows = source.left_out
    label = rows["label"].cast(polars.UInt32)
    return polars.DataFrame(
        {"image": [source.name] * len(label), "label": label, "reason": rows["excluded"]}, _EXCLUDED
    )


def _summary(sources: Sequence[TableSource], failed: int) -> polars.DataFrame:
    """Of one image its headline figures; of several how many there are of what."""
    numbers = dict.fromkeys(("value", "low", "high"), polars.Float64)
    schema = {"figure": polars.String, **numbers, "unit": polars.String}
    rows = list(_figure_rows(sources[0])) if len(sources) == 1 else [*_count_rows(sources)]
    if failed:
        rows.append(("Images that failed", float(failed), None, None, ""))
    return polars.DataFrame(rows, schema, orient="row")


def _count_rows(sources: Sequence[TableSource]) -> Iterator[FigureRow]:
    counts = {
        "Images": len(sources),
        "Images without a pixel size": sum(not source.calibrated for source in sources),
        "Images with warnings": sum(bool(source.warnings) for source in sources),
        _headings(sources)["objects"]: sum(source.table.height for source in sources),
        "Cut by the border": sum(source.cut.height for source in sources),
    }
    return ((name, float(value), None, None, "") for name, value in counts.items())


def _figure_rows(source: TableSource) -> Iterator[FigureRow]:
    for figure in source.mode.figures:
        numbers = source.numbers(figure)
        unit = figure.unit(calibrated=source.calibrated)
        value, low, high = (numbers.get(name) for name in ("value", "low", "high"))
        yield figure.named(source.mode.noun), value, low, high, unit


def _images(sources: Sequence[TableSource]) -> polars.DataFrame:
    rows = [
        {
            "image": source.name,
            "file": source.facts.get("image", ""),
            "objects": source.table.height,
            "cut": source.cut.height,
            "pixel_size_nm": source.facts.get("pixel_size_nm"),
            **{
                figure.column(calibrated=source.calibrated): source.numbers(figure).get("value")
                for figure in source.mode.figures
                if figure.name != "object_count"
            },
            "warnings": shown(" ".join(source.warnings)),
        }
        for source in sources
    ]
    return polars.DataFrame(rows, infer_schema_length=None)


def _definitions(sources: Sequence[TableSource]) -> polars.DataFrame:
    """Every figure that stands in one of the sheets, once."""
    rows = dict.fromkeys(
        (column, figure.label.format(nouns=source.mode.noun.heading), figure.symbol, figure.definition, figure.source)
        for source in sources
        for figure in _told(source)
        if (column := figure.column(calibrated=source.calibrated)) in source.table.columns
        or figure.name in source.figures
    )
    names = ("column", "name", "symbol", "definition", "source")
    return polars.DataFrame(list(rows), dict.fromkeys(names, polars.String), orient="row")


def _told(source: TableSource) -> tuple[Figure, ...]:
    return (*source.mode.properties, *source.mode.figures)


def _provenance(sources: Sequence[TableSource]) -> polars.DataFrame:
    rows = [
        (source.name, name, shown(plain_value(value)))
        for source in sources
        for name, value in (*flatten(source.facts), ("written by", f"Uni-AIMS {__version__}"))
    ]
    return polars.DataFrame(rows, dict.fromkeys(("image", "fact", "value"), polars.String), orient="row")


def _headings(sources: Sequence[TableSource]) -> dict[str, str]:
    """Column -> heading with its unit, for the sheets of objects and images."""
    nouns = {source.mode.noun for source in sources}
    noun = next(iter(nouns)) if len(nouns) == 1 else None
    headings = _capitals("image", "file", "kind", "warnings") | {
        "label": noun.single_heading if noun else "Object",
        "objects": noun.heading if noun else "Objects",
        "cut": "Cut by the border",
        "pixel_size_nm": "Pixel size / nm",
    }
    for source in sources:
        for figure in _told(source):
            told = figure.heading(calibrated=source.calibrated).format(nouns=source.mode.noun.heading)
            headings[figure.column(calibrated=source.calibrated)] = told
    return headings


def _capitals(*names: str) -> dict[str, str]:
    return {name: name.capitalize() for name in names}
