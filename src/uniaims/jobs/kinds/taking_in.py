"""Take in images with their labels: an archive or files in any format of datasets, or label images alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniaims.engine.blobs import FolderBlobs
from uniaims.jobs.order import Order
from uniaims.jobs.results import linked
from uniaims.progress import Progress

if TYPE_CHECKING:
    from uniaims.dataset import AnnotatedImage
    from uniaims.engine import Engine
    from uniaims.engine.images import Image
    from uniaims.engine.projects import Project
    from uniaims.engine.queue import Job

LARGEST_KIND = 255


def prepare(engine: "Engine", job: "Job", folder: Path) -> Order:
    """The files under the names that they were sent with, and what the project has."""
    assert job.project_id is not None
    for file in job.params["files"]:
        target = folder / "incoming" / file["name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        linked(engine.blobs.path(file["blob"]), target)
    known, after = [], 0
    while page := engine.images.page(job.project_id, 200, after, "ready"):
        known += [{"id": image.id, "name": image.name, "shape": image.shape} for image in page]
        after = page[-1].id
    kinds = {kind.name: kind.number for kind in engine.projects.project(job.project_id).kinds}
    params = {"format": job.params.get("format", ""), "known": known, "kinds": kinds}
    return Order(job.kind, params, engine.blobs.folder, folder, {"incoming": folder / "incoming"})


def run(order: Order, progress: Progress) -> Mapping[str, Any]:
    """In the child; each image is read in a guarded one. What can't be read is told, and the others are taken."""
    from uniaims.dataset.transfer import unpacked
    from uniaims.errors import InputError

    sent, taking = order.files["incoming"], _Taking(order)
    files = [path for path in sorted(sent.rglob("*")) if path.is_file()]
    with unpacked(files[0] if len(files) == 1 else sent, order.folder, order.params["format"]) as place:
        form, entries = _entries(place, order.params, taking)
        for done, entry in enumerate(entries):
            progress("images", done, done + 1)
            taking.take(entry)
    if not taking.items:
        told = "; ".join(f"{fault['name']}: {fault['message']}" for fault in taking.faults[:3])
        raise InputError(f"nothing could be taken in. {told}".strip())
    return {
        "items": taking.items, "kinds": taking.kinds, "format": form, "warnings": list(taking.warnings),
        "faults": taking.faults,
    }  # fmt: skip


def apply(engine: "Engine", job: "Job", result: Mapping[str, Any]) -> Mapping[str, Any]:
    """New images with their layers; where an image is there already, its labels are replaced, which can be undone."""
    assert job.project_id is not None
    _add_kinds(engine, engine.projects.project(job.project_id), result["kinds"])
    added, replaced = [], []
    for place, item in enumerate(result["items"]):
        known = engine.images.image(item["onto"]) if item["onto"] else None
        known = known or engine.images.same_file(job.project_id, item["sha256"])
        if known is not None and known.layer_id is not None:
            replaced.append(_replaced(engine, job, known, item, place))
        else:
            added.append(_added(engine, job, known, item))
    told = {name: result[name] for name in ("format", "warnings", "faults")}
    return {"added": len(added), "replaced": len(replaced), "images": added + replaced} | told


def _replaced(engine: "Engine", job: "Job", image: "Image", item: Mapping[str, Any], place: int) -> int:
    from uniaims.engine.layers.editing import Author
    from uniaims.engine.layers.replacing import Replacement

    assert image.layer_id is not None
    new = Replacement(item["manifest"], "import", "import", job.id)
    engine.layers.open(image.layer_id).replace(new, Author(job.created_by, "worker"), f"job {job.id} {place}")
    return image.id


def _added(engine: "Engine", job: "Job", known: "Image | None", item: Mapping[str, Any]) -> int:
    from uniaims.engine.images import NewImage, Reading

    assert job.project_id is not None
    account = engine.accounts.account(job.created_by)
    new = NewImage(item["name"], item["sha256"], item["bytes"], item["suffix"])
    image = known or engine.images.add(job.project_id, new, account)
    reading = Reading(**item["reading"])
    engine.images.describe(image.id, reading)
    engine.layers.add(image.id, item["manifest"], "main", account.id)
    engine.images.finish(image.id, reading)
    return image.id


