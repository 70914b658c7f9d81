"""The sentences of the report: what was found, how it was done, what the pictures show."""

from uniaims.boxes import Box
from uniaims.pages.units import NO_BREAK, Noun, count, interval, number, percent, quantity
from uniaims.report.facts import flatten, pixel_size_text, plain_value
from uniaims.report.findings import Findings
from uniaims.report.sizes import CONFIDENCE, FEWEST_FOR_LAW, RESAMPLES, SizeFigures, probability
from uniaims.statistics.budget import rounded
from uniaims.version import __version__

REASONS = {
    "border": "cut by the border",
    "under writing": "under writing",
    "too small to resolve": "too small to resolve",
    "hidden too much": "hidden too much",
    "filtered by user": "filtered out",
    "removed by hand": "removed by hand",
}
"""Reason why an object is left out -> how a sentence says it."""
UNTOLD = ("none", "not used", "no", "the first")
"""Settings of these values are left out of the methods text, as is the name of the model, which stands in it."""

HASH_DIGITS = 12
"""Digits of a hash in running text; the provenance table has all of them."""


def table_lead(noun: Noun) -> str:
    """Say how to use the table."""
    return (
        f"Press a heading to sort, a row to see its {noun.singular} in the picture. All {noun.plural} are listed, "
        "those cut by the border too. The CSV is in the units of measurements.csv beside this page, which has all "
        "digits."
    )


def finding(findings: Findings) -> str:
    """Say the result in one or two sentences."""
    counts, noun = findings.counts, findings.noun
    if not counts.total:
        return f"No {noun.singular} was found in this image."
    found = f"{noun.counted(counts.total)} found"
    if not counts.complete:
        return f"{found}, none of them in the statistics of size: {_reasons(findings)}."
    complete = f"{count(counts.complete)} of them in the statistics"
    if counts.complete == counts.total:
        complete = "in the statistics" if counts.total == 1 else "all in the statistics"
    return f"{found}, {complete}{_typical(findings)}."


def _reasons(findings: Findings) -> str:
    """How many of those that were found are left out for which reason."""
    return ", ".join(f"{count(number)} {REASONS[reason]}" for reason, number in findings.left_out.items())


def _candidates(findings: Findings) -> str:
    """A sentence, after a space, on those below the least confidence; empty where there are none."""
    doubtful = findings.candidates
    more = f"{count(doubtful)} more {'candidate has' if doubtful == 1 else 'candidates have'}"
    return f" {more} a confidence below the least one and count{'s' * (doubtful == 1)} as none." if doubtful else ""


def _typical(findings: Findings) -> str:
    """Say the median size with its uncertainty, or the size of the only object."""
    if not findings.sizes:
        return ""
    size, found = findings.sizes[0], findings.estimates["x50_0"]
    if len(size.values) == 1:
        return f", with a {size.column.label.lower()} of {quantity(float(size.values[0]), size.unit)}"
    if found.why:
        return f"; no median is given: {found.why}"
    factor = size.column.shown_factor
    middle, half = rounded(found.value / factor, found.u / factor)
    spread = f" ± {half}" if half else ""
    return f", with a median {size.column.label.lower()} of {middle}{spread}{NO_BREAK}{size.unit} (by number, k = 2)"


def exclusion(findings: Findings) -> str:
    """Say which objects the statistics leave out."""
    counts, noun = findings.counts, findings.noun
    kept = f"Statistics rest on {noun.counted(counts.complete)}"
    reasons = _reasons(findings)
    return (f"{kept}; left out: {reasons}." if reasons else f"{kept}: none is left out.") + _candidates(findings)


def nothing_complete(findings: Findings) -> str:
    """Say why there is no statistic."""
    counts, noun = findings.counts, findings.noun
    if not counts.total:
        return f"No {noun.singular} was found, so there is nothing to measure."
    return (
        f"No {noun.singular} is in the statistics of size: {_reasons(findings)}. Their values as far as visible are in "
        "the table below."
    )


def picture_caption(findings: Findings) -> str:
    """Describe the picture."""
    content, counts = findings.content, findings.counts
    size = content.measurements.pixel_size
    scale = "" if size else " The pixel size is unknown, so there is no scale bar."
    dimmed = "" if counts.content == Box.whole(content.labels.shape) else " The dimmed part was not evaluated."
    drawn = " Pixels are not square: it is drawn in the proportions of the sample." if size and size.aspect != 1 else ""
    many = findings.noun.counted(counts.total)
    return f"{content.title} with the outlines of {many}.{scale}{drawn}{dimmed}"


