import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.errors import ImageError, SettingsError
from uniaims.structures import LAW_OF, LAWS, REASONS, chosen_law, find_outlines

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def exact():
    """The pictures whose truth is exact."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import exact_pictures

        yield exact_pictures


def grown(labels):
    """Labels a pixel too wide all around, as a network's are."""
    return cv2.dilate(labels.astype(np.float32), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))).astype(np.uint32)


def disc(diameter, side, level=60.0, rim=0.0, blur=1.0):
    """One disc in the middle, brighter towards its rim: picture and labels."""
    places = (np.arange(8 * side) + 0.5) / 8 - side / 2
    inside = diameter / 2 - np.hypot(places[:, None], places[None])
    body = level * (inside > 0) * (1 + rim * np.exp(-np.maximum(inside, 0) / 2))
    image = cv2.GaussianBlur(body.astype(np.float32), (0, 0), 8 * blur).reshape(side, 8, side, 8).mean(axis=(1, 3))
    labels = (diameter / 2 - np.hypot(*np.meshgrid(*2 * [np.arange(side) + 0.5 - side / 2])) > 0).astype(np.uint32)
    return image + 90, labels


# --- against exact truth ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "limit"),
    [
        ({"diameter_px": 8}, 0.15 / 8),
        ({"diameter_px": 12}, 0.02),
        ({"diameter_px": 12, "look": "dark"}, 0.02),
        ({"diameter_px": 20, "look": "gradient"}, 0.01),
        ({"diameter_px": 20, "contrast_to_noise": 3.0}, 0.01),
        ({"diameter_px": 20, "blur_px": 2.0}, 0.01),
        ({"diameter_px": 20, "form": "ellipse"}, 0.01),
        ({"diameter_px": 20, "form": "rod"}, 0.01),
        ({"diameter_px": 20, "form": "square"}, 0.01),
        ({"diameter_px": 20, "form": "pair"}, 0.01),
    ],
)
def test_the_diameter_is_right_where_the_labels_are_too_wide(exact, change, limit):
    drawn = exact.plate(exact.Plate(**change), most=36, side=220)
    outlines = find_outlines(drawn.image, grown(drawn.labels), "step")
    found = outlines.figures.equivalent_diameter[outlines.accepted] / change["diameter_px"] - 1
    assert len(found) > 0.9 * drawn.labels.max()
    assert abs(found.mean()) < limit + 2 * found.std() / math.sqrt(len(found))
    assert -1.1 < np.median(outlines.shift_px) < -0.7


def test_axes_follow_the_curvature(exact):
    drawn = exact.plate(exact.Plate("ellipse", 20.0, contrast_to_noise=20.0), most=25, side=220)
    outlines = find_outlines(drawn.image, grown(drawn.labels), "step")
    assert outlines.figures.aspect_ratio.mean() == pytest.approx(2, rel=0.01)
    turned = (outlines.figures.degrees - drawn.degrees + 90) % 180 - 90
    assert np.abs(turned).max() < 2


@pytest.mark.parametrize("rim", [0.3, 0.6])
def test_a_bright_rim_moves_half_height_and_its_law_moves_it_back(rim):
    image, labels = disc(30, 60, rim=rim, blur=1.2)
    step, law = (find_outlines(image, labels, name).figures.equivalent_diameter[0] for name in ("step", "bright_rim"))
    assert step > 30 * 1.01
    assert abs(law - 30) < 0.6 * (step - 30)


def test_a_plain_edge_is_the_same_by_both_laws():
    image, labels = disc(30, 60)
    step, law = (find_outlines(image, labels, name).figures.equivalent_diameter[0] for name in ("step", "bright_rim"))
    assert step == pytest.approx(30, rel=0.002)
    assert law == pytest.approx(step, rel=0.002)


def test_outlines_do_not_depend_on_where_the_object_lies():
    image, labels = disc(14, 40)
    wide, wide_labels = (np.pad(each, ((7, 30), (21, 3)), mode="edge") for each in (image, labels))
    here, there = (find_outlines(*each, "step") for each in ((image, labels), (wide, wide_labels)))
    assert there.points - here.points == pytest.approx(np.tile([21.0, 7.0], (len(here.points), 1)), abs=1e-3)


