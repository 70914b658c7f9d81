import re
from html.parser import HTMLParser

import numpy as np
import pytest

from uniaims.dataset import AnnotatedImage, Dataset, ImageRecord, InstanceMasks
from uniaims.dataset.statistics_page import write_statistics
from uniaims.errors import InputError

from .conftest import picture_of

VOID = {"meta", "img", "path", "rect", "circle", "br"}


class Balance(HTMLParser):
    """Notes tags that are not closed in their order."""

    def __init__(self):
        super().__init__()
        self.open, self.faults = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.faults.append(tag)


@pytest.fixture
def page(tmp_path, dataset):
    dataset.describe(
        {
            "a": {"material": "<script>alert(1)</script>", "pixel_size_nm": 2.0, "split": "train"},
            "b": {"structure": "grain", "review_state": "reviewed"},
        }
    )
    write_statistics(tmp_path / "out" / "page.html", dataset)
    return (tmp_path / "out" / "page.html").read_text(encoding="utf-8")


def test_the_page_is_sound_and_fetches_nothing(page):
    balance = Balance()
    balance.feed(page)
    assert (balance.faults, balance.open) == ([], [])
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert page.count("<script") == 3  # theme, data and the page's own, each known to the policy or no program
    assert "default-src 'none'" in page


def test_the_page_tells_what_is_there(page):
    for text in (
        "21",
        "Instances per image",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "grain",
        "reviewed",
        "Most instances",
    ):
        assert text in page
    assert page.count("data:image/jpeg") == 6 + 18
    assert "Equivalent diameter / nm" in page


def test_a_dataset_without_instances_has_a_page_too(tmp_path):
    dataset = Dataset.create(tmp_path / "d")
    with pytest.raises(InputError, match="no image"):
        write_statistics(tmp_path / "page.html", dataset)
    dataset.add([AnnotatedImage(ImageRecord("a", "any", 64, 48), InstanceMasks.none((48, 64)), picture_of(1))])
    write_statistics(tmp_path / "page.html", dataset)
    assert "Most instances" not in (tmp_path / "page.html").read_text()


def test_a_damaged_image_is_said_in_its_place(tmp_path, dataset):
    dataset.image_path("c").unlink()
    write_statistics(tmp_path / "page.html", dataset)
    assert "does not exist" in (tmp_path / "page.html").read_text()


def test_only_chosen_images(tmp_path, dataset):
    write_statistics(tmp_path / "page.html", dataset, "instances = 1")
    text = (tmp_path / "page.html").read_text()
    assert "instances = 1" in text
    assert text.count("data:image/jpeg") == 1 + 6


def test_progress_goes_to_the_end(tmp_path, dataset):
    seen = []
    write_statistics(tmp_path / "page.html", dataset, progress=lambda *step: seen.append(step))
    assert seen[-1] == ("pictures", 24, 24)
    assert np.all(np.diff([step[1] for step in seen]) == 1)


def test_key_figures_and_table_agree_to_the_last_digit(tmp_path, dataset):
    write_statistics(tmp_path / "page.html", dataset)  # all of one structure: its row is that of the whole
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    median = re.search(r"([\d. ]+) px</dd>", page)
    ends = re.search(r"P10 ([\d. ]+), P90 ([\d. ]+) px", page)
    row = re.search(r"<tr><th scope=\"row\">[^<]*</th>((?:<td class=\"number\">[^<]*</td>)+)<td class=\"spread\"", page)
    figures = re.findall(r">([\d. ]+)<", row[1])
    assert figures[2:] == [ends[1], median[1], ends[2]]
