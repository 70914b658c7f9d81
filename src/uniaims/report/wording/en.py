"""The sentences of the report: what was found, how it was done, what the pictures show."""

from uniaims.boxes import Box
from uniaims.pages.units import NO_BREAK, Noun, count, interval, number, percent, quantity
from uniaims.report.facts import flatten, pixel_size_text, plain_value
from uniaims.report.findings import Findings
from uniaims.report.sizes import CONFIDENCE, FEWEST_FOR_LAW, RESAMPLES, SizeFigures, probability
from uniaims.version import __version__

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
        all_cut = f"all of them cut by the border of the image: there are no complete {noun.plural} to give sizes of."
        return f"{found}, {all_cut}"
    complete = f"{count(counts.complete)} of them complete"
    if not counts.cut:
        complete = "not cut by the border" if counts.total == 1 else "none cut by the border"
    typical = f", {_typical(findings.sizes[0])}" if findings.sizes else ""
    return f"{found}, {complete}{typical}."


def _typical(size: SizeFigures) -> str:
    """Say the median size with its interval, or the size of the only object."""
    median = size.percentiles[50]
    name, value = size.column.label.lower(), quantity(median.estimate, size.unit)
    if len(size.values) == 1:
        return f"with an {name} of {value}"
    return f"with a median {name} of {value} ({percent(CONFIDENCE, 0)} interval {interval(median.low, median.high)})"


def exclusion(findings: Findings) -> str:
    """Say which objects the statistics leave out."""
    counts, noun = findings.counts, findings.noun
    if not counts.cut:
        return f"No {noun.singular} is cut by the border, so all are in the statistics."
    return (
        f"{noun.counted(counts.cut)} of {count(counts.total)} ({percent(counts.cut / counts.total)}) "
        f"{'is' if counts.cut == 1 else 'are'} cut by the border: counted, but left out of size and shape statistics, "
        f"which rest on the {noun.counted(counts.complete, 'complete')}."
    )


def nothing_complete(findings: Findings) -> str:
    """Say why there is no statistic."""
    counts, noun = findings.counts, findings.noun
    if not counts.total:
        return f"No {noun.singular} was found, so there is nothing to measure."
    return (
        f"All {noun.counted(counts.total)} are cut by the border. Their true size is unknown, so no statistics "
        "are given; their values as far as visible are in the table below."
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
    if counts.cut:
        sentences.append(
            f"{noun.counted(counts.cut)} ({percent(counts.cut / counts.total)}) cut by the border of the image "
            f"{'was' if counts.cut == 1 else 'were'} counted but excluded from size and shape statistics, "
            f"leaving {noun.counted(counts.complete)}."
        )
    return sentences


def _statistics(size: SizeFigures) -> list[str]:
    if len(size.values) == 1:
        only = quantity(size.percentiles[50].estimate, size.unit)
        whose = f"of the only complete {size.column.noun.singular}"
        return [f"Size is the area-equivalent circular diameter, d = √(4A/π): {only} {whose}."]
    d10, d50, d90 = (quantity(size.percentiles[share].estimate, size.unit) for share in (10, 50, 90))
    sentences = [
        "Size is the area-equivalent circular diameter, d = √(4A/π).",
        f"The number-weighted percentiles are D10 = {d10}, D50 = {d50} and D90 = {d90} "
        f"(n = {count(len(size.values))}).",
        _spread(size),
    ]
    if len(size.values) >= FEWEST_FOR_LAW and size.fit.sigma > 0:
        sentences.append(_law(size))
    return sentences


def _spread(size: SizeFigures) -> str:
    median = size.percentiles[50]
    ends = f"{interval(median.low, median.high)}{NO_BREAK}{size.unit}"
    mean, deviation = quantity(size.mean.estimate, size.unit), quantity(size.deviation.estimate, size.unit)
    return (
        f"The {percent(CONFIDENCE, 0)} confidence interval of the median is {ends}, and the mean is {mean} with a "
        f"standard deviation of {deviation}; intervals are bias-corrected bootstrap intervals from {count(RESAMPLES)} "
        "resamples."
    )


def _law(size: SizeFigures) -> str:
    if size.why_no_law:
        return (
            "The sizes do not follow a log-normal law: the largest distance between the cumulative curves of sizes and "
            f"law is {number(size.fit.ks_distance, 2)} (Lilliefors test, p{NO_BREAK}{probability(size.fit.p_value)})."
        )
    return (
        f"A log-normal law fitted to the sizes has a median of {quantity(size.fit.geometric_mean, size.unit)} and a "
        f"geometric standard deviation of {number(size.fit.geometric_std)}; the largest distance between the "
        f"cumulative curves of sizes and law is {number(size.fit.ks_distance, 2)} "
        f"(Lilliefors test, p{NO_BREAK}{probability(size.fit.p_value)})."
    )
