"""The picture with its outlines, to zoom into."""

from uniaims.pages.pictures import jpeg_data_uri
from uniaims.report import wording
from uniaims.report.content import ReportContent
from uniaims.report.findings import Findings
from uniaims.report.print_pictures import close_ups, overview
from uniaims.report.section import Section
from uniaims.report.still import MANY_OBJECTS, still_outlines, still_picture

PICTURE_LONGEST_SIDE_PX = 2400
PICTURE_BYTES = 2_400_000
"""With the table and outlines of 20,000 objects, this keeps a page below 10 MB."""


def section(findings: Findings) -> Section:
    """The picture; notes are those of the analysis."""
    content = findings.content
    numeric = [column for column in findings.columns[1:] if column.kind == "number"]
    flags = [column for column in findings.columns if column.kind == "boolean"]
    height, width = content.labels.shape
    kind_names, known = content.measurements.kind_names, findings.known_kinds
    whole = overview(findings)
    details = {
        "title": content.title,
        "picture": jpeg_data_uri(content.image, PICTURE_LONGEST_SIDE_PX, PICTURE_BYTES),
        "proportion": _proportion(content),
        "outlines": still_outlines(findings.outlines, (height, width), kind_names, known)
        if findings.counts.total <= MANY_OBJECTS
        else still_picture(whole.pixels()),
        "caption": wording.picture_caption(findings),
        "colour_columns": [column for column in findings.columns if column.property_name == "kind"] + flags + numeric,
        "counted": findings.noun.counted(findings.counts.total),
        "noun": findings.noun,
    }
    return Section(
        "picture", "Picture", pictures=(whole,), details_of=close_ups(findings), notes=content.notes,
        details=details, partial="sections/picture.html.j2",
    )  # fmt: skip


def _proportion(content: ReportContent) -> str:
    """CSS for width / height of the picture on the sample, where that is not the picture's own."""
    size, (height, width) = content.measurements.pixel_size, content.labels.shape
    return f"{width / height / size.aspect:.6g}" if size and size.aspect != 1.0 else ""
