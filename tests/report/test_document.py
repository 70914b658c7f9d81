"""Which sections of a report a laboratory wants, and in which order."""

import pytest

from uniaims.report.document import chosen_sections
from uniaims.report.lab_template import PLAIN_TEMPLATE, LabTemplate
from uniaims.report.section import Section

SECTIONS = tuple(Section(name, name.title()) for name in ("picture", "size", "shape", "methods"))


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        (PLAIN_TEMPLATE, "picture size shape methods"),
        (LabTemplate(sections=("methods", "size")), "methods size picture shape"),
        (LabTemplate(without=("size", "no such section")), "picture shape methods"),
        (LabTemplate(sections=("shape", "no such section"), without=("picture", "shape")), "size methods"),
    ],
)
def test_those_that_are_named_come_first_and_the_others_in_their_own_order(template, wanted):
    assert [section.name for section in chosen_sections(SECTIONS, template)] == wanted.split()
