"""Labels of other programs: masks, stacks, their own pixel size, and pictures that are none."""

from pathlib import Path

import cv2
import numpy as np
import polars
import pytest
import tifffile

import uniaims
from uniaims.cli import main
from uniaims.errors import LabelsError
from uniaims.labels import objects_of, read_labels, write_labels
from uniaims.micrograph import Micrograph, read_image
from uniaims.pipeline.given_labels import looks_like_a_picture, measure_file, save_measurements
from uniaims.pipeline.plan import OVERVIEW_FILES


def blocks(count: int = 3) -> np.ndarray:
    """(40, 60) uint16: so many blocks of 25 px, each with its number."""
    labels = np.zeros((40, 60), np.uint16)
    for number in range(count):
        labels[5:10, 2 + 9 * number : 7 + 9 * number] = number + 1
    return labels


def test_each_piece_of_a_mask_is_an_object_and_that_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "mask.png"), np.where(blocks() > 0, 255, 0).astype(np.uint8))
    assert main(["measure", str(tmp_path / "mask.png")]) == 0
    said = capsys.readouterr()
    assert polars.read_csv(said.out.encode())["area_px2"].to_list() == [25.0] * 3
    assert "mask of 0 and 255 with 3 separate pieces" in said.err


def test_the_pixel_size_is_given_or_of_the_image_or_of_the_labels(tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.tif", blocks(), 100.0)
    tifffile.imwrite(tmp_path / "plain.tif", blocks().astype(np.uint8))
    per_cm = (1e7 / 50.0,) * 2
    tifffile.imwrite(
        tmp_path / "scaled.tif", np.zeros((40, 60), np.uint8), resolution=per_cm, resolutionunit="CENTIMETER"
    )
    image_nm = read_image(tmp_path / "scaled.tif").pixel_size
    assert image_nm
    assert image_nm.nm == pytest.approx(50)
    for image, given, expected in [
        (None, None, 100),
        ("plain.tif", None, 100),
        ("scaled.tif", None, 50),
        ("scaled.tif", "2 nm", 2),
    ]:
        (found,) = measure_file(tmp_path / "labels.tif", tmp_path / image if image else None, given)
        assert found.measurements.pixel_size
        assert found.measurements.pixel_size.nm == pytest.approx(expected)
        assert any("100" in text for text in found.warnings) == (expected != 100)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("blur", [0.0, 1.0, 4.0])
def test_a_micrograph_is_no_label_image(
    tmp_path: Path, bits: int, blur: float, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).normal(0.5, 0.2, (300, 400))
    picture = cv2.GaussianBlur(noise, (0, 0), blur) if blur else noise
    picture = cv2.normalize(picture, None, 0, 2**bits - 1, cv2.NORM_MINMAX)
    cv2.imwrite(str(tmp_path / "image.png"), picture.astype(f"u{bits // 8}"))
    assert main(["measure", str(tmp_path / "image.png"), "--output", str(tmp_path / "out.csv")]) == 1
    assert "Is this a micrograph?" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "labels",
    [
        blocks(),
        np.arange(1, 2401, dtype=np.uint32).reshape(40, 60),  # an object in every pixel
        np.random.default_rng(0).permutation(2400).astype(np.uint32).reshape(40, 60),
        np.kron(np.random.default_rng(0).integers(1, 31, (20, 30)), np.ones((2, 2), int)),  # classes in small grains
        np.tile(np.arange(40, dtype=np.uint8), (40, 3)),  # three pieces each
    ],
)
def test_labels_are_no_picture(labels: np.ndarray) -> None:
    assert not looks_like_a_picture(labels.astype(np.uint32))


def test_true_masks_are_never_refused_and_micrographs_are(data_folder: Path) -> None:
    for kind, expected in (("masks", False), ("images", True)):
        for path in [path for folder in sorted(data_folder.glob(f"*/{kind}")) for path in sorted(folder.iterdir())[:3]]:
            pixels = read_labels(path) if kind == "masks" else np.asarray(read_image(path).pixels)
            if pixels.ndim == 2:
                assert looks_like_a_picture(objects_of(pixels).labels) == expected, path


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([blocks(count) for count in (3, 4, 5)]), photometric="minisblack")
    return tmp_path / "stack.tif"