def test_where_a_neighbour_touches_the_border_moves_like_the_rest(exact):
    drawn = exact.plate(exact.Plate("pair", 30.0, contrast_to_noise=50.0), most=4, side=200)
    outlines = find_outlines(drawn.image, drawn.labels, "step")
    assert outlines.accepted.all()
    assert (outlines.free_share < 1).all()
    assert np.abs(outlines.spread_px).max() < 0.3


# --- refusals ---------------------------------------------------------------------------------------------------------


def reasons(image, labels, law="step", **more):
    return [REASONS[each] for each in find_outlines(image, labels, law, **more).reasons]


def test_small_objects_keep_their_label():
    image, labels = disc(5, 20)
    assert reasons(image, labels) == ["diameter below 6 px"]
    outlines = find_outlines(image, labels, "step")
    assert outlines.figures.area[0] == pytest.approx(labels.sum(), rel=0.01)
    assert math.isnan(outlines.shift_px[0])


def test_what_is_not_seen_is_refused():
    labels = disc(20, 40)[1]
    noise = np.random.default_rng(0).normal(100, 10, labels.shape)
    assert reasons(noise, labels)[0] in REASONS[3:5]
    assert reasons(np.full(labels.shape, 100.0), labels)[0] == REASONS[3]


def test_objects_without_a_free_rim_are_refused():
    labels = np.repeat(np.repeat(np.arange(1, 10, dtype=np.uint32).reshape(3, 3), 20, 0), 20, 1)
    image = np.random.default_rng(0).normal(100, 10, labels.shape)
    assert set(reasons(image, labels)) == {"neighbours touch nearly all of the outline"}


def test_an_edge_far_from_the_outline_is_refused_by_working_pixels():
    image, _ = disc(40, 70)
    labels = disc(45, 70)[1]
    assert reasons(image, labels) == [""]
    assert reasons(image, labels, working_scale=4.0) == ["edge too far from the outline"]


def test_an_edge_too_blurred_is_refused():
    image, labels = disc(12, 60, blur=4.0)
    assert reasons(image, labels) == ["edge too blurred for the size"]


def test_refused_and_kept_add_up():
    image, labels = disc(20, 40)
    labels[0:3, 0:3] = 4
    outlines = find_outlines(image, labels, "step")
    assert outlines.accepted.tolist() == [True, False, False, False]
    assert outlines.refusals == {"diameter below 6 px": 3}
    assert [len(each) > 0 for each in outlines.polygons] == [True, False, False, True]
    assert np.isnan(outlines.figures.area).tolist() == [False, True, True, False]


# --- laws -------------------------------------------------------------------------------------------------------------


def test_auto_takes_a_law_only_where_one_has_passed():
    for signal, law in LAW_OF.items():
        assert chosen_law("auto", signal) == law
        assert law in LAWS
    assert chosen_law("auto", "bright field") == chosen_law("auto") == "network"
    assert chosen_law("edge", "backscattered electrons") == "step"


def test_the_networks_outline_has_the_area_of_its_label():
    image, labels = disc(20, 40)
    outlines = find_outlines(image, labels)
    assert outlines.law == "network"
    assert outlines.refusals == {"no edge law for this signal": 1}
    assert outlines.figures.area[0] == pytest.approx(labels.sum(), rel=0.002)


def test_what_does_not_go_together_is_refused():
    image, labels = disc(20, 40)
    with pytest.raises(ImageError, match="shape"):
        find_outlines(image[1:], labels)
    with pytest.raises(ImageError, match="shape"):
        find_outlines(np.stack([image] * 3, axis=-1), labels)
    with pytest.raises(SettingsError, match="bright_rim"):
        find_outlines(image, labels, "half")


def test_nothing_gives_nothing():
    outlines = find_outlines(np.zeros((8, 9)), np.zeros((8, 9), np.uint32))
    assert (len(outlines), outlines.polygons, outlines.refusals) == (0, [], {})
    assert len(outlines.figures.area) == 0
