import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from uniaims.dataset.schema import faults_of
from uniaims.errors import InputError, SettingsError
from uniaims.synthesis import RECIPES, Attributes, Recipe, read_recipe, recipe_named, render_sample, save_recipe
from uniaims.synthesis.given import Given
from uniaims.synthesis.scalebars import STYLES
from uniaims.synthesis.scenes import Heap

SHAPE = (160, 192)
NEEDED = {
    *("spheres", "powder", "pebbles", "heap", "crystals", "rods", "platelets", "grains"),
    *("tem-spheres", "tem-crystals", "tem-rods"),
}


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_gives_an_image_with_exact_labels(name: str) -> None:
    sample = render_sample(name, 4, SHAPE)
    assert sample.image.shape[:2] == sample.labels.shape == SHAPE
    assert sample.image.dtype == np.uint8
    assert sample.labels.dtype == np.uint32
    assert sample.image.std() > 3
    assert np.unique(sample.labels[sample.labels > 0]).tolist() == list(range(1, int(sample.labels.max()) + 1))
    assert sample.recipe is RECIPES[name]
    assert sample.pixel_size_nm > 0
    assert sample.attributes.caption.startswith("Synthetic ")
    assert len(sample.whole) in {0, int(sample.labels.max())}


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_is_named_as_its_file_and_speaks_the_words_of_the_schema(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.name == name
    assert recipe.description.endswith(".")
    assert recipe.attributes.modality
    assert recipe.attributes.structure
    words = {
        field: getattr(recipe.attributes, field) for field in ("modality", "signal", "structure", "material_class")
    }
    assert faults_of({"image_id": "a", "file": "a.png", "width_px": 1, "height_px": 1} | words) == []


def test_the_names_promised_are_there_and_each_is_one_word() -> None:
    assert set(RECIPES) >= NEEDED
    assert list(RECIPES) == sorted(RECIPES)
    assert not [name for name in RECIPES if " " in name]


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_recipe_survives_being_written_and_read(name: str, tmp_path: Path) -> None:
    recipe = replace(RECIPES[name], banner="zeiss cells")
    again = read_recipe(save_recipe(recipe, tmp_path))
    assert again == recipe


def test_the_same_seed_gives_the_same_sample_bit_for_bit_in_any_thread() -> None:
    alone = [render_sample("tem-rods", seed, SHAPE) for seed in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda seed: render_sample("tem-rods", seed, SHAPE), (1, 2)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.labels, other.labels)
        assert one.pixel_size_nm == other.pixel_size_nm
    assert not np.array_equal(alone[0].image, alone[1].image)


def test_a_recipe_can_go_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(RECIPES["powder"])) == RECIPES["powder"]


def test_bodies_can_be_told_from_the_background() -> None:
    sample = render_sample("tem-spheres", 0, (256, 256))
    on_body = sample.labels > 0
    assert sample.image[on_body].mean() < sample.image[~on_body].mean() - 5


def test_diameters_and_pixel_size_stay_in_their_ranges() -> None:
    scene = Heap(("sphere",), diameter_px=(20.0, 20.0), spread=(0.0, 0.0), pile=(0.0, 0.0), cover=(0.3, 0.3))
    sample = render_sample(Recipe("balls", scene, pixel_size_nm=(3.0, 3.0)), 1, (256, 256))
    areas = np.bincount(sample.labels.ravel())[1:]
    assert 2 * np.sqrt(np.median(areas) / np.pi) == pytest.approx(20, rel=0.06)
    assert sample.pixel_size_nm == pytest.approx(3.0)


def test_what_is_fixed_of_a_look_shows() -> None:
    plain = Recipe("balls", Heap(("sphere",), cover=(0.3, 0.3)), acquisition=Given({"black": 0.0, "white": 1.0}))
    dim = replace(plain, acquisition=Given({"black": 0.1, "white": 0.2, "gamma": 1.0, "contrast": 0.0}))
    assert render_sample(dim, 1, SHAPE).image.max() < render_sample(plain, 1, SHAPE).image.max()


