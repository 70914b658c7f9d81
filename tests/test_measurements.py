import math
import sys

import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage import draw, measure, morphology

from uniaims.boxes import Box
from uniaims.errors import ImageError, InputError, LabelsError, MissingDependencyError, OutputError, PixelSizeError
from uniaims.measurements import PROPERTIES, QUANTITIES
from uniaims.measurements import measure as measure_labels
from uniaims.micrograph import Micrograph, PixelSize

LENGTHS = [name for name, each in PROPERTIES.items() if each.quantity == "length"]
RATIOS = [name for name, each in PROPERTIES.items() if each.quantity == "ratio" and not each.needs]
TEXTS = [name for name, each in PROPERTIES.items() if each.quantity == "text"]
NEIGHBOURHOOD = [name for name, each in PROPERTIES.items() if each.kind == "neighbourhood"]

masks = arrays(np.uint32, (9, 11), elements=st.integers(0, 3))


def ellipse(long, short, degrees=0.0, shift=(0.0, 0.0)):
    """One ellipse of the given full axes; degrees from the x axis counter-clockwise as seen on the screen."""
    side = int(max(long, short)) + 12
    y, x = np.mgrid[:side, :side] - side / 2 - np.reshape(shift, (2, 1, 1))
    angle = math.radians(degrees)
    along, across = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    return ((2 * along / long) ** 2 + (2 * across / short) ** 2 <= 1).astype(np.uint32)


def discs_of(diameter, count=25):
    """Measurements of discs placed at random against the grid, one image each."""
    shifts = np.random.default_rng(0).random((count, 2))
    return [measure_labels(ellipse(diameter, diameter, shift=shift)) for shift in shifts]


@pytest.fixture(scope="module")
def blobs():
    """Touching, concave, holed and disconnected objects with gaps between their numbers, and an image."""
    random = np.random.default_rng(1)
    labels = np.zeros((240, 260), np.uint32)
    for label in range(1, 60):
        y, x, radius = random.uniform(0, 240), random.uniform(0, 260), random.uniform(4, 22)
        rows, columns = draw.ellipse(y, x, radius, radius * random.uniform(0.3, 1), labels.shape, random.uniform(0, 3))
        labels[rows, columns] = 3 * label
        rows, columns = draw.disk((y + radius / 3, x), radius / 4, shape=labels.shape)
        labels[rows, columns] = 0
    return labels, random.normal(100, 30, labels.shape).astype(np.float32)


@pytest.fixture(scope="module")
def regions(blobs):
    labels, image = blobs
    return measure.regionprops(labels.astype(int), intensity_image=image)


@pytest.fixture(scope="module")
def measured(blobs):
    labels, image = blobs
    return measure_labels(labels, image=image)


# --- against scikit-image ---------------------------------------------------------------------------------------------


def test_rows_are_the_labels_that_are_there(blobs, measured):
    assert measured.table.columns[0] == "label"
    assert measured.table["label"].to_list() == np.unique(blobs[0])[1:].tolist()
    assert len(measured) == measured.table.height


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("area", "area"),
        ("equivalent_diameter", "equivalent_diameter_area"),
        ("major_axis", "axis_major_length"),
        ("minor_axis", "axis_minor_length"),
        ("eccentricity", "eccentricity"),
        ("mean_intensity", "intensity_mean"),
        ("std_intensity", "intensity_std"),
        ("min_intensity", "intensity_min"),
        ("max_intensity", "intensity_max"),
    ],
)
def test_equal_to_scikit_image(measured, regions, name, theirs):
    assert measured.values(name) == pytest.approx([region[theirs] for region in regions], rel=1e-6)


def test_boxes_and_centroids_equal_scikit_image(measured, regions):
    for index, name in enumerate(("top", "left", "bottom", "right")):
        assert measured.values(f"bounding_box_{name}").tolist() == [region.bbox[index] for region in regions]
    centroids = np.array([region.centroid for region in regions])
    assert measured.values("centroid_y") == pytest.approx(centroids[:, 0])
    assert measured.values("centroid_x") == pytest.approx(centroids[:, 1])


