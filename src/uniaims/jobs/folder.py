"""A folder on this machine as a project: its images, and the results of `analyse` that lie in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uniaims.engine import Engine
from uniaims.engine.accounts import Account
from uniaims.engine.images import NewImage
from uniaims.engine.projects import Project
from uniaims.engine.queue import Queue
from uniaims.errors import ConflictError, InputError
from uniaims.formats import is_image_path
from uniaims.names import files_in, listed, shown_name
from uniaims.pipeline.results import ResultFolder, read_results

_LONGEST = 150


@dataclass(frozen=True)
class Found:
    """An image in a folder.

    Attributes:
        path: of its file.
        page: which image of the file.
        results: folder of its results, where there are some.
    """

    path: Path
    page: int = 0
    results: Path | None = None


@dataclass(frozen=True)
class Opened:
    """A project that was made of a folder.

    Attributes:
        project: as it is now.
        missing: names of results whose images are not where they were.
    """

    project: Project
    missing: Sequence[str]


def open_folder(engine: Engine, queue: Queue, folder: Path) -> Opened:
    """Make a project of a folder, or add to the one that was made of it what has come since; jobs read the images.

    Raises:
        InputError: if there is neither an image nor a result in it.
    """
    own = ResultFolder.at(folder)
    results = [own] if own else list(read_results(folder).values())
    found = [Found(each.summary.file, each.summary.page or 0, each.path) for each in results if each.is_complete]
    missing = [each.results.name for each in found if each.results and not each.path.is_file()]
    found = [each for each in found if each.path.is_file()]
    with_results = {each.path.resolve() for each in found}
    others = [] if own else [path for path in files_in(folder) if is_image_path(path)]
    found += [Found(path) for path in others if path.resolve() not in with_results]
    if not found:
        gone = f" The images of {listed(missing)} are not where they were." if missing else ""
        raise InputError(f"{folder}: no image lies there, and no results of `uniaims analyse`.{gone}")
    account = engine.accounts.local()
    project = _project(engine, folder, account)
    for each in found:
        _add(engine, queue, project, each, account)
    return Opened(engine.projects.project(project.id), missing)


def _project(engine: Engine, folder: Path, account: Account) -> Project:
    """The project of a folder: it tells of which one in its description."""
    description = f"Folder {shown_name(str(folder))}"
    stem = shown_name(folder.name)[:_LONGEST] or "Folder"
    name, number = stem, 1
    while (known := engine.projects.named(name)) is not None:
        if known.description == description:
            return known
        number += 1
        name = f"{stem} ({number})"
    return engine.projects.add(name, account, description)


def _add(engine: Engine, queue: Queue, project: Project, found: Found, account: Account) -> None:
    """Add an image that is not in the project yet; a job reads it."""
    size = found.path.stat().st_size
    new = NewImage(
        shown_name(found.path.name), engine.blobs.put_file(found.path), size, found.path.suffix.lower(), found.page,
        str(found.path.resolve()),
    )  # fmt: skip
    try:
        image = engine.images.add(project.id, new, account)
    except ConflictError:  # the same page of the same file
        return
    params = {"results": str(found.results)} if found.results else {}
    queue.add("ingest", params, account.id, project.id, image.id, key=f"ingest {image.id}")
