import numpy as np

from uniaims.records import Attributes
from uniaims.synthesis.attributes import seen_in


def test_density_size_range_and_caption_come_from_the_labels() -> None:
    labels = np.zeros((100, 100), np.uint32)
    labels[:10, :10], labels[20:60, 20:60] = 1, 2
    seen = seen_in(labels, 2.0, Attributes(modality="SEM", morphology="squares", material="salt"))
    assert seen.density == "moderately dense"
    assert seen.size_range == "29 nm to 84 nm"
    assert seen.caption == "Synthetic SEM image of salt, squares, moderately dense, 29 nm to 84 nm."


def test_what_the_recipe_says_stays() -> None:
    told = Attributes(density="crowded", size_range="tiny", caption="A picture.")
    assert seen_in(np.ones((10, 10), np.uint32), 1.0, told) == told


def test_an_empty_scene_has_no_sizes() -> None:
    seen = seen_in(np.zeros((10, 10), np.uint32), 1.0, Attributes(modality="TEM", background="light"))
    assert (seen.density, seen.size_range) == ("sparse", "")
    assert seen.caption == "Synthetic sparse, light background."