def test_orientation_is_that_of_scikit_image_counted_from_the_x_axis(measured, regions):
    theirs = np.array([90 + math.degrees(region.orientation) for region in regions])
    difference = (measured.values("orientation") - theirs + 90) % 180 - 90
    assert np.abs(difference).max() < 1e-6


def test_solidity_counts_the_pixels_of_the_hull_of_the_pixel_centres(measured, regions):
    hulls = [morphology.convex_hull_image(np.pad(region.image, 1), offset_coordinates=False) for region in regions]
    expected = [region.area / hull.sum() for region, hull in zip(regions, hulls, strict=True)]
    assert measured.values("solidity") == pytest.approx(expected)


def test_solidity_is_near_scikit_images_wider_hull(measured, regions):
    theirs = np.array([region.solidity for region in regions])
    large = measured.values("area") > 200
    assert np.abs(measured.values("solidity") - theirs)[large].max() < 0.06
    assert (measured.values("solidity") >= theirs - 1e-9).all()


def test_feret_diameter_is_scikit_images_within_a_pixel(measured, regions):
    theirs = np.array([region.feret_diameter_max for region in regions])
    assert np.abs(measured.values("max_feret") - theirs).max() < 1


def test_perimeter_is_near_both_estimators_of_scikit_image(blobs):
    for label in np.unique(blobs[0])[1:]:
        mask = np.pad(blobs[0] == label, 1)
        if mask.sum() < 100:
            continue
        ours = measure_labels(mask).values("perimeter")[0]
        assert ours == pytest.approx(measure.perimeter_crofton(mask, 4), rel=0.06)
        assert ours == pytest.approx(measure.perimeter(mask), rel=0.12)


# --- against analytic shapes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("diameter", "tolerance"), [(10, 0.015), (24, 0.006), (50, 0.003), (120, 0.002)])
def test_perimeter_of_discs_is_right_in_the_mean_and_one_by_one(diameter, tolerance):
    perimeters = np.array([one.values("perimeter")[0] for one in discs_of(diameter)]) / (math.pi * diameter)
    assert perimeters.mean() == pytest.approx(1, abs=0.006)
    assert np.abs(perimeters - 1).max() < 2 * tolerance


def test_perimeter_of_discs_is_nearer_than_scikit_images_estimators():
    shifts = np.random.default_rng(0).random((25, 2))
    for diameter in (10, 24, 50):
        errors = np.zeros(3)
        for shift in shifts:
            mask = ellipse(diameter, diameter, shift=shift)
            values = [
                measure_labels(mask).values("perimeter")[0],
                measure.perimeter_crofton(mask, 4),
                measure.perimeter(mask),
            ]
            errors += np.square(np.array(values) / (math.pi * diameter) - 1)
        assert errors[0] < errors[1]
        assert errors[0] < errors[2]


@pytest.mark.parametrize("diameter", [10, 24, 50, 120])
def test_discs_are_round(diameter):
    for one in discs_of(diameter, 10):
        assert one.values("form_factor")[0] > 1 - 0.6 / diameter
        assert one.values("circularity")[0] > 1 - 0.3 / diameter
        assert one.values("smoothness")[0] == pytest.approx(1, abs=0.3 / diameter)
        assert one.values("solidity")[0] == one.values("convexity")[0] == 1
        assert one.values("aspect_ratio")[0] < 1 + 1 / diameter
        assert one.values("sphericity")[0] > 1 - 1.2 / diameter
        assert one.values("min_feret")[0] == pytest.approx(diameter, abs=1.2)
        assert one.values("max_feret")[0] == pytest.approx(diameter, abs=1.2)


