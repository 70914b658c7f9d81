"""What changed between two versions of the labels of the same images."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.dataset.folder import SampleFile, StoredSample, open_samples
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.manifest import is_dataset
from uniaims.dataset.merging import same_instances
from uniaims.dataset.store import Dataset
from uniaims.errors import InputError
from uniaims.labels import outlines
from uniaims.matching import match
from uniaims.micrograph import Micrograph
from uniaims.progress import Progress

SAME_INSTANCE_IOU = 0.5
"""From this IoU up two outlines are the same instance; below, one was removed and one added."""
COLOURS = {"removed": (213, 94, 0), "added": (0, 158, 115), "before": (230, 159, 0), "after": (86, 180, 233)}
"""RGB of outlines in overlays (Okabe and Ito, 2008): of removed, added, and changed instances before and after."""

TINT_SHARE = 0.35
"""Share of the colour inside of removed and added instances."""


@dataclass(frozen=True)
class ImageDifference:
    """What changed in an image.

    Attributes:
        image_id: its id.
        before: number of instances in the first version.
        after: number in the second.
        added: instances of the second that match none of the first.
        removed: instances of the first that match none of the second.
        changed: matched ones of which pixels or kind differ.
        mean_iou: mean IoU of the matched ones; NaN without any.
    """

    image_id: str
    before: int
    after: int
    added: int
    removed: int
    changed: int
    mean_iou: float

    @property
    def differs(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.changed)

    def as_dict(self) -> dict[str, Any]:
        """All values by name, ready for JSON: None stands for NaN."""
        values = asdict(self)
        return values | {"mean_iou": None if np.isnan(self.mean_iou) else self.mean_iou}


@dataclass(frozen=True)
class Difference:
    """What changed between two versions: images in both, those only in the first, those only in the second."""

    images: tuple[ImageDifference, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether anything changed."""
        return bool(self.only_before or self.only_after or any(image.differs for image in self.images))

    def as_dict(self) -> dict[str, Any]:
        """All values by name, ready for JSON."""
        return {
            "images": [image.as_dict() for image in self.images],
            "only_before": list(self.only_before),
            "only_after": list(self.only_after),
        }


@dataclass(frozen=True)
class _Version:
    """A version of the labels: the instances, and the image, of each id."""

    instances: Mapping[str, Callable[[], InstanceMasks]]
    images: Mapping[str, Callable[[], Micrograph]]


def difference(
    before: str | Path, after: str | Path, overlay: str | Path | None = None, progress: Progress | None = None
) -> Difference:
    """Compare two versions of labels, image by image.

    Where instances overlap, their visible parts are compared.

    Args:
        before: a dataset, or a folder with ``images/`` and ``masks/``.
        after: likewise.
        overlay: folder for a picture of each image that changed: removed instances in vermillion, added ones in green,
            changed ones in orange as they were and in blue as they are.
        progress: called with ``("images", done, total)``.

    Raises:
        InputError: if something can't be read, or an image has different sizes in the two.
        OutputError: if a picture can't be written.
    """
    one, other = _version(Path(before)), _version(Path(after))
    shared, images = sorted(one.instances.keys() & other.instances.keys()), []
    for done, image_id in enumerate(shared, 1):
        compared = _Compared(image_id, one.instances[image_id](), other.instances[image_id]())
        images.append(compared.result())
        if overlay is not None and images[-1].differs:
            _write_png(Path(overlay) / f"{image_id}.png", compared.drawn(other.images[image_id]()))
        if progress:
            progress("images", done, len(shared))
    only_before = sorted(one.instances.keys() - other.instances.keys())
    only_after = sorted(other.instances.keys() - one.instances.keys())
    return Difference(tuple(images), tuple(only_before), tuple(only_after))


def _version(path: Path) -> _Version:
    if is_dataset(path):
        dataset = Dataset.open(path)
        ids = dataset.image_ids
        return _Version(
            {name: partial(dataset.instances, name) for name in ids},
            {name: partial(dataset.image, name) for name in ids},
        )
    files = open_samples(path)
    return _Version(
        {file.stem: partial(_instances_of, file) for file in files},
        {file.stem: partial(_image_of, file) for file in files},
    )


def _instances_of(file: SampleFile | StoredSample) -> InstanceMasks:
    return InstanceMasks.from_labels(file.read().labels)


def _image_of(file: SampleFile | StoredSample) -> Micrograph:
    return file.read().micrograph


class _Compared:
    """Two versions of the instances of an image, matched."""

    def __init__(self, image_id: str, before: InstanceMasks, after: InstanceMasks) -> None:
        if before.shape != after.shape:
            raise InputError(
                f"image {image_id!r} has {before.shape} pixels (rows, columns) in the first version, {after.shape} in "
                "the second: these are two images. Rename one of them."
            )
        self._id = image_id
        self._sets = (before, after)
        self._labels = (before.labels(), after.labels())
        self._found = match(*self._labels, SAME_INSTANCE_IOU)

    def result(self) -> ImageDifference:
        """How the two versions of the image differ."""
        before, after = self._sets
        if same_instances(before, after):
            return ImageDifference(self._id, len(before), len(after), 0, 0, 0, 1.0 if len(before) else np.nan)
        ious = self._found.ious
        added, removed = len(self._found.unmatched_predicted), len(self._found.unmatched_true)
        changed = int(np.count_nonzero(self._changed()))
        mean = float(ious.mean()) if len(ious) else np.nan
        return ImageDifference(self._id, len(before), len(after), added, removed, changed, mean)

    def drawn(self, micrograph: Micrograph) -> NDArray[np.uint8]:
        """The image (H, W, 3) with the outlines of what changed."""
        pairs = self._found.pairs[self._changed()]
        picture = _shown(micrograph)
        for name, version, numbers in (
            ("before", 0, pairs[:, 0]),
            ("after", 1, pairs[:, 1]),
            ("removed", 0, self._found.unmatched_true),
            ("added", 1, self._found.unmatched_predicted),
        ):
            chosen = np.where(np.isin(self._labels[version], numbers), self._labels[version], 0)
            if name in {"added", "removed"}:
                inside = chosen > 0
                picture[inside] = (1 - TINT_SHARE) * picture[inside] + TINT_SHARE * np.array(COLOURS[name])
            picture[outlines(chosen)] = COLOURS[name]
        return picture

    def _changed(self) -> NDArray[np.bool_]:
        """Which pairs (K,) differ in pixels or kind."""
        kinds = [dict(zip(one.numbers.tolist(), one.kinds, strict=False)) for one in self._sets]
        renamed = [kinds[0].get(a, "") != kinds[1].get(b, "") for a, b in self._found.pairs.tolist()]
        moved: NDArray[np.bool_] = self._found.ious < 1
        return moved | np.array(renamed, np.bool_)


def _shown(micrograph: Micrograph) -> NDArray[np.uint8]:
    """The image (H, W, 3) in grey, its levels spread from 0 to 255."""
    gray = micrograph.gray()
    low, high = (float(value) for value in np.percentile(gray, (0.5, 99.5)))
    levels = np.clip((gray.astype(np.float32) - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


def _write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    code = cv2.imencode(".png", pixels[..., ::-1])[1]
    with atomic_file(path) as temporary:
        temporary.write_bytes(code.tobytes())
