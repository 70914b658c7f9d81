"""What is left out of the statistics: kept and left out make what was found."""

import numpy as np

from uniaims.report import Findings
from uniaims.report.sections.excluded import section


def test_kept_and_left_out_make_all(make_content):
    findings = Findings(make_content())
    (table,) = section(findings).tables
    numbers = [int(number) for _, number, _ in table.rows]
    assert sum(numbers[:-1]) == numbers[-1] == 24
    assert table.rows[-1][0] == "found"
    assert table.rows[0][:2] == ("in the statistics", str(findings.counts.complete))


def test_without_an_object_there_is_nothing_to_tell(make_content):
    assert section(Findings(make_content(labels=np.zeros((9, 9), np.uint32)))) is None