def test_a_stack_says_what_to_do(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(stack)]) == 1
    said = capsys.readouterr().err
    assert "a stack of 3 label images of 60 x 40 px" in said
    assert "--page all" in said
    assert main(["measure", str(stack), "--page", "3"]) == 1
    assert "pages 0 to 2" in capsys.readouterr().err
    assert main(["measure", str(stack), "--page", "some"]) == 2


def test_one_page_and_all_pages(stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(stack), "--page", "1"]) == 0
    assert polars.read_csv(capsys.readouterr().out.encode()).height == 4
    assert main(["measure", str(stack), "--page", "all"]) == 0
    table = polars.read_csv(capsys.readouterr().out.encode())
    assert table["page"].to_list() == [0] * 3 + [1] * 4 + [2] * 5
    assert [each.page for each in measure_file(stack, page=(2, 0))] == [2, 0]
    assert main(["measure", str(stack), "--page", "1-3"]) == 1
    assert "page 3 was asked for, the file has pages 0 to 2" in capsys.readouterr().err
    assert main(["measure", str(stack), "--page", "all", "--output", str(tmp_path / "all.parquet")]) == 0
    assert polars.read_parquet(tmp_path / "all.parquet").height == 12
    np.save(tmp_path / "stack.npy", tifffile.imread(stack))
    assert [len(each.measurements) for each in measure_file(tmp_path / "stack.npy", page="all")] == [3, 4, 5]


def test_all_pages_into_a_folder_with_one_overview(stack: Path, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (3, 40, 60), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "images.tif", images, photometric="minisblack")
    output = tmp_path / "out"
    command = ["measure", str(stack), "--page", "all", "--image", str(tmp_path / "images.tif")]
    assert main([*command, "--output", str(output)]) == 0
    folders = ["stack_page000", "stack_page001", "stack_page002"]
    assert sorted(path.name for path in output.iterdir()) == sorted([*folders, *OVERVIEW_FILES])
    page = (output / "index.html").read_text(encoding="utf-8")
    assert all(f"{folder}/report.html" in page for folder in folders)
    joined = polars.read_csv(output / "measurements.csv")
    assert [joined.filter(image=folder).height for folder in folders] == [3, 4, 5]
    means = joined.filter(image="stack_page002")["mean_intensity"].to_list()
    assert means[0] == pytest.approx(images[2][blocks(5) == 1].mean())


def test_an_image_of_other_pages_is_refused(stack: Path, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "images.tif", np.zeros((2, 40, 60), np.uint8), photometric="minisblack")
    with pytest.raises(LabelsError, match="has 2 images and the labels have 3"):
        measure_file(stack, tmp_path / "images.tif", page="all")


@pytest.mark.parametrize("as_stack", [False, True])
def test_what_is_doubted_stands_in_the_report(tmp_path: Path, as_stack: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 6, (60, 90), np.uint8)
    mask = np.stack([noise, noise]) if as_stack else noise
    tifffile.imwrite(tmp_path / "classes.tif", mask, photometric="minisblack")
    tifffile.imwrite(tmp_path / "image.tif", noise)
    pages = ["--page", "all"] if as_stack else []
    command = ["measure", str(tmp_path / "classes.tif"), "--image", str(tmp_path / "image.tif"), *pages]
    assert main([*command, "--output", str(tmp_path / "out")]) == 0
    reports = sorted((tmp_path / "out").rglob("report.html"))
    assert len(reports) == 1 + as_stack
    for report in reports:
        assert "5 numbers lie in" in report.read_text()
        assert "scattered pixels" in report.read_text()


def test_without_more_the_report_has_the_warnings_of_the_micrograph(tmp_path: Path) -> None:
    labels = blocks().astype(np.uint32)
    micrograph = Micrograph(labels.astype(np.uint8), warnings=("it was dusty",))
    save_measurements(tmp_path / "a", uniaims.measure(labels), labels, micrograph, "a")
    assert "it was dusty" in (tmp_path / "a" / "report.html").read_text()


@pytest.mark.parametrize("channels", [3, 4])
def test_a_colour_picture_is_no_stack(tmp_path: Path, channels: int, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "a.npy", np.stack([blocks()] * channels, axis=-1))
    assert main(["measure", str(tmp_path / "a.npy")]) == 1
    said = capsys.readouterr().err
    assert "A colour picture of a mask" in said
    assert "stack" not in said
    np.save(tmp_path / "b.npy", np.stack([blocks()] * channels))
    assert main(["measure", str(tmp_path / "b.npy")]) == 1
    assert f"a stack of {channels} label images of 60 x 40 px" in capsys.readouterr().err