@pytest.mark.parametrize("degrees", [0, 17, 45, 90, 133, 179])
def test_ellipse(degrees):
    one = measure_labels(ellipse(90, 36, degrees))
    assert one.values("area")[0] == pytest.approx(math.pi * 45 * 18, rel=0.01)
    assert one.values("major_axis")[0] == pytest.approx(90, rel=0.01)
    assert one.values("minor_axis")[0] == pytest.approx(36, rel=0.01)
    assert one.values("aspect_ratio")[0] == pytest.approx(2.5, rel=0.01)
    assert one.values("eccentricity")[0] == pytest.approx(math.sqrt(1 - 0.4**2), rel=0.01)
    assert abs((one.values("orientation")[0] - degrees + 90) % 180 - 90) < 0.5
    assert one.values("max_feret")[0] == pytest.approx(90, abs=1.5)
    assert one.values("min_feret")[0] == pytest.approx(36, abs=1.5)
    assert one.values("perimeter")[0] == pytest.approx(207.7, rel=0.006)
    assert one.values("smoothness")[0] == pytest.approx(1, abs=0.01)
    assert one.values("sphericity")[0] == pytest.approx(math.sqrt(36 / 90), rel=0.02)
    assert one.values("circularity")[0] == pytest.approx(math.pi * math.sqrt(90 * 36) / 207.7, rel=0.01)


def test_rectangle():
    labels = np.zeros((40, 60), int)
    labels[10:30, 5:55] = 7
    one = measure_labels(labels)
    assert one.values("area")[0] == 1000
    assert one.values("min_feret")[0] == 20
    assert one.values("max_feret")[0] == pytest.approx(math.hypot(20, 50), rel=0.01)
    assert one.values("aspect_ratio")[0] == pytest.approx(2.5, rel=0.01)
    assert one.values("orientation")[0] == 0
    assert one.values("perimeter")[0] == pytest.approx(140, rel=0.04)
    assert one.values("solidity")[0] == one.values("convexity")[0] == 1
    assert measure_labels(labels.T).values("orientation")[0] == 90


@pytest.mark.parametrize("degrees", [10, 30, 45])
def test_turned_square_has_the_perimeter_of_the_square(degrees):
    angle = math.radians(degrees)
    corners = (
        40
        * np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
        @ [
            [math.cos(angle), -math.sin(angle)],
            [math.sin(angle), math.cos(angle)],
        ]
    )
    labels = draw.polygon2mask((130, 130), corners + 65.3)
    one = measure_labels(labels)
    assert one.values("perimeter")[0] == pytest.approx(320, rel=0.015)
    assert one.values("min_feret")[0] == pytest.approx(80, abs=1.5)
    assert one.values("smoothness")[0] == pytest.approx(math.sqrt(math.pi) / 2, rel=0.02)


def test_notches_show_in_the_right_places():
    star = np.zeros((120, 120), np.uint32)
    angle = np.linspace(0, 2 * np.pi, 400)
    radius = 40 + 12 * np.cos(7 * angle)
    star[draw.polygon(60 + radius * np.sin(angle), 60 + radius * np.cos(angle))] = 1
    one = measure_labels(star)
    assert one.values("solidity")[0] < 0.85
    assert one.values("convexity")[0] < 0.85
    assert one.values("smoothness")[0] < 0.75
    assert one.values("aspect_ratio")[0] < 1.05
    assert one.values("circularity")[0] == pytest.approx(math.sqrt(one.values("form_factor")[0]))


def test_a_hole_adds_its_outline_to_the_perimeter():
    disc, hole = ellipse(60, 60), np.pad(ellipse(20, 20), 20)
    ring = disc - hole
    perimeters = [measure_labels(each).values("perimeter")[0] for each in (disc, hole, ring)]
    assert perimeters[2] == pytest.approx(perimeters[0] + perimeters[1], rel=0.005)