def methods(findings: Findings) -> list[str]:
    """Write the paragraphs to be copied into a paper."""
    content = findings.content
    paragraphs = [" ".join([*_segmentation(findings), *content.method, *_counting(findings)])]
    if findings.sizes:
        paragraphs.append(" ".join(_statistics(findings.sizes[0])))
    if content.method:
        return paragraphs
    untold = (*UNTOLD, content.model)
    settings = [(name, plain_value(value)) for name, value in flatten(content.settings) if value is not None]
    told = "; ".join(f"{name[:1].lower()}{name[1:]} {value}" for name, value in settings if value not in untold)
    if told:
        paragraphs.append(f"Settings: {told}.")
    return paragraphs


def _segmentation(findings: Findings) -> list[str]:
    content, objects = findings.content, findings.noun.heading
    height, width = content.labels.shape
    size = f"{width}{NO_BREAK}×{NO_BREAK}{height}{NO_BREAK}px"
    facts = f"{content.title} ({size}, pixel size {pixel_size_text(content, traced=True)})"
    image = f"the micrograph {facts}"
    program = f"Uni-AIMS {__version__}"
    if not content.has_micrograph:
        return [f"{objects} outlined in the label image {facts} were measured with {program}."]
    if content.model is None:
        return [f"{objects} outlined in a label image of {image} were measured with {program}."]
    digest = f", weights {content.model_hash[:HASH_DIGITS]}" if content.model_hash else ""
    return [
        f"{objects} in {image} were segmented one by one by a convolutional neural network and measured with {program} "
        f"(model “{content.model}”{digest})."
    ]


def _counting(findings: Findings) -> list[str]:
    counts, noun = findings.counts, findings.noun
    if not counts.total:
        return [f"No {noun.singular} was found."]
    sentences = [f"{noun.counted(counts.total)} {'was' if counts.total == 1 else 'were'} found."]
    if findings.left_out:
        sentences.append(
            f"Left out of size and shape statistics: {_reasons(findings)}, leaving {noun.counted(counts.complete)}."
        )
    sentences.append(
        "Number density counts each object that a side of the evaluated part cuts by half; sizes are weighted by one "
        "over the chance of each object to lie whole in it (Miles 1974, Lantuéjoul 1980)."
    )
    return sentences


def _statistics(size: SizeFigures) -> list[str]:
    law = "Size is the diameter of the circle of the same area, d = √(4A/π)"
    if len(size.values) == 1:
        return [f"{law}: {quantity(float(size.values[0]), size.unit)} of the only {size.column.noun.singular}."]
    known = {share: found for share, found in size.percentiles.items() if share in (10, 50, 90)}
    told = [
        f"x{share},0 = {quantity(each.estimate, size.unit)}" for share, each in known.items() if each.low < each.high
    ]
    sentences = [f"{law}."]
    if told:
        sentences.append(f"Percentiles by number: {', '.join(told)} (n = {count(len(size.values))}).")
        sentences.append(_spread(size))
    if len(size.values) >= FEWEST_FOR_LAW and size.fit.sigma > 0:
        sentences.append(_law(size))
    return sentences


def _spread(size: SizeFigures) -> str:
    median = size.percentiles[50]
    ends = f"{interval(median.low, median.high)}{NO_BREAK}{size.unit}"
    mean, deviation = quantity(size.mean.estimate, size.unit), quantity(size.deviation.estimate, size.unit)
    return (
        f"The {percent(CONFIDENCE, 0)} interval of the median from the sampling of objects in this picture is {ends}, "
        f"the mean is {mean} with a standard deviation of {deviation}; from {count(RESAMPLES)} resamples."
    )


def _law(size: SizeFigures) -> str:
    if size.why_no_law:
        return (
            "The sizes are not compatible with a log-normal law: the largest distance between the cumulative curves of "
            f"sizes and law is {number(size.fit.ks_distance, 2)} (Lilliefors test, "
            f"p{NO_BREAK}{probability(size.fit.p_value)})."
        )
    return (
        f"A log-normal law fitted to the sizes has a median of {quantity(size.fit.geometric_mean, size.unit)} and a "
        f"geometric standard deviation of {number(size.fit.geometric_std)}; the largest distance between the "
        f"cumulative curves of sizes and law is {number(size.fit.ks_distance, 2)} "
        f"(Lilliefors test, p{NO_BREAK}{probability(size.fit.p_value)})."
    )
