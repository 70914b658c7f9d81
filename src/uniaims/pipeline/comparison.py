"""Groups of results side by side: which differ, by how much, and how sure that is.

::

    compare_results(folders, settings) -> ComparedGroups     reads what was measured, compares the groups
    write_comparison(output, compared)                        comparison.html, comparison.json, pictures.csv
"""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars

from uniaims.atomic import atomic_file
from uniaims.errors import InputError
from uniaims.measurements import PROPERTIES, Property
from uniaims.measurements.files import Sheet, csv
from uniaims.measurements.units import QUANTITIES
from uniaims.names import listed, shown, shown_name
from uniaims.pages.report_settings import ReportSettings
from uniaims.pipeline.comparison_settings import ComparisonSettings
from uniaims.pipeline.grouping import Member, by_folders, by_patterns, by_table, parse_patterns, results_in
from uniaims.pipeline.results import ResultFolder
from uniaims.pipeline.ways import Way, differing
from uniaims.report.compared import ComparedGroup, ComparedGroups, ComparedUnit, Measured
from uniaims.report.comparison import write_comparison_page
from uniaims.statistics import Picture, carries, compare_groups, kruskal_wallis, sample_percentile, variance_shares
from uniaims.version import __version__

PAGE, TABLE, FIGURES = "comparison.html", "pictures.csv", "comparison.json"
FAR_APART = 3.0
"""Objects seen this many times as large in pixels, in one group as in another, were not seen equally well."""
PERCENTS = (10, 50, 90)


def compare_results(folders: Sequence[str | Path], settings: ComparisonSettings | None = None) -> ComparedGroups:
    """Compare the sizes in groups of analysed images; cut objects are left out.

    Args:
        folders: outputs of `analyse`, or results of single images. Without patterns or a table in the settings each
            folder is a group.
        settings: what makes a group, and what is compared.

    Raises:
        InputError: where the folders hold no results, no two groups come about, some lengths are in nm and others in
            px, or a group has no complete object.
    """
    chosen = settings or ComparisonSettings()
    found = results_in([Path(folder) for folder in folders])
    results = list({result.path.resolve(): result for each in found.values() for result in each}.values())
    members = _members(found, results, chosen)
    grouped = {member.result.path.resolve() for member in members}
    figure, measured = _measured(members, chosen.figure)
    groups = _groups(members, measured, chosen)
    samples = {group.name: [unit.picture for unit in group.units] for group in groups}
    pairs = compare_groups(samples, chosen.percentile, confidence=chosen.confidence)
    return ComparedGroups(
        property_=figure,
        calibrated=members[0].result.summary.pixel_size_nm is not None,
        percentile=chosen.percentile,
        confidence=chosen.confidence,
        margin=chosen.margin,
        groups=groups,
        pairs=pairs,
        p_value=kruskal_wallis(samples, chosen.percentile) if len(groups) > 2 else math.nan,
        left_out=tuple(result.summary.file.name for result in results if result.path.resolve() not in grouped),
        warnings=(
            *_resolution_warnings(groups, figure),
            *_few_warnings(groups, chosen.percentile),
        ),
        differing=_differences(members),
    )