def test_smallest_circle_is_that_of_the_plain_definition():
    random = np.random.default_rng(3)
    for _ in range(40):
        labels = (random.random((7, 8)) < 0.3).astype(int)
        if not labels.any():
            continue
        y, x = np.nonzero(labels)
        points = np.concatenate([np.stack([y, x], 1) + half for half in ([0, 0.5], [0, -0.5], [0.5, 0], [-0.5, 0])])
        diameter = measure_labels(labels).values("equivalent_diameter")[0] / smallest_circle(points)
        assert measure_labels(labels).values("sphericity")[0] == pytest.approx(min(1, diameter))


def smallest_circle(points):
    """Diameter of the smallest circle around points (K, 2): the smallest maximum of the distances, which is convex."""
    from scipy.optimize import minimize

    def radius(centre):
        return np.sqrt(np.square(points - centre).sum(1)).max()

    options = {"xatol": 1e-12, "fatol": 1e-12, "maxiter": 4000, "maxfev": 4000}
    start = minimize(radius, points.mean(0), method="Nelder-Mead", options=options)
    return 2 * minimize(radius, start.x, method="Nelder-Mead", options=options).fun


# --- invariances ------------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(masks, st.integers(0, 3000), st.integers(0, 3000))
def test_shifting_changes_nothing_but_the_place(labels, down, right):
    here = measure_labels(np.pad(labels, 1))
    there = measure_labels(np.pad(labels, ((down + 1, 1), (right + 1, 1))))
    for name in PROPERTIES:
        if PROPERTIES[name].kind in ("size", "shape"):
            np.testing.assert_array_equal(here.values(name), there.values(name), name)
    assert there.values("centroid_y") == pytest.approx(here.values("centroid_y") + down)
    assert there.values("bounding_box_left").tolist() == (here.values("bounding_box_left") + right).tolist()


@settings(max_examples=25)
@given(masks, st.integers(1, 3), st.booleans())
def test_quarter_turns_and_mirrors_change_nothing_but_the_direction(labels, turns, mirrored):
    turned = np.rot90(labels[:, ::-1] if mirrored else labels, turns)
    here, there = measure_labels(labels), measure_labels(turned)
    for name in PROPERTIES:
        if PROPERTIES[name].kind in ("size", "shape", "neighbourhood") and name != "orientation":
            np.testing.assert_allclose(here.values(name), there.values(name), rtol=1e-9, atol=1e-9, err_msg=name)
    before = -here.values("orientation") if mirrored else here.values("orientation")
    difference = (there.values("orientation") - before - 90 * turns + 90) % 180 - 90
    assert np.isnan(here.values("orientation")).tolist() == np.isnan(difference).tolist()
    assert np.nan_to_num(np.abs(difference)).max(initial=0) < 1e-6


@settings(max_examples=20)
@given(st.integers(2, 4), st.floats(40, 70), st.floats(0.5, 1), st.floats(0, 180))
def test_larger_pictures_of_the_same_shape(factor, long, flatness, degrees):
    small = measure_labels(ellipse(long, long * flatness, degrees))
    large = measure_labels(ellipse(long * factor, long * factor * flatness, degrees))
    for name in ("perimeter", "equivalent_diameter", "major_axis", "minor_axis", "max_feret", "min_feret"):
        assert large.values(name)[0] / small.values(name)[0] == pytest.approx(factor, rel=0.08)
    for name in RATIOS:
        if name != "eccentricity":
            assert large.values(name)[0] == pytest.approx(small.values(name)[0], rel=0.08)


@settings(max_examples=25)
@given(masks)
def test_ratios_keep_their_ranges(labels):
    result = measure_labels(labels)
    for name in ("sphericity", "solidity", "convexity", "eccentricity"):
        values = result.values(name)
        assert ((values >= 0) & (values <= 1) | np.isnan(values)).all(), name
    assert (result.values("form_factor") > 0).all()  # above 1 by noise: not cut, so that means stay right
    np.testing.assert_allclose(result.values("circularity"), np.sqrt(result.values("form_factor")))
    assert (np.nan_to_num(result.values("aspect_ratio"), nan=1) >= 1).all()
    assert (result.values("min_feret") <= result.values("max_feret")).all()