def _add_kinds(engine: "Engine", project: "Project", found: Mapping[str, int]) -> None:
    """Add the kinds that the project does not have.

    Raises:
        ConflictError: if somebody has given their numbers to others meanwhile.
    """
    from dataclasses import asdict

    from uniaims.errors import ConflictError
    from uniaims.pages.palette import INSTANCE_COLOURS

    known = {kind.name: kind.number for kind in project.kinds}
    new = {name: number for name, number in found.items() if known.get(name) != number}
    if not new:
        return
    if set(new.values()) & set(known.values()) or set(new) & set(known):
        raise ConflictError("the kinds of the project were changed while the import ran: start it again.")
    colours = [INSTANCE_COLOURS[(number - 1) % len(INSTANCE_COLOURS)].lower() for number in new.values()]
    told = [
        {"number": number, "name": name, "colour": colour}
        for (name, number), colour in zip(new.items(), colours, strict=True)
    ]
    engine.projects.change(project.id, {"kinds": [*(asdict(kind) for kind in project.kinds), *told]})


def _entries(place: Path, params: Mapping[str, Any], taking: "_Taking") -> "tuple[str, Iterator[AnnotatedImage]]":
    """The images with their labels, and the format that they are in; where they are in none, the files one by one."""
    from uniaims.dataset.exchange import detect
    from uniaims.dataset.manifest import is_dataset
    from uniaims.dataset.transfer import entries_of
    from uniaims.errors import InputError

    form = params["format"]
    if not form and not is_dataset(place):
        try:
            form = detect(place).name
        except InputError:
            return "", _loose(place, params["known"], taking)
    return form or "dataset", iter(entries_of(place, form, taking.note))


def _loose(place: Path, known: Sequence[Mapping[str, Any]], taking: "_Taking") -> "Iterator[AnnotatedImage]":
    """Files that are in no format: label images of the project's images by their names, other images without labels."""
    from uniaims.dataset import AnnotatedImage, ImageRecord, InstanceMasks
    from uniaims.dataset.exchange.label_folder import ENDINGS
    from uniaims.dataset.folder import LABEL_SUFFIXES
    from uniaims.errors import UniaimsError
    from uniaims.formats import is_image_path
    from uniaims.guard import guarded
    from uniaims.labels import read_labels
    from uniaims.micrograph import read_image
    from uniaims.names import stem_of

    shapes = {Path(each["name"]).stem: tuple(each["shape"]) for each in known}
    for path in [place] if place.is_file() else sorted(place.rglob("*")):
        stem = stem_of(path)
        owner = next((stem.removesuffix(end) for end in ("", *ENDINGS) if stem.removesuffix(end) in shapes), "")
        is_label = bool(owner) and path.suffix.lower() in LABEL_SUFFIXES
        if not path.is_file() or not (is_label or is_image_path(path)):
            continue
        try:
            labels = guarded(read_labels, path, about=path) if is_label else None
            height, width = labels.shape if labels is not None else read_image(path, guarded=True).shape
            masks = InstanceMasks.from_labels(labels) if labels is not None else InstanceMasks.none((height, width))
            record = ImageRecord(owner or stem, path.name, width, height)
            yield AnnotatedImage(record, masks, None if is_label else path)
        except UniaimsError as error:
            taking.note(path.name, error)