def write_comparison(output: str | Path, compared: ComparedGroups, report: ReportSettings = ReportSettings()) -> None:
    """Write ``comparison.html``, ``comparison.json`` and ``pictures.csv`` into a folder, which is made.

    ``report`` says in which language, and what else is written.

    Raises:
        OutputError: if they can't be written.
    """
    folder = Path(output)
    csv.TYPE.write(folder / TABLE, [Sheet("Pictures", pictures_table(compared))])
    with atomic_file(folder / FIGURES) as temporary:
        text = json.dumps(comparison_json(compared), indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(shown(text) + "\n", encoding="utf-8")
    write_comparison_page(folder / PAGE, compared, report)


def comparison_json(compared: ComparedGroups) -> dict[str, Any]:
    """All figures of a comparison as plain values; what is not known is null."""
    table = {
        "figure": compared.property_.name,
        "unit": compared.unit,
        "percentile": compared.percentile,
        "confidence": compared.confidence,
        "margin": compared.margin,
        "groups": [
            {
                "name": group.name,
                "pictures": group.picture_count,
                "units": [unit.name for unit in group.units],
                "objects": group.object_count,
                "percentiles": {f"x{percent}_0": asdict(figure) for percent, figure in group.figures.items()},
                "variance": asdict(group.variance),
            }
            for group in compared.groups
        ],
        "pairs": [asdict(pair) | {"differs": pair.differs} for pair in compared.pairs],
        "kruskal_wallis_p_value": compared.p_value,
        "left_out": compared.left_out,
        "warnings": compared.warnings,
        "differing_settings": compared.differing,
        "version": __version__,
    }
    known: dict[str, Any] = _known(table)
    return known


def pictures_table(compared: ComparedGroups) -> polars.DataFrame:
    """One row for each image: group, specimen, name, complete objects, percentiles, pixel size."""
    suffix = "_" + compared.unit if compared.unit else ""
    rows = [
        {"group": group.name, "specimen": unit.specimen, "image": each.name, "complete_objects": len(each.values)}
        | {
            f"x{percent}_0{suffix}": float(np.percentile(each.values, percent))
            if carries(len(each.values), percent)
            else None
            for percent in PERCENTS
        }
        | {"pixel_size_nm": each.pixel_size_nm}
        for group in compared.groups
        for unit in group.units
        for each in unit.images
    ]
    return polars.DataFrame(rows, infer_schema_length=None)


def _members(
    found: dict[Path, tuple[ResultFolder, ...]], results: Sequence[ResultFolder], settings: ComparisonSettings
) -> list[Member]:
    if settings.groups:
        return by_table(results, Path(settings.groups))
    if settings.group:
        return by_patterns(results, parse_patterns(settings.group))
    return by_folders(found)


def _measured(members: Sequence[Member], name: str) -> tuple[Property, dict[Path, Measured]]:
    """The size that is compared, and those of complete objects of each result, in nm or px.

    Where results of older versions are among them, which know no `diameter` by the edge, it is the equivalent one.
    """
    without = [member.result.summary.file.name for member in members if member.result.summary.pixel_size_nm is None]
    if 0 < len(without) < len(members):
        raise InputError(
            f"{listed([shown_name(each) for each in without])} came without a pixel size, others with one: their "
            'lengths can\'t be compared. Analyse these again with --pixel-size "2.5 nm".'
        )
    results = {member.result.path: member.result for member in members}
    tables = {path: _table(result) for path, result in results.items()}
    figure, calibrated = PROPERTIES[name], not without
    if not all(figure.column(calibrated=calibrated) in table.columns for table in tables.values()):
        figure = PROPERTIES["equivalent_diameter" if name == "diameter" else name]
    return figure, {path: _values(result, tables[path], figure) for path, result in results.items()}


def _table(result: ResultFolder) -> polars.DataFrame:
    try:
        return result.table()
    except (polars.exceptions.PolarsError, OSError) as error:
        raise _unreadable(result, error) from error


def _unreadable(result: ResultFolder, error: Exception) -> InputError:
    return InputError(
        f"The results in {shown_name(str(result.path))} can't be read ({error}). Analyse the image again."
    )


def _values(result: ResultFolder, table: polars.DataFrame, figure: Property) -> Measured:
    size = result.summary.pixel_size_nm
    try:
        kept = polars.col("excluded").is_null() if "excluded" in table.columns else ~polars.col("touches_border")
        values = table.filter(kept)[figure.column(calibrated=size is not None)].to_numpy().astype(np.float64)
    except polars.exceptions.PolarsError as error:
        raise _unreadable(result, error) from error
    values = values[np.isfinite(values) & (values > 0)]
    in_px = 1.0 if size is None else QUANTITIES[figure.quantity].factor(size)
    median_px = float(np.median(values)) / in_px if len(values) else math.nan
    return Measured(result.summary.file.name, values, size, median_px)


def _groups(
    members: Sequence[Member], measured: dict[Path, Measured], settings: ComparisonSettings
) -> tuple[ComparedGroup, ...]:
    units = defaultdict[str, dict[tuple[str, str], list[Measured]]](lambda: defaultdict(list))
    for member in members:
        images = measured[member.result.path]
        unit = (member.specimen, "") if member.specimen else ("", str(member.result.path))
        units[member.group][unit].append(images)
    return tuple(_group(name, each, settings) for name, each in units.items())


def _group(name: str, units: dict[tuple[str, str], list[Measured]], settings: ComparisonSettings) -> ComparedGroup:
    made = tuple(
        ComparedUnit(
            specimen or images[0].name,
            specimen,
            Picture.of(np.concatenate([each.values for each in images])),
            tuple(images),
        )
        for (specimen, _), images in units.items()
    )
    pictures = [unit.picture for unit in made]
    percents = sorted({*PERCENTS, settings.percentile})
    figures = {each: sample_percentile(pictures, each, confidence=settings.confidence) for each in percents}
    return ComparedGroup(name, made, figures, variance_shares(pictures))


def _differences(members: Sequence[Member]) -> dict[str, dict[str, str]]:
    """What was not the same in all analyses: name -> group -> its values there."""
    ways = [Way.of_summary(member.result.summary) for member in members]
    told: dict[str, dict[str, str]] = {}
    for name in differing(ways):
        values = defaultdict[str, dict[str, None]](dict)
        for member, way in zip(members, ways, strict=True):
            values[member.group][way.facts.get(name, "none")] = None
        told[name] = {group: ", ".join(each) for group, each in values.items()}
    return told


def _resolution_warnings(groups: Sequence[ComparedGroup], figure: Property) -> list[str]:
    """Where the objects of one group were seen in far more pixels than those of another."""
    root = 0.5 if figure.quantity == "area" else 1.0
    across = {group.name: group.median_px**root for group in groups if math.isfinite(group.median_px)}
    if len(across) < 2 or max(across.values()) <= FAR_APART * min(across.values()):
        return []
    small, large = min(across, key=lambda name: across[name]), max(across, key=lambda name: across[name])
    return [
        f'The median object of "{large}" is {across[large]:.0f} px across, that of "{small}" {across[small]:.0f} px: '
        "sizes seen at so different resolutions may differ because of that alone."
    ]


def _few_warnings(groups: Sequence[ComparedGroup], percentile: float) -> list[str]:
    few = [group.name for group in groups if not carries(group.object_count, percentile)]
    told = (
        [f"Of {listed(few)} fewer than five objects lie beyond the percentile that is compared: it says little."]
        if few
        else []
    )
    single = [group.name for group in groups if sum(len(unit.picture.values) > 0 for unit in group.units) == 1]
    if len(single) == len(groups):
        return [
            *told,
            "Each group is a single picture: the figures tell these pictures apart, not what they were taken of. "
            "Three pictures or more of each, of different places, tell how much the material varies.",
        ]
    if single:
        names = listed(single)
        told.append(f"Of {names} there is a single picture: it is taken to vary from picture to picture as the rest.")
    return told


def _known(value: Any) -> Any:
    """Plain values without NaN."""
    if isinstance(value, dict):
        return {name: _known(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_known(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
