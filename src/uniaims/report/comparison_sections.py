"""The sections of a comparison: what differs, the distributions, the groups, the pictures, the method."""

import math
from functools import partial

import numpy as np

from uniaims.names import listed
from uniaims.pages.units import NO_BREAK, NOTHING, Noun, count, counted, interval, length_text, number, percent
from uniaims.report.compared import SPECIMEN, ComparedGroup, ComparedGroups, Measured
from uniaims.report.comparison_charts import Curve, Ratio, Row, cumulative_chart, ratio_chart, violin_chart
from uniaims.report.section import Chart, Section, Table
from uniaims.report.sizes import probability
from uniaims.statistics import GroupDifference, SampleFigure, carries, pictures_needed
from uniaims.version import __version__

WANTED_PRECISION = 0.05
"""Of a percentile, for which the page says how many pictures it takes."""
FIRST_PAIRS = 3
"""So many pairs are told at the top of the page, the others with the first section."""


def finding(compared: ComparedGroups, pair: GroupDifference) -> str:
    """What is known of one pair, in a sentence: the effect first."""
    sure = f"{percent(pair.confidence, 0)} interval {interval(pair.low, pair.high, 3)}"
    told = f'The {compared.what} of "{pair.second}" is {number(pair.ratio, 3)} times that of "{pair.first}" ({sure})'
    if pair.unit == "objects":
        verdict = (
            "these two pictures differ" if pair.differs else "these two pictures do not differ by more than chance"
        )
    elif pair.differs:
        verdict = "the groups differ"
    elif compared.margin and pair.is_equivalent(compared.margin):
        verdict = f"they are equivalent within {percent(compared.margin, 0)}"
    elif len(compared.pairs) > 1 and pair.p_value < 1 - pair.confidence:
        verdict = "a difference is not shown, of so many pairs"
    else:
        verdict = "a difference is not shown"
    return f"{told}: {verdict}."


def comparison_sections(compared: ComparedGroups) -> list[Section]:
    """What stands under each heading, in order."""
    makers = (_difference, _distributions, _groups, _pictures, _settings, _methods)
    return [section for make in makers if (section := make(compared))]


def _difference(compared: ComparedGroups) -> Section:
    """Ratio of each pair with its interval, then the tests."""
    ratios = [Ratio(f"{pair.second} : {pair.first}", pair.ratio, pair.low, pair.high) for pair in compared.pairs]
    drawn = partial(ratio_chart, ratios)
    data = {name: [getattr(ratio, name) for ratio in ratios] for name in ("name", "value", "low", "high")}
    caption = (
        f"Ratio of the {compared.what}, second group to first, with its {percent(compared.confidence, 0)} interval; "
        "the line at 1 is no difference."
    )
    sentences = [finding(compared, pair) for pair in compared.pairs[FIRST_PAIRS:]]
    if math.isfinite(compared.p_value):
        chance = probability(compared.p_value)
        sentences.append(
            f"All groups together: p {chance} that their {compared.noun.plural} come from one law (Kruskal-Wallis)."
        )
    if any(not pair.differs for pair in compared.pairs):
        sentences += [text for group in compared.groups if (text := _needed(compared, group))]
    headings = ("Second : first", "Ratio", "Interval", "Counted as one", "p", "p, Holm", "p, permutation", "Larger in")
    rows = tuple(_pair_row(pair, compared.noun) for pair in compared.pairs)
    caption_of_table = (
        'p: of no difference, by the law of the interval; "Holm": for all pairs together; "permutation": by handing '
        f"the {compared.noun.plural} to the groups in all ways, with the least value that it can have; "
        '"larger in": share of cases in which an object of the second group is larger than one of the first.'
    )
    return Section(
        "difference", "Difference", sentences=tuple(sentences),
        figures=(Chart("ratios", drawn(), caption, wide=True, data=data, drawn=drawn),),
        tables=(Table(headings, rows, caption_of_table),),
    )  # fmt: skip


def _pair_row(pair: GroupDifference, noun: Noun) -> tuple[str, ...]:
    permutation = NOTHING
    if math.isfinite(pair.permutation_p_value):
        permutation = f"{number(pair.permutation_p_value, 2)} ({number(pair.smallest_p_value, 2)})"
    return (
        f"{pair.second} : {pair.first}",
        number(pair.ratio, 4),
        interval(pair.low, pair.high, 4),
        "object" if pair.unit == "objects" else noun.singular,
        _chance(pair.p_value),
        _chance(pair.adjusted_p_value),
        permutation,
        percent(pair.superiority, 0),
    )


def _chance(p_value: float) -> str:
    return probability(p_value).removeprefix(f"={NO_BREAK}")


def _needed(compared: ComparedGroups, group: ComparedGroup) -> str:
    """How many samples of a group would tell its figure well enough."""
    own = [unit.picture.percentile(compared.percentile) for unit in group.units if len(unit.picture.values)]
    if len(own) < 2:
        return ""
    needed = pictures_needed(float(np.std(np.log(own), ddof=1)), WANTED_PRECISION, confidence=compared.confidence)
    if needed is None or needed <= len(own):
        return ""
    noun = compared.noun
    return (
        f'To know the {compared.what} of "{group.name}" to {percent(WANTED_PRECISION, 0)} takes about '
        f"{noun.counted(needed)} that vary as these do; there are {count(len(own))}."
    )


