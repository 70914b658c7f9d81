"""Which images a batch has, and which folder the results of each go to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path

from uniaims.errors import ImageError, OutputError
from uniaims.formats import is_image_path
from uniaims.measurements.files import FILE_TYPES
from uniaims.micrograph import read_image
from uniaims.names import (
    alike,
    file_folder_name,
    folder_name,
    is_there,
    matches,
    on_disk,
    page_folder_name,
    shown_name,
)
from uniaims.page_choice import PageChoice
from uniaims.pipeline.results import TABLE_FILES, ResultFolder, read_results

OVERVIEW_FILES = ("index.html", *TABLE_FILES)
"""What a batch writes beside the result folders; names that no image may take."""


@dataclass(frozen=True)
class BatchImage:
    """An image and the folder for its results.

    Attributes:
        image: the file.
        folder: for its results.
        page: which image of a file that holds several, counted from 0; ``None``: the only one, or the first.
    """

    image: Path
    folder: Path
    page: int | None = None

    @property
    def name(self) -> str:
        """Name of the folder; unique in the batch."""
        return self.folder.name


@dataclass(frozen=True)
class Unusable:
    """An input that leads to no image."""

    name: str
    message: str


@dataclass(frozen=True)
class Plan:
    """The images of a batch, in the order in which they are analysed."""

    images: tuple[BatchImage, ...]
    unusable: tuple[Unusable, ...]


def plan_batch(
    inputs: Iterable[str | Path],
    output: Path,
    page: PageChoice = None,
    results: Mapping[str, ResultFolder] | None = None,
) -> Plan:
    """Find the images and give each a folder of its own in ``output``.

    Args:
        inputs: image files; folders, of which all image files directly in them are taken; and patterns with ``*``,
            ``?``, ``[...]`` and ``**``, of which files that are no images and what lies in ``output`` are left out.
        output: folder for the results. An image that has results there keeps their folder.
        page: which image of files that hold several, some or all of them. Where several were asked for, and for any but
            the first, ``_page`` and the number stand behind the name of the folder.
        results: what is in ``output``, by the name of the folder; ``None``: it is read.

    Raises:
        OutputError: if ``output`` is there and is no folder.
    """
    if is_there(output) and not output.is_dir():
        raise OutputError(f"{output} is a file: give a folder with --output.")
    images, unusable = dict[Path, Path](), list[Unusable]()
    for item in inputs:
        found = [path for path in find_images(str(item), output) if is_there(path)]
        if not found:
            unusable.append(Unusable(str(item), why_nothing(Path(item))))
        images.update({path.resolve(): path for path in found if path.resolve() not in images})
    results = read_results(output) if results is None else results
    known = _known_pages(results.values())
    names = folder_names(list(images), _owners(results.values()), _foreign(output, results))
    planned = list[BatchImage]()
    for (own, path), name in zip(images.items(), names, strict=True):
        pages = chosen_pages(path, page)
        folders = (known.get((own, number or 0)) or _folder(name, number, pages) for number in pages)
        planned += (BatchImage(path, output / folder, number) for folder, number in zip(folders, pages, strict=True))
    return Plan(tuple(planned), tuple(unusable))


def _folder(name: str, page: int | None, pages: Sequence[int | None]) -> str:
    """The folder for one of the pages of a file that has the name; siblings are named alike."""
    return name if page is None or (page == 0 and len(pages) == 1) else page_folder_name(name, page)


def chosen_pages(image: Path, choice: PageChoice) -> Sequence[int | None]:
    """The pages of a file that are meant.

    Of all of them, ``None`` is the only one; so too where it can't be read: whoever analyses it says why.
    """
    if choice != "all":
        return choice if isinstance(choice, tuple) else (choice,)
    try:
        count = read_image(image, guarded=True).page_count
    except ImageError:
        count = 1
    return range(count) if count > 1 else (None,)


def folder_names(images: Sequence[Path], owners: Mapping[str, Path], foreign: Iterable[str] = ()) -> list[str]:
    """A name for each image, in order: its stem where that is enough, else with suffix or parent folders in front.

    Names that some disk takes for one (see `uniaims.names.alike`) are not given twice.

    Args:
        images: absolute paths, no two the same.
        owners: names that are taken, and by which image. An image keeps the name that it has.
        foreign: names of what else lies in the output folder, which must not be replaced.
    """
    kept = {image: name for name, image in owners.items()}
    same = defaultdict[str, list[Path]](list)
    for image in {*images, *owners.values()}:
        same[alike(folder_name(image.stem))].append(image)
    taken = {alike(name) for name in (*owners, *OVERVIEW_FILES, *(each.file for each in FILE_TYPES), *foreign)}
    names: dict[Path, str] = {}
    for image in images:
        if image in kept:
            names[image] = kept[image]
            continue
        rivals = [other for other in same[alike(folder_name(image.stem))] if other != image]
        names[image] = next(name for name in map(folder_name, _candidates(image, rivals)) if alike(name) not in taken)
        taken.add(alike(names[image]))
    return [names[image] for image in images]


def shown_names(images: Sequence[Path]) -> list[str]:
    """A name for the eye for each image, in order: that of the file, behind its folders where two files share it.

    Files whose names look the same because signs in them can't be shown have a number behind.
    """
    parts = {image: tuple(map(shown_name, image.parts)) for image in images}
    endings = Counter(each[-depth:] for each in parts.values() for depth in range(1, len(each) + 1))

    def name(image: Path) -> str:
        own = parts[image]
        alone = (own[-depth:] for depth in range(1, len(own)) if endings[own[-depth:]] == 1)
        return "/".join(next(alone, own)) or str(image)

    names, seen = dict[Path, str](), Counter[tuple[str, ...]]()
    for image, own in parts.items():
        seen[own] += 1
        names[image] = f"{name(image)} ({seen[own]})" if seen[own] > 1 else name(image)
    return [names[image] for image in images]


def shown_pages(pages: Sequence[tuple[Path, int | None]]) -> list[str]:
    """A name for the eye for each image of a file: `shown_names`, and the page where one was chosen."""
    names = shown_names([image for image, _ in pages])
    return [name if page is None else f"{name}, page {page}" for name, (_, page) in zip(names, pages, strict=True)]


def find_images(item: str, output: Path | None = None) -> Iterator[Path]:
    """The images that a file, folder or pattern stands for, sorted; patterns pass over what lies in ``output``.

    A name that is there is never a pattern. Umlauts may be composed or decomposed, suffixes in upper or lower case.
    """
    path = on_disk(Path(item))
    if path.is_dir() and not _is_zarr(path):
        yield from sorted(child for child in path.iterdir() if _is_candidate(child))
    elif is_there(path) or not has_magic(item):
        yield path
    else:
        for found in matches(item):
            if found.is_dir() and not _is_zarr(found) and "**" not in item:
                yield from find_images(str(found), output)
            elif _is_candidate(found) and (output is None or output.resolve() not in found.resolve().parents):
                yield found


def why_nothing(path: Path) -> str:
    """A sentence on a path, folder or pattern that leads to no image."""
    if path.is_dir():
        return f"{path}: no image files in this folder. Give the folder that holds them, or the files."
    if not has_magic(str(path)):
        return f"{path} does not exist: check the path."
    return f"{path}: no image file matches this pattern. Check it, and put it in quotes."


def _candidates(image: Path, rivals: Sequence[Path]) -> Iterator[str]:
    """Names for the image, the shortest that none of the rivals (images of the same stem) could have first."""
    if not rivals:
        yield image.stem
    suffix = f"{image.stem}_{image.suffix[1:]}" if image.suffix else image.stem
    if all(other.suffix.casefold() != image.suffix.casefold() for other in rivals):
        yield suffix
    parents = [part for part in reversed(image.parts[:-1]) if part != image.anchor]
    for depth in range(1, len(parents) + 1):
        prefix = parents[:depth]
        others = [list(reversed(other.parts[:-1]))[:depth] for other in rivals]
        if prefix not in others:
            yield "_".join([*reversed(prefix), image.stem])
    number = 2
    while True:
        yield f"{suffix}_{number}"
        number += 1


def _is_candidate(path: Path) -> bool:
    return is_image_path(path) and not path.name.startswith(".") and (path.is_file() or _is_zarr(path))


def _is_zarr(path: Path) -> bool:
    return path.is_dir() and path.suffix.lower() == ".zarr"


def _owners(results: Iterable[ResultFolder]) -> dict[str, Path]:
    """Names of result folders and the image that each is of, without the page."""
    return {
        each.name if each.summary.page is None else file_folder_name(each.name): each.summary.file for each in results
    }


def _known_pages(results: Iterable[ResultFolder]) -> dict[tuple[Path, int], str]:
    """The folders of what was analysed before, by file and page: an image keeps its folder."""
    return {(each.summary.file, each.summary.page or 0): each.name for each in results}


def _foreign(output: Path, results: Mapping[str, ResultFolder]) -> list[str]:
    """Names of files and folders in ``output`` that are no results."""
    present = output.iterdir() if output.is_dir() else ()
    return [path.name for path in present if path.name not in results]