@settings(max_examples=15)
@given(masks)
def test_objects_do_not_see_each_other(labels):
    together = measure_labels(labels)
    for row, label in enumerate(together.table["label"]):
        alone = measure_labels(labels == label)
        for name in PROPERTIES:
            if PROPERTIES[name].kind in ("size", "shape", "position"):
                np.testing.assert_array_equal(together.values(name)[row], alone.values(name)[0], name)


# --- what can't be measured -------------------------------------------------------------------------------------------


def test_what_cannot_be_measured_is_nan_with_a_reason():
    labels = np.zeros((9, 20), int)
    labels[1, 1] = 1
    labels[3, 1:8] = 2
    labels[5:8, 1:4] = 3
    result = measure_labels(labels, image=np.full(labels.shape, np.nan), confidence=[0.5, np.nan, 1])
    missing = {name: np.isnan(result.values(name)).tolist() for name in result.reasons}
    assert missing == {
        "major_axis": [True, False, False],
        "minor_axis": [True, True, False],
        "aspect_ratio": [True, True, False],
        "orientation": [True, False, True],
        "smoothness": [True, True, False],
        "eccentricity": [True, False, False],
        **{f"{which}_intensity": [True] * 3 for which in ("mean", "std", "min", "max")},
        "confidence": [False, True, False],
    }
    assert result.reasons["minor_axis"].startswith("2 of 3 not measured: the object is a straight line")
    assert all(PROPERTIES[name].undefined for name in result.reasons)
    complete = [each.name for each in result.properties if each.name not in (*missing, *TEXTS)]
    assert not any(np.isnan(result.values(name)).any() for name in complete)


def test_a_single_object_has_no_neighbour():
    result = measure_labels(np.eye(3, dtype=int)[:1])
    assert np.isnan([result.values(name)[0] for name in NEIGHBOURHOOD]).all()
    assert set(NEIGHBOURHOOD) <= set(result.reasons)


def test_no_objects_give_an_empty_table_with_all_columns():
    for shape in ((5, 6), (0, 6), (1, 1)):
        result = measure_labels(np.zeros(shape, int), "1 nm", np.zeros(shape), [])
        assert len(result) == 0
        assert result.table.columns == [
            "label", *(each.column(calibrated=True) for each in PROPERTIES.values() if each.needs != "edges")
        ]  # fmt: skip
        assert result.reasons == {}
        assert result.values("area").shape == (0,)
        assert result.table["touches_border"].dtype == polars.Boolean


def test_pixels_without_a_finite_grey_level_are_left_out():
    image = np.array([[1.0, np.nan, 3.0, np.inf]])
    result = measure_labels(np.ones((1, 4), int), image=image)
    assert result.values("mean_intensity")[0] == 2
    assert result.values("std_intensity")[0] == 1
    assert result.values("max_intensity")[0] == 3


# --- neighbourhood ----------------------------------------------------------------------------------------------------