class _Taking:
    """What has been taken in: items for the server, kinds, warnings, faults."""

    def __init__(self, order: Order) -> None:
        self._blobs, self._scratch = FolderBlobs(order.blobs), order.folder / "pictures"
        self._known = {Path(each["name"]).stem: each for each in order.params["known"]}
        self.kinds: dict[str, int] = dict(order.params["kinds"])
        self.items: list[dict[str, Any]] = []
        self.warnings: dict[str, None] = {}
        self.faults: list[dict[str, str]] = []

    def note(self, name: str, error: Exception) -> None:
        """Note what can't be taken in."""
        self.faults.append({"name": name, "message": str(error)})

    def take(self, entry: "AnnotatedImage") -> None:
        """Take an image in; what is wrong with it is noted."""
        from uniaims.errors import OutputError, UniaimsError

        try:
            picture = self._picture(entry)
            self.items.append(picture | {"manifest": self._labels(entry)})
        except OutputError:
            raise
        except UniaimsError as error:
            self.note(entry.record.image_id, error)
        self.warnings.update(dict.fromkeys(entry.warnings))

    def _picture(self, entry: "AnnotatedImage") -> dict[str, Any]:
        """The image: one of the project's where only labels came, else its file and what reading it tells."""
        from uniaims.errors import InputError

        name = entry.record.image_id
        if entry.image is None:
            known = self._known.get(name)
            if known is None or tuple(known["shape"]) != entry.record.shape:
                raise InputError(
                    f"{name}: only its labels came, and the project has no image of this name and size. Add the image."
                )
            return {"onto": known["id"], "name": known["name"]}
        path = self._file(entry)
        reading = self._reading(entry, path)
        return {
            "onto": None, "name": f"{name}{path.suffix}", "sha256": self._blobs.put_file(path),
            "bytes": path.stat().st_size, "suffix": path.suffix.lower(), "reading": reading,
        }  # fmt: skip

    def _file(self, entry: "AnnotatedImage") -> Path:
        """The file of an image; of pixels, or of a folder, one that is made."""
        import numpy as np

        from uniaims.dataset.exchange.pictures import save_picture
        from uniaims.micrograph import read_image

        if isinstance(entry.image, Path) and entry.image.is_file():
            return entry.image
        if isinstance(entry.image, Path):
            entry = replace(entry, image=np.asarray(read_image(entry.image, guarded=True).pixels))
        self._scratch.mkdir(exist_ok=True)
        return self._scratch / save_picture(entry, self._scratch)

    def _reading(self, entry: "AnnotatedImage", path: Path) -> dict[str, Any]:
        import numpy as np

        from uniaims.dataset.exchange.format import unequal_sizes
        from uniaims.engine.pyramid import make_pyramid
        from uniaims.jobs.kinds.ingest import reading_of
        from uniaims.micrograph import read_image

        micrograph, record = read_image(path, guarded=True), entry.record
        if micrograph.shape != record.shape:
            raise unequal_sizes(record.image_id, record.shape, micrograph.shape)
        told = reading_of(micrograph, None)
        if record.pixel_size_nm:
            source = record.pixel_size_source or "given"
            told |= {"pixel_size_nm": record.pixel_size_nm, "pixel_size_source": source}
        return told | {"record": record.as_dict(), "pyramid": make_pyramid(np.asarray(micrograph.pixels), self._blobs)}

    def _labels(self, entry: "AnnotatedImage") -> str:
        """The labels as a snapshot, drawn by hand; what a layer can't hold is told."""
        import numpy as np

        from uniaims.engine.layers.ingest import write_labels
        from uniaims.engine.layers.instances import EDITED
        from uniaims.labels import relabel

        masks, name = entry.instances, entry.record.image_id
        labels = masks.labels()
        lost = int(masks.areas_px.sum()) - int(np.count_nonzero(labels))
        if lost:
            text = f"{name}: {lost:,} pixels belong to several instances; the last one has them here."
            self.warnings[text] = None
        if entry.ignored is not None:
            self.warnings[f"{name}: regions that nobody has annotated are not kept; give boxes when you teach."] = None
        kinds = dict(zip(masks.numbers.tolist(), masks.kinds, strict=False))
        old = np.unique(labels)
        labels = relabel(labels)
        numbers = [self._kind(kinds.get(int(number), "")) for number in old[old > 0]]

        def said(rows: Any) -> None:
            """Drawn by hand, of these kinds."""
            rows["state"] = EDITED
            rows["kind"] = np.asarray([0, *numbers], np.uint8)[rows["number"]]

        return write_labels(labels, self._blobs, said)

    def _kind(self, name: str) -> int:
        """The number of a kind; a new one where the project has none of this name, 0 where there are too many."""
        from uniaims.engine.settings import Limits

        name = name.encode()[: Limits.name_bytes].decode(errors="ignore").strip()
        if not name:
            return 0
        if name not in self.kinds:
            free = next((n for n in range(1, LARGEST_KIND + 1) if n not in self.kinds.values()), 0)
            if not free:
                self.warnings[f"there are more than {LARGEST_KIND} kinds: {name} and others are left unsaid."] = None
                return 0
            self.kinds[name] = free
        return self.kinds[name]