def gray(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 2 else image[..., 1]


@pytest.mark.parametrize("banner", ["zeiss cells", "fei table", "any"])
def test_a_banner_lies_below_and_its_bar_is_true(banner: str) -> None:
    sample = render_sample(replace(RECIPES["powder"], banner=banner), 3, (256, 512))
    assert sample.banner_top_px == 256
    assert sample.banner_style in STYLES
    assert sample.labels.shape == sample.image.shape[:2]
    assert not sample.labels[256:].any()
    assert sample.bar is not None
    assert sample.bar.length_px == pytest.approx(sample.bar.length_nm / sample.pixel_size_nm, abs=0.5)
    assert np.ptp(sample.image[256:]) > 150
    without = render_sample("powder", 3, (256, 512))
    np.testing.assert_array_equal(gray(sample.image)[:256], gray(without.image))


def test_a_banner_on_top_moves_labels_and_outlines_down() -> None:
    recipe = replace(RECIPES["powder"], banner="top strip")
    sample, without = render_sample(recipe, 3, (256, 512)), render_sample("powder", 3, (256, 512))
    rows = sample.image.shape[0] - 256
    assert rows > 10
    assert sample.banner_top_px == 0
    np.testing.assert_array_equal(sample.labels[rows:], without.labels)
    assert not sample.labels[:rows].any()
    assert [mask.top - rows for mask in sample.whole] == [mask.top for mask in without.whole]


def test_a_bar_inside_the_picture_adds_no_rows() -> None:
    sample = render_sample(replace(RECIPES["powder"], banner="arial thin"), 3, (256, 512))
    assert sample.image.shape[:2] == sample.labels.shape == (256, 512)
    assert sample.banner_top_px is None
    assert sample.bar is not None and sample.bar.box[3] <= 256


@pytest.mark.parametrize(("pixel_size_nm", "shown"), [(0.02, {"AMT", "SIS", "TVIPS"}), (5000.0, {"Zeiss", "JEOL"})])
def test_any_banner_is_of_an_instrument_that_shows_such_lengths(pixel_size_nm: float, shown: set[str]) -> None:
    recipe = replace(RECIPES["powder"], banner="any", pixel_size_nm=(pixel_size_nm, pixel_size_nm))
    groups = {STYLES[render_sample(recipe, seed, (96, 128)).banner_style].group for seed in range(12)}
    tem = {"AMT", "SIS", "TVIPS", "FEI TEM"}
    assert bool(groups & tem) == bool(shown & tem)


def test_a_recipe_in_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "flakes.toml"
    path.write_text(
        'name = "flakes"\npixel_size_nm = 2.0\n[attributes]\nmaterial = "graphite"\n[scene]\nkind = "heap"\n'
        'shapes = "platelet"\ndiameter_px = [30, 60]\npile = 0.5\n'
        '[signal]\nkind = "secondary electrons"\nedge = [0.1, 0.2]\n',
        encoding="utf-8",
    )
    recipe = read_recipe(path)
    assert recipe.scene == Heap(("platelet",), diameter_px=(30.0, 60.0), pile=(0.5, 0.5))
    assert recipe.pixel_size_nm == (2.0, 2.0)
    assert recipe.attributes == Attributes(material="graphite")
    assert render_sample(recipe, 0, SHAPE).labels.max() >= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"\n[scene]\nkind = "soup"', r"'soup'.*heap"),
        ('name = "a"\n[scene]\nkind = "heap"\ncoverr = 1', r"'coverr' is not known.*mean cover"),
        ('name = "a"\n[scene]\nkind = "heap"\ncover = [0.9, 0.1]', r"cover is \[0.9, 0.1\].*lower one first"),
        ('name = "a"\n[scene]\nkind = "heap"\nshapes = ["teapot"]', r"'teapot'.*sphere"),
        ('name = "a"\n[scene]\nkind = "heap"\n[signal]\nkind = "x-rays"', r"'x-rays'.*transmission"),
        ('name = "a"\n[scene]\nkind = "heap"\n[signal]\nedgy = 1', r"a, signal: 'edgy'.*mean edge"),
        ('name = "a"\n[scene]\nkind = "heap"\n[acquisition]\ndose = "much"', r"dose is 'much': wanted a number"),
        ('name = "a"\n[scene]\nkind = "heap"\n[attributes]\ncolour = "red"', r"a, attributes: 'colour'"),
        ('name = "a b"\n[scene]\nkind = "heap"', r"'a b': wanted one word"),
        ('name = "a"\nbanner = "fancy"\n[scene]\nkind = "heap"', r"banner is 'fancy': wanted any, or a style"),
        ('name = "a"\ndiameter_nm = [0, 1]\n[scene]\nkind = "heap"', r"diameter_nm"),
        ('name = "a"\nwrong = 1\n[scene]\nkind = "heap"', r"wrong: not known in a recipe"),
        ('name = "a"\n[scene]\nkind = "learnt"', r"wanted file ="),
    ],
)
def test_wrong_recipes_are_refused_by_file_and_field(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=message) as caught:
        read_recipe(path)
    assert "wrong.toml" in str(caught.value)


def test_files_that_are_no_recipes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.toml"
    with pytest.raises(InputError, match=r"no\.toml: not a readable recipe"):
        read_recipe(path)
    path.write_bytes(b"\xff\xfe = [")
    with pytest.raises(InputError, match=r"no\.toml: not a readable recipe"):
        read_recipe(path)


def test_unknown_recipes_bad_seeds_and_tiny_images_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"'powdr'.*mean powder"):
        recipe_named("powdr")
    with pytest.raises(KeyError):
        RECIPES["soup"]
    with pytest.raises(SettingsError, match="seed -1"):
        render_sample("powder", -1)
    with pytest.raises(SettingsError, match="at least 32 px"):
        render_sample("powder", 1, (16, 200))