def _distributions(compared: ComparedGroups) -> Section:
    unit = compared.shown_unit
    rows = [
        Row(group.name, group.sizes / unit.size, tuple(each.picture.percentile(50) / unit.size for each in group.units
                                                      if len(each.picture.values)))
        for group in compared.groups
    ]  # fmt: skip
    curves = [
        Curve(group.name, tuple(each.picture.values / unit.size for each in group.units if len(each.picture.values)))
        for group in compared.groups
    ]
    data = {
        "Group": np.concatenate([np.full(len(row.values), row.name) for row in rows]),
        compared.axis_label: np.concatenate([row.values for row in rows]),
    }
    noun = compared.noun
    violins = (
        "Density of the logarithm of the size (Gaussian kernel, Silverman's bandwidth), box from the lower to the "
        f"upper quartile, ring at the median of all objects; each dot is the median of a {noun.singular}."
    )
    shares = (
        "Share of objects up to each size, by number. Thick: all objects of a group. Band: where 95 % of curves lie "
        f"when {noun.plural} and objects are drawn anew, from five {noun.plural} on; thin lines: the {noun.plural} "
        "themselves, where there are fewer."
    )
    label = compared.axis_label
    drawn, summed = partial(violin_chart, rows, label, unit.symbol), partial(cumulative_chart, curves, label)
    return Section(
        "distributions", "Distributions",
        figures=(
            Chart("violins", drawn(), violins, wide=True, data=data, drawn=drawn),
            Chart("cumulative", summed(), shares, wide=True, data=data, drawn=summed),
        ),
    )  # fmt: skip


def _groups(compared: ComparedGroups) -> Section:
    unit = compared.shown_unit
    sure, plural = f"{percent(compared.confidence, 0)} interval", compared.noun.plural
    percents = [each for each in compared.groups[0].figures if each in {10, 50, 90, compared.percentile}]
    names = [f"x{each:g},0 / {unit.symbol}" for each in percents]
    headings = ("Group", "Pictures", *(["Specimens"] if compared.noun is SPECIMEN else []), "Objects",
                *(text for name in names for text in (name, sure)), f"Between {plural}", "Worth objects")  # fmt: skip
    rows = []
    for group in compared.groups:
        figures = [text for each in percents for text in _figure_cells(group.figures[each], each, unit.size)]
        between = percent(group.variance.between) if math.isfinite(group.variance.between) else NOTHING
        worth = group.variance.effective_objects
        specimens = [count(len(group.units))] if compared.noun is SPECIMEN else []
        rows.append((group.name, count(group.picture_count), *specimens, count(group.object_count), *figures, between,
                     count(round(worth)) if math.isfinite(worth) else NOTHING))  # fmt: skip
    caption = (
        f'Figures of all complete objects of a group, by number. "Between {plural}": how much their mean sizes vary, '
        'sampling of objects taken off. "Worth objects": independent objects that would tell as much. A dash: fewer '
        "than five objects lie beyond the percentile, or nothing tells how sure it is."
    )
    return Section("groups", "Groups", tables=(Table(tuple(headings), tuple(rows), caption),))


def _figure_cells(figure: SampleFigure, share: float, size: float) -> tuple[str, str]:
    """A figure and its interval; dashes where so few objects do not carry it."""
    if not carries(figure.objects, share):
        return NOTHING, NOTHING
    known = math.isfinite(figure.low)
    return number(figure.estimate / size), interval(figure.low / size, figure.high / size) if known else NOTHING


def _pictures(compared: ComparedGroups) -> Section:
    unit = compared.shown_unit
    specimens = compared.noun is SPECIMEN
    headings = ("Picture", "Group", *(["Specimen"] if specimens else []), "Complete objects", f"x50,0 / {unit.symbol}",
                f"x50,0 / {compared.property_.unit(calibrated=False)}", "Pixel size")  # fmt: skip
    rows = [
        _picture_row(group.name, [sample.specimen] if specimens else [], image, unit.size)
        for group in compared.groups
        for sample in group.units
        for image in sample.images
    ]
    notes = [f"In no group, so left out: {listed(compared.left_out)}."] if compared.left_out else []
    return Section("pictures", "Pictures", tables=(Table(headings, tuple(rows)),), notes=tuple(notes))


def _picture_row(group: str, specimen: list[str], image: Measured, size: float) -> tuple[str, ...]:
    middle = float(np.median(image.values)) if len(image.values) else math.nan
    pixel = image.pixel_size_nm
    return (
        image.name,
        group,
        *specimen,
        count(len(image.values)),
        number(middle / size),
        number(image.median_px, 3),
        length_text(pixel) if pixel else NOTHING,
    )


def _settings(compared: ComparedGroups) -> Section | None:
    """What was not the same in all analyses."""
    if not compared.differing:
        return None
    names = [group.name for group in compared.groups]
    rows = tuple(
        (name, *(values.get(group, NOTHING) for group in names)) for name, values in compared.differing.items()
    )
    lead = "These settings were not the same in all analyses; a difference may come from them."
    return Section(
        "settings", "Analysed differently", short="Settings", lead=lead, tables=(Table(("Setting", *names), rows),)
    )


def _methods(compared: ComparedGroups) -> Section:
    noun, sure = compared.noun, percent(compared.confidence, 0)
    text = (
        f"The {compared.what} was compared between {counted(len(compared.groups), 'group')} of images analysed with "
        "Uni-AIMS. Objects cut by the border were left out. Since objects of one "
        f"{noun.singular} resemble each other, the {noun.singular} was the unit. The ratio of two groups and its "
        f"{sure} interval come from resampling {noun.plural} and objects within them (2,000 times) where both groups "
        f"have five {noun.plural} or more, and else from Welch's t of the logarithms of the {noun.plural}' figures; of "
        f"two single {noun.plural}, from their objects. P-values follow the same law; for several pairs they were "
        f"adjusted after Holm. Uni-AIMS {__version__}."
    )
    return Section("methods", "Methods", sentences=(text,))
