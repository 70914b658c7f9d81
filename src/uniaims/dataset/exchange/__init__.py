"""Formats of other programs: read into entries, written from entries; one module each, and a table of them."""

from pathlib import Path

from uniaims.dataset.exchange.format import IGNORE_FOLDER, Format, Traits
from uniaims.errors import InputError

__all__ = ["FORMATS", "Format", "Traits", "detect"]

_LABEL_IMAGE, _TABLES = "label image", "samples.csv"
_CROWDS = "iscrowd"

_ALL = (
    Format(
        "coco",
        "COCO instances: compressed run lengths written; polygons and both kinds of run lengths read",
        "coco",
        Traits("run lengths", "categories", "key of the image", overlaps=True, ignored_in=_CROWDS),
    ),
    Format(
        "coco-polygons",
        "COCO instances: polygons, run lengths for instances with holes",
        "coco_polygons",
        Traits(
            "polygons, run lengths",
            "categories",
            "key of the image",
            overlaps=True,
            holes="as run lengths",
            ignored_in=_CROWDS,
        ),
    ),
    Format(
        "labelme",
        "LabelMe: a JSON file beside each image",
        "labelme",
        Traits("polygons, masks", "label", "key of the file", overlaps=True, holes="as masks"),
    ),
    Format(
        "label-studio",
        "Label Studio: tasks as JSON with brush masks; polygons, rectangles and ellipses read",
        "label_studio",
        Traits("brush run lengths", "label", "data of the task", overlaps=True),
    ),
    Format(
        "cellpose",
        "Cellpose: _seg.npy and _masks.tif beside each image",
        "cellpose",
        Traits(_LABEL_IMAGE, "key of _seg.npy, kinds.csv", f"key of _seg.npy, {_TABLES}", overlaps=False),
    ),
    Format(
        "imagej",
        "ImageJ and Fiji: a zip of ROI files for each image",
        "imagej",
        Traits("polygons, composite selections", "property of the selection", _TABLES, overlaps=True, holes="in paths"),
    ),
    Format(
        "cvat",
        "CVAT for images 1.1: annotations.xml",
        "cvat",
        Traits("polygons, masks", "label", _TABLES, overlaps=True, holes="as masks"),
    ),
    Format(
        "via",
        "VGG Image Annotator 2: JSON",
        "via",
        Traits("polygons", "region attribute", "file attributes", overlaps=True, holes="by bridges"),
    ),
    Format(
        "geojson",
        "GeoJSON as in QuPath: a file of features for each image",
        "geojson",
        Traits("polygons with holes", "classification", "member of the collection", overlaps=True),
    ),
    Format(
        "ome-zarr",
        "OME-Zarr images with labels: NGFF 0.4 written, 0.4 and 0.5 read",
        "ome_zarr",
        Traits(_LABEL_IMAGE, "properties of labels", "attributes of the image", overlaps=False),
    ),
    Format(
        "huggingface",
        "Hugging Face datasets: Parquet files with images, instances, attributes and captions",
        "huggingface",
        Traits("run lengths", "column", "columns", overlaps=True),
    ),
    Format(
        "voc",
        "Pascal VOC: Annotations, JPEGImages, SegmentationObject, SegmentationClass",
        "voc",
        Traits(_LABEL_IMAGE, "object names", _TABLES, overlaps=False, largest_count=65535),
    ),
    Format(
        "yolo-seg",
        "YOLO segmentation: texts of polygons and data.yaml",
        "yolo",
        Traits("polygons", "classes", _TABLES, overlaps=True, holes="by bridges"),
    ),
    Format(
        "folder",
        "Label images: images/ and masks/ of equal names, or masks known by an ending of their names",
        "label_folder",
        Traits(_LABEL_IMAGE, "kinds.csv", _TABLES, overlaps=False, ignored_in=IGNORE_FOLDER),
    ),
    Format(
        "stardist",
        "StarDist: images/ and masks/ of TIFF files",
        "stardist",
        Traits(_LABEL_IMAGE, "kinds.csv", _TABLES, overlaps=False, ignored_in=IGNORE_FOLDER),
    ),
)
FORMATS: dict[str, Format] = {form.name: form for form in _ALL}
"""Every format by its name, in the order in which `detect` tries them."""


def detect(path: str | Path) -> Format:
    """Guess the format of a file or folder from names and beginnings of files.

    Raises:
        InputError: if there is nothing, or no format fits.
    """
    place = Path(path)
    if not place.exists():
        raise InputError(f"{place}: there is no such file or folder. Check the path.")
    for form in _ALL:
        if form.matches(place):
            return form
    raise InputError(f"{place} is in no format that is known: name one with --format: {', '.join(FORMATS)}.")
