"""Merging datasets: clashing ids get new names, images that are the same file come once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from uniaims.atomic import atomic_folder
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.ingest import Placement
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.store import Dataset
from uniaims.errors import InputError, OutputError
from uniaims.progress import Progress


@dataclass(frozen=True)
class Duplicate:
    """An image that was left out, being the same file as one that came before.

    Attributes:
        folder: of its dataset.
        image_id: its id there.
        kept: id of the other in the merged dataset.
        same_labels: whether both had the same instances; if not, those of the first were kept.
    """

    folder: Path
    image_id: str
    kept: str
    same_labels: bool


@dataclass(frozen=True)
class Merged:
    """A merged dataset, and what had to be decided.

    Attributes:
        dataset: the new one.
        renamed: by folder and id before, the new id.
        duplicates: images that were left out.
    """

    dataset: Dataset
    renamed: Mapping[tuple[Path, str], str]
    duplicates: tuple[Duplicate, ...]


def merge(
    datasets: Sequence[Dataset], target: str | Path, placement: Placement = "copy", progress: Progress | None = None
) -> Merged:
    """Merge datasets into a new one, in their order; it is either whole or not there.

    Args:
        datasets: two or more.
        target: a new folder.
        placement: whether images are copied, hard-linked, or referenced by their absolute path.
        progress: called with ``("adding images", done, done + 1)``.

    Raises:
        InputError: if there are fewer than two datasets, or something can't be read.
        OutputError: if the folder is there already, or can't be written.
    """
    if len(datasets) < 2:
        raise InputError(f"{len(datasets)} datasets came: wanted two or more to merge.")
    place = Path(target)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise OutputError(f"{place} is there already and no empty folder. Choose another one.")
    with atomic_folder(place) as folder:
        merging = _Merging(Dataset.create(folder, place.resolve().name))
        entries = (entry for one in datasets for entry in merging.entries_of(one))
        merging.dataset.add(entries, placement, progress=progress)
    return Merged(Dataset.open(place), merging.renamed, tuple(merging.duplicates))


class _Merging:
    """What was met so far while datasets go through."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.renamed: dict[tuple[Path, str], str] = {}
        self.duplicates: list[Duplicate] = []
        self._names: set[str] = set()
        self._first: dict[str, tuple[Dataset, str, str]] = {}

    def entries_of(self, source: Dataset) -> Iterator[AnnotatedImage]:
        """The images of a dataset that are new, under names that are free."""
        for entry in source.entries():
            before = entry.record.image_id
            known = source.content_hash(before)
            if known in self._first:
                self.duplicates.append(self._duplicate(source, entry, *self._first[known]))
                continue
            name = self._free_name(before)
            if known:
                self._first[known] = (source, before, name)
            if name != before:
                self.renamed[source.folder, before] = name
            yield replace(entry, record=replace(entry.record, image_id=name))

    def _free_name(self, name: str) -> str:
        """The name, or the first of name-2, name-3, ... that is not taken."""
        free, number = name, 1
        while free.casefold() in self._names:
            number += 1
            free = f"{name}-{number}"
        self._names.add(free.casefold())
        return free

    @staticmethod
    def _duplicate(source: Dataset, entry: AnnotatedImage, first: Dataset, there: str, kept: str) -> Duplicate:
        same = same_instances(first.instances(there), entry.instances)
        return Duplicate(source.folder, entry.record.image_id, kept, same)


def same_instances(one: InstanceMasks, other: InstanceMasks) -> bool:
    """Whether two images have the same outlines and kinds, in whatever order."""
    return one.shape == other.shape and _outlines(one) == _outlines(other)


def _outlines(instances: InstanceMasks) -> list[tuple[object, ...]]:
    runs = instances.encoded()
    return sorted((*instances.boxes[i].tolist(), runs[i], instances.kind(i)) for i in range(len(instances)))