def lattice(spacing, count):
    labels = np.zeros((spacing * count, spacing * count), np.uint32)
    labels[spacing // 2 :: spacing, spacing // 2 :: spacing] = np.arange(1, count * count + 1).reshape(count, count)
    return labels


def test_neighbours_on_a_lattice():
    result = measure_labels(lattice(10, 12))
    assert result.values("nearest_neighbour_distance") == pytest.approx(np.full(144, 10))
    # inside: 7 / (pi * 200); at borders and corners the part of the circle outside the image does not count
    inner = result.values("local_density").reshape(12, 12)[3:-3, 3:-3]
    assert inner == pytest.approx(np.full(inner.shape, 7 / (math.pi * 200)))


def test_local_density_is_unbiased_up_to_the_border():
    random = np.random.default_rng(5)
    labels = np.zeros((1500, 1500), np.uint32)
    places = random.choice(labels.size, 4000, replace=False)
    labels.ravel()[places] = np.arange(1, 4001)
    result = measure_labels(labels)
    y, x = result.values("centroid_y"), result.values("centroid_x")
    near_border = np.minimum.reduce([y, x, 1499 - y, 1499 - x]) < 60
    density = result.values("local_density") * labels.size
    assert density.mean() == pytest.approx(4000, rel=0.04)
    assert density[near_border].mean() == pytest.approx(4000, rel=0.08)


def test_density_per_square_micrometre():
    here, there = measure_labels(lattice(10, 5)), measure_labels(lattice(10, 5), "20 nm")
    assert there.column("local_density") == "local_density_per_um2"
    assert there.values("local_density") == pytest.approx(here.values("local_density") / 0.02**2)


# --- borders ----------------------------------------------------------------------------------------------------------


def test_objects_at_the_border_are_known():
    labels = np.zeros((20, 30), int)
    labels[0, 5], labels[8, 0], labels[19, 5], labels[5, 29], labels[10, 10] = 1, 2, 3, 4, 5
    result = measure_labels(labels)
    assert result.values("touches_border").tolist() == [1, 1, 1, 1, 0]
    assert result.inside().table["label"].to_list() == [5]


def test_a_banner_is_a_border_too():
    labels = np.zeros((20, 30), int)
    labels[10:15, 5:9] = 1
    assert measure_labels(labels).values("touches_border").tolist() == [0]
    assert measure_labels(labels, content=Box(0, 0, 15, 30)).values("touches_border").tolist() == [1]
    assert measure_labels(labels, content=Box(0, 6, 20, 30)).values("touches_border").tolist() == [1]
    with pytest.raises(InputError, match="Give a Box inside it"):
        measure_labels(labels, content=Box(0, 0, 21, 30))
    with pytest.warns(DeprecationWarning, match="use a Box"):
        assert measure_labels(labels, content=(0, 0, 15, 30)).values("touches_border").tolist() == [1]


# --- units and columns ------------------------------------------------------------------------------------------------


def test_units_stand_in_the_column_names(blobs):
    labels, image = blobs
    pixels = measure_labels(labels, None, image)
    physical = measure_labels(labels, "0.5 nm", image)
    assert physical.column("area") == "area_nm2"
    assert pixels.column("area") == "area_px2"
    assert pixels.column("local_density") == "local_density_per_px2"
    for name in ("equivalent_diameter", "centroid_x", "nearest_neighbour_distance"):
        assert (pixels.column(name), physical.column(name)) == (f"{name}_px", f"{name}_nm")
    for column in ("orientation_deg", "circularity", "touches_border", "mean_intensity", "bounding_box_top_px"):
        assert column in pixels.table.columns
        assert column in physical.table.columns
    assert (physical.unit("area"), pixels.unit("area"), pixels.unit("circularity")) == ("nm²", "px²", "")


def test_pixel_size_scales_lengths_areas_and_nothing_else(blobs):
    pixels, physical = measure_labels(blobs[0]), measure_labels(blobs[0], 2.5)
    assert physical.table["excluded"].equals(pixels.table["excluded"])
    for name in (each.name for each in pixels.properties if each.name not in TEXTS):
        factor = {"length": 2.5, "area": 6.25, "density": 1e6 / 6.25}.get(PROPERTIES[name].quantity, 1)
        np.testing.assert_allclose(physical.values(name), pixels.values(name) * factor, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("given_size", [PixelSize(2.5, "metadata"), "2.5 nm", "0.0025 µm", 2.5, np.float32(2.5)])
def test_pixel_size_comes_in_many_ways(given_size):
    result = measure_labels(np.ones((3, 3), int), given_size)
    assert result.values("area")[0] == pytest.approx(9 * 6.25)
    assert result.pixel_size.source == ("metadata" if isinstance(given_size, PixelSize) else "given")


def test_a_micrograph_brings_its_own_pixel_size():
    micrograph = Micrograph.from_array(np.ones((3, 3), np.uint8), PixelSize(2.0, "metadata"))
    assert measure_labels(np.ones((3, 3), int), image=micrograph).values("area")[0] == 36
    assert measure_labels(np.ones((3, 3), int), "1 nm", micrograph).values("area")[0] == 9


@pytest.mark.parametrize("bad", ["2.5", "nm", -1, 0, math.nan, True, [2.5]])
def test_bad_pixel_sizes_are_refused(bad):
    with pytest.raises(PixelSizeError):
        measure_labels(np.ones((3, 3), int), bad)


def test_values_are_float64_and_unknown_names_are_explained(blobs):
    result = measure_labels(blobs[0])
    assert result.values("touches_border").dtype == np.float64
    with pytest.raises(InputError, match="image="):
        result.values("mean_intensity")
    with pytest.raises(InputError, match="There are: area"):
        result.column("aera")
    with pytest.raises(InputError, match="is text"):
        result.values("excluded")
    with pytest.raises(InputError, match="properties="):
        measure_labels(blobs[0], properties=["area"]).values("perimeter")
    with pytest.raises(InputError, match="one flag"):
        result.select(np.ones(3, bool))


def test_a_choice_of_properties_keeps_its_order(blobs):
    result = measure_labels(blobs[0], properties=["perimeter", "area", "area"])
    assert result.table.columns == ["label", "perimeter_px", "area_px2"]
    with pytest.raises(InputError, match="No such property: aera"):
        measure_labels(blobs[0], properties=["aera"])
    with pytest.raises(InputError, match="confidence="):
        measure_labels(blobs[0], properties=["confidence"])


def test_every_description_is_complete():
    for name, each in PROPERTIES.items():
        assert each.name == name
        assert name.isidentifier()
        assert each.label[0].isupper()
        assert each.definition.endswith(".")
        assert each.source
        assert each.quantity in QUANTITIES
    assert len({each.definition for each in PROPERTIES.values()}) == len(PROPERTIES)
    assert len({each.label for each in PROPERTIES.values()}) == len(PROPERTIES)


def test_no_two_ratios_are_the_same_number(measured):
    for first in RATIOS:
        for second in RATIOS:
            if first < second:
                assert not np.allclose(measured.values(first), measured.values(second)), (first, second)


# --- labels and images of all kinds -----------------------------------------------------------------------------------


def test_huge_label_numbers_and_gaps():
    labels = np.zeros((6, 12), np.uint32)
    labels[1:3, 1:4], labels[4, 5:9] = 4_294_967_295, 3_000_000_000
    result = measure_labels(labels)
    assert result.table["label"].to_list() == [3_000_000_000, 4_294_967_295]
    assert result.values("area").tolist() == [4, 6]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_labels_of_any_dtype(dtype):
    assert measure_labels(np.eye(4, dtype=dtype)).values("area").tolist() == [4]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int16, np.uint32, np.float16, np.float32, np.float64])
