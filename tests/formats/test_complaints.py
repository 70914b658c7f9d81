"""What tifffile says of damage is heard by the thread that reads, and by nobody else."""

import logging
import threading

from uniaims.formats.complaints import Complaints

TIFFFILE = logging.getLogger("tifffile")


def test_complaints_are_summed_up() -> None:
    complaints = Complaints()
    with complaints:
        TIFFFILE.warning("no strip %d", 3)
        TIFFFILE.error("no end")
    TIFFFILE.removeHandler(complaints)
    assert complaints.summary() == ("the TIFF is damaged in 2 places, the first: no strip 3",)
    assert Complaints().summary() == ()


def test_other_threads_and_other_times_are_not_heard() -> None:
    complaints = Complaints()
    with complaints:
        other = threading.Thread(target=TIFFFILE.warning, args=("of another file",))
        other.start()
        other.join()
    assert complaints not in TIFFFILE.handlers
    assert complaints.summary() == ()
