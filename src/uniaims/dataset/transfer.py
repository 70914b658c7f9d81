"""Bringing datasets in from other formats, and out: what ``uniaims dataset import`` and ``export`` do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from warnings import warn

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.archives import is_archive, unpack
from uniaims.dataset.exchange import FORMATS, Format, detect
from uniaims.dataset.exchange.format import OnWarning, unequal_sizes
from uniaims.dataset.folder import LABEL_SUFFIXES
from uniaims.dataset.ignored import IGNORE, write_ignored
from uniaims.dataset.ingest import INCOMING_ARCHIVE, Placement
from uniaims.dataset.manifest import is_dataset
from uniaims.dataset.schema import DESCRIPTIVE_FIELDS, record_from
from uniaims.dataset.store import Dataset, Existing, OnFault
from uniaims.errors import InputError, SettingsError, UniaimsError
from uniaims.guard import guarded
from uniaims.labels import read_labels
from uniaims.names import stem_of
from uniaims.progress import Progress


@dataclass(frozen=True)
class ImportSettings:
    """How to import.

    Attributes:
        form: name of the format; empty to guess it.
        fields: values of record fields for all images, whatever their source says.
        placement: whether images are copied, hard-linked, or referenced by their absolute path.
        existing: what happens to images whose id is there already.
    """

    form: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    placement: Placement = "copy"
    existing: Existing = "skip"

    def __post_init__(self) -> None:
        wrong = sorted(set(self.fields) - set(DESCRIPTIVE_FIELDS))
        if wrong:
            raise SettingsError(f"{', '.join(wrong)} can't be set: wanted some of {', '.join(DESCRIPTIVE_FIELDS)}.")
        record_from({"image_id": "any image", "file": "any", "width_px": 1, "height_px": 1, **self.fields})
        if self.form:
            format_named(self.form)


@dataclass(frozen=True)
class ImportFault:
    """An image, or a whole source, that could not be imported, and why."""

    source: Path
    image_id: str
    message: str


@dataclass(frozen=True)
class Imported:
    """What an import did: images added, images that were there already, and what could not be imported.

    ``warnings`` are sentences that the user should read, each once.
    """

    added: int
    already: int
    faults: tuple[ImportFault, ...]
    warnings: tuple[str, ...] = ()


def format_named(name: str) -> Format:
    """The format of a name.

    Raises:
        SettingsError: if there is none.
    """
    if name not in FORMATS:
        raise SettingsError(f"no format is called {name!r}: wanted one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def import_sources(
    sources: Sequence[str | Path], target: str | Path, settings: ImportSettings, progress: Progress | None = None
) -> Imported:
    """Import files, folders, zip archives and datasets into the dataset in ``target``, which is made if need be.

    A bad image is noted and the others go on. If the import is stopped, the same one goes on where it ended.

    Args:
        sources: in any format.
        target: folder of the dataset.
        settings: how.
        progress: called with ``("adding images", done, done + 1)``.

    Raises:
        OutputError: if nothing can be written.
        InputError: if ``target`` is a damaged dataset.
    """
    dataset = Dataset.open_or_create(target)
    importing = _Import(dataset, settings, progress)
    with dataset.writing():
        for source in sources:
            importing.take(Path(source))
    return Imported(importing.added, importing.already, tuple(importing.faults), tuple(importing.warnings))


def export(dataset: Dataset, form: str, target: str | Path, condition: str = "", on_warning: OnWarning = warn) -> int:
    """Write images of a dataset into a new folder in another format, and return how many.

    Args:
        dataset: where they are.
        form: name of the format.
        target: a new folder.
        condition: which images; see `Dataset.query`.
        on_warning: called with what the user should know of the export, such as what the format can't hold.

    Raises:
        SettingsError: if there is no such format, or the condition can't be used.
        InputError: if the condition holds for no image, or an image holds what the format can't.
        OutputError: if the folder is there already, or can't be written.
    """
    chosen, names = format_named(form), [record.image_id for record in dataset.query(condition)]
    if not names:
        unset = f" No image has a value for {' or '.join(never)}." if (never := dataset.never_set(condition)) else ""
        with_it = f" with {condition}" if condition else ""
        raise InputError(f"{dataset.folder}: there is no image{with_it} to export.{unset}")
    chosen.write(dataset.entries(condition), target, on_warning)
    return len(names)


class _Import:
    """An import under way."""

    def __init__(self, dataset: Dataset, settings: ImportSettings, progress: Progress | None) -> None:
        self._dataset = dataset
        self._settings = settings
        self._progress = progress
        self._seen = 0
        self._faulty = 0
        self.added = 0
        self.faults: list[ImportFault] = []
        self.warnings: dict[str, None] = {}

    @property
    def already(self) -> int:
        """Images that were there already."""
        return self._seen - self.added - self._faulty

    def take(self, source: Path) -> None:
        """Import one source; what can't be read is noted."""
        try:
            with unpacked(source, self._dataset.folder, self._settings.form) as place:
                self._take_from(source, place)
        except InputError as error:
            self.faults.append(ImportFault(source, "", str(error)))

    def _take_from(self, source: Path, place: Path) -> None:
        faulty: set[str] = set()

        def note(image_id: str, error: UniaimsError) -> None:
            """Note an image that can not be taken in."""
            faulty.add(image_id)
            self._faulty += 1
            self.faults.append(ImportFault(source, image_id, str(error)))

        def note_unreadable(image_id: str, error: UniaimsError) -> None:
            """Note an image that can not be read."""
            self._seen += 1
            note(image_id, error)

        entries = self._described(entries_of(place, self._settings.form, note_unreadable))
        settings = self._settings
        self.added += self._dataset.add(entries, settings.placement, settings.existing, note, self._progress)
        for mask in sorted((place / IGNORE).glob("*")) if (place / IGNORE).is_dir() else []:
            try:
                if stem_of(mask) not in faulty:
                    self._take_ignored(mask)
            except InputError as error:
                self.faults.append(ImportFault(source, "", str(error)))

    def _described(self, entries: Iterable[AnnotatedImage]) -> Iterator[AnnotatedImage]:
        """The entries, with the fields that are set for all."""
        fields = dict(self._settings.fields)
        if "pixel_size_nm" in fields:
            fields.setdefault("pixel_size_source", "given")
        for entry in entries:
            self._seen += 1
            self.warnings.update(dict.fromkeys(entry.warnings))
            yield replace(entry, record=replace(entry.record, **fields))

    def _take_ignored(self, mask: Path) -> None:
        """Keep the mask of the ignored region of an image."""
        name = stem_of(mask)
        if mask.suffix.lower() not in LABEL_SUFFIXES or name not in self._dataset:
            return
        labels, shape = guarded(read_labels, mask, about=mask), self._dataset.record(name).shape
        if labels.shape != shape:
            raise unequal_sizes(f"ignore/{mask.name}", labels.shape, shape)
        write_ignored(self._dataset.ignore_path(name), labels > 0)


def entries_of(place: Path, form: str, on_fault: OnFault) -> Iterator[AnnotatedImage]:
    """The images of a file or folder in a format, or of a dataset; an empty format is found out."""
    if is_dataset(place):
        return Dataset.open(place).entries()
    return (format_named(form) if form else detect(place)).read(place, on_fault)


@contextmanager
def unpacked(source: Path, folder: Path, form: str) -> Iterator[Path]:
    """The source itself; of an archive that is in no format of its own, a folder with what is in it."""
    forms = [FORMATS[form]] if form else FORMATS.values()
    if not is_archive(source) or any(each.matches(source) for each in forms):
        yield source
        return
    with TemporaryDirectory(prefix=INCOMING_ARCHIVE, dir=folder) as waiting:
        yield unpack(source, Path(waiting))