def test_images_of_any_dtype(dtype):
    image = np.array([[0, 1, 1, 1]]).astype(dtype)
    assert measure_labels(np.ones((1, 4), int), image=image).values("mean_intensity")[0] == 0.75


def test_colour_counts_by_luminance():
    image = np.full((2, 2, 3), 90, np.uint8)
    assert measure_labels(np.ones((2, 2), int), image=image).values("mean_intensity")[0] == pytest.approx(90, abs=1)


def test_wrong_shapes_are_refused():
    labels = np.eye(4, dtype=int)
    with pytest.raises(ImageError, match="labels"):
        measure_labels(labels, image=np.zeros((4, 5)))
    with pytest.raises(LabelsError):
        measure_labels(np.zeros((2, 3, 4)))
    with pytest.raises(InputError, match="one number for each"):
        measure_labels(labels, confidence=[1, 2])
    with pytest.raises(ImageError, match="real grey levels"):
        measure_labels(labels, image=np.zeros((4, 4), complex))


def test_confidence_goes_by_row_or_by_label():
    labels = np.array([[0, 2, 0, 5]])
    assert measure_labels(labels, confidence=[0.2, 0.5]).values("confidence").tolist() == [0.2, 0.5]
    by_label = np.array([0.1, 0.2, 0.3, 0.4, 0.5], np.float32)
    assert measure_labels(labels, confidence=by_label).values("confidence") == pytest.approx([0.2, 0.5])


def test_threads_and_blocks_change_nothing(blobs, monkeypatch):
    labels, image = blobs
    monkeypatch.setattr("uniaims.measurements.instances._INSTANCES_PER_BLOCK", 3)
    monkeypatch.setattr("uniaims.measurements.instances.thread_count", lambda: 4)
    several = measure_labels(labels, image=image).table
    monkeypatch.setattr("uniaims.measurements.instances.thread_count", lambda: 1)
    assert measure_labels(labels, image=image).table.equals(several)


def test_noise_labels_of_one_pixel_each_stay_cheap():
    random = np.random.default_rng(0)
    result = measure_labels(random.integers(0, 50_000, (400, 400)))
    assert result.values("area").sum() == pytest.approx(160_000, abs=20)


# --- export -----------------------------------------------------------------------------------------------------------


def test_csv_and_parquet_hold_the_table(tmp_path):
    labels = np.zeros((5, 9), int)
    labels[1:4, 1:6], labels[2, 8] = 1, 2
    result = measure_labels(labels, "2 nm")
    result.to_csv(tmp_path / "table.csv")
    result.to_parquet(tmp_path / "table.parquet")
    assert polars.read_parquet(tmp_path / "table.parquet").equals(result.to_polars())
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert lines[0].startswith("label,area_nm2,perimeter_nm,equivalent_diameter_nm")
    assert "NaN" not in lines[2]
    back = polars.read_csv(tmp_path / "table.csv")
    assert back["area_nm2"].to_list() == [60, 4]
    assert back["minor_axis_nm"][1] is None
    assert back["touches_border"].to_list() == [False, True]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv", "table.parquet"]


def test_an_unwritable_place_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        measure_labels(np.eye(2, dtype=int)).to_csv(tmp_path / "file" / "table.csv")


def test_pandas_gets_the_same_numbers():
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = measure_labels(np.eye(3, dtype=int), "1 nm").to_pandas()
    assert list(frame["area_nm2"]) == [3]


@pytest.mark.parametrize("missing", ["pandas", "pyarrow"])
def test_without_pandas_the_message_says_what_to_install(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingDependencyError, match="pip install pandas pyarrow"):
        measure_labels(np.eye(3, dtype=int)).to_pandas()


def test_documentation_lists_every_property(repository):
    page = (repository / "docs" / "measurements.md").read_text(encoding="utf-8")
    for each in PROPERTIES.values():
        assert f"`{each.name}`" in page
        assert each.definition in page, f"docs/measurements.md: the definition of {each.name} is not that of the code"
        assert each.source in page


def test_kinds_become_a_column(tmp_path):
    labels = np.array([[1, 0, 4], [1, 0, 4]])
    measured = measure_labels(labels, kind_names=["pore", 'a "b", c'])
    assert measured.table.columns[:2] == ["label", "kind"]
    assert measured.kind_names == ("pore", 'a "b", c')
    assert measured.select(np.array([False, True])).kind_names == ('a "b", c',)
    measured.to_csv(tmp_path / "table.csv")
    assert polars.read_csv(tmp_path / "table.csv")["kind"].to_list() == list(measured.kind_names)
    assert measure_labels(labels).kind_names == ()


def test_no_instance_has_no_kind_but_the_column():
    measured = measure_labels(np.zeros((4, 4), int), kind_names=())
    assert measured.table["kind"].dtype == polars.String
    assert measured.kind_names == ()


def test_kinds_of_other_instances_are_refused():
    with pytest.raises(InputError, match="1 kinds came for 2 instances"):
        measure_labels(np.array([[1, 0, 2]]), kind_names=["pore"])
