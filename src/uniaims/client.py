"""A server that runs `uniaims serve`, from Python: its projects, images, labels and jobs.

>>> client = uniaims.Client("http://127.0.0.1:8765/#/start?token=...")             # doctest: +SKIP
>>> image = client.project("powders").upload("powder.tif")                          # doctest: +SKIP
>>> image.run("analyse", settings={"segmenter": {"model": "general"}})              # doctest: +SKIP
>>> image.labels()                                                                  # doctest: +SKIP
"""

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import numpy as np

from uniaims.errors import ConflictError, InputError, MissingDependencyError, NotFoundError, OutputError, UniaimsError
from uniaims.frames import read_columns, read_frames
from uniaims.labels import Labels
from uniaims.progress import Progress

if TYPE_CHECKING:
    import httpx
    import polars

PART_BYTES = 4 * 2**20
WAIT_SECONDS = 0.3
_ERRORS: Mapping[int, type[UniaimsError]] = {
    404: NotFoundError,
    409: ConflictError,
    507: OutputError,
    500: UniaimsError,
}


class Client:
    """A connection to a server; use it in ``with``, or close it."""

    def __init__(self, link: str, *, transport: Any = None) -> None:
        """Sign in by the link that `uniaims serve` prints, or with the address and a token of a session.

        Args:
            link: ``http://host:port/#/start?token=...``; it works once.
            transport: of httpx, for tests.

        Raises:
            InputError: if it is no link, or was used before.
            OutputError: if nothing answers there.
            MissingDependencyError: if httpx is not installed.
        """
        try:
            import httpx
        except ImportError as error:
            raise MissingDependencyError(
                "httpx is not installed, and the client needs it: pip install httpx"
            ) from error
        parts = urlsplit(link)
        token = parts.fragment.partition("token=")[2]
        if not (parts.scheme and parts.netloc and token):
            raise InputError(f"{link.partition('token=')[0]!r}: wanted the link that `uniaims serve` prints.")
        self._failure = httpx.TransportError
        self._http = httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}/api/v1/", transport=transport, timeout=60)
        self.request("POST", "start", json={"token": token})

    def close(self) -> None:
        """End the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def request(self, method: str, path: str, **more: Any) -> "httpx.Response":
        """Ask the server for a path below ``/api/v1``.

        Raises:
            NotFoundError, ConflictError, InputError, OutputError: as the server says.
        """
        try:
            answer = self._http.request(method, path, **more)
        except self._failure as error:
            raise OutputError(f"{self._http.base_url}: the server does not answer ({error}). Does it run?") from error
        if answer.is_success:
            return answer
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise _ERRORS.get(answer.status_code, InputError)(
            told.get("detail", f"the server answers {answer.status_code}.")
        )

    def projects(self) -> "list[Project]":
        """All projects."""
        return [Project(self, each["id"], each["name"]) for each in self.listed("projects")]

    def project(self, name: str) -> "Project":
        """The project of a name; it is made where there is none."""
        known = [each for each in self.projects() if each.name == name]
        if known:
            return known[0]
        made = self.request("POST", "projects", json={"name": name}).json()
        return Project(self, made["id"], made["name"])

    def listed(self, path: str) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        after: Any = 0
        while after is not None:
            page = self.request("GET", path, params={"after": after}).json()
            yield from page["items"]
            after = page["next"]

    def wait(self, job: int, progress: Progress | None = None) -> dict[str, Any]:
        """Wait until a job has ended, and give its result.

        Raises:
            InputError: if it failed or was stopped.
        """
        while True:
            told = self.request("GET", f"jobs/{job}").json()
            if progress:
                progress(told["stage"], told["done"], told["total"])
            if told["state"] == "done":
                result: dict[str, Any] = told["result"]
                return result
            if told["state"] in {"failed", "cancelled"}:
                raise InputError(told["error"] or f"job {job} was stopped.")
            time.sleep(WAIT_SECONDS)


@dataclass(frozen=True)
class Project:
    """A project of a server."""

    client: Client
    id: int
    name: str

    def images(self) -> "list[Image]":
        """Its images."""
        return [Image(self.client, self, each["id"]) for each in self.client.listed(f"projects/{self.id}/images")]

    def upload(self, path: str | Path, progress: Progress | None = None) -> "Image":
        """Send an image file, and wait until the server has read it.

        Raises:
            InputError: if the server can't read it.
        """
        place = Path(path)
        job = int(self._sent(place, place.name, "image", progress).headers["x-job"])
        return Image(self.client, self, int(self.client.wait(job)["image"]))

    def import_files(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Send a file, a zip or a folder in a format of datasets, and wait until its images and labels are taken in.

        Args:
            path: of it; label images alone go onto the images of the same names.
            format: name of it; else the server finds it out.
            progress: told how far it is.

        Raises:
            InputError: if nothing can be taken in.
        """
        place = Path(path)
        files = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
        names = [file.relative_to(place.parent if place.is_file() else place).as_posix() for file in files]
        sent = [self._sent(file, name, "archive", progress) for file, name in zip(files, names, strict=True)]
        params = {"uploads": [answer.url.path.rpartition("/")[2] for answer in sent]}
        return self._run("import", params | ({"format": format} if format else {}), progress)

    def export(self, format: str, path: str | Path, images: "list[Image] | None" = None) -> Path:  # noqa: A002
        """Write images and their objects in a format, and fetch the file, into a folder under its own name."""
        params = {"format": format} | ({"images": [each.id for each in images]} if images is not None else {})
        result = self._run("export", params)
        target = Path(path) / result["name"] if Path(path).is_dir() else Path(path)
        target.write_bytes(self.client.request("GET", result["artefact"].removeprefix("/api/v1/")).content)
        return target

    def datasets(self) -> list[dict[str, Any]]:
        """Its dataset versions as JSON, the newest first."""
        return list(self.client.request("GET", f"projects/{self.id}/datasets").json()["items"])

    def make_dataset(
        self, parts: "Sequence[Image | Mapping[str, Any]]", note: str = "", seed: int = 0
    ) -> dict[str, Any]:
        """Freeze what people have looked at as a dataset version; gives it as JSON.

        Args:
            parts: images, or tables such as ``{"image": 3, "box": {"top": 0, ...}, "split": "test"}``.
            note: what to know of it.
            seed: another one shares out otherwise.

        Raises:
            InputError: if they can't be learned from.
        """
        told = [{"image": part.id} if isinstance(part, Image) else dict(part) for part in parts]
        body = {"parts": told, "note": note, "seed": seed}
        made: dict[str, Any] = self.client.request("POST", f"projects/{self.id}/datasets", json=body).json()
        return made

    def finetune(
        self, dataset: int, parent: int | str | None = None, progress: Progress | None = None, **settings: Any
    ) -> "Model":
        """Teach a model with a dataset version, and wait; gives the new model, a candidate.

        Args:
            dataset: number (``id``) of the version.
            parent: number of a model of the project, or name of a shipped one; else the project's model.
            progress: told how far it is.
            settings: ``minutes``, ``steps``, ``batch``, ``learning_rate``, ``seed``.

        Raises:
            InputError: if it can't be done, or was stopped.
        """
        params = {"dataset": dataset, "settings": settings} | ({"parent": parent} if parent is not None else {})
        return Model(self.client, self, int(self._run("finetune", params, progress)["model"]))

    def models(self) -> "list[Model]":
        """The models that were trained for it, the newest first."""
        told = self.client.request("GET", f"projects/{self.id}/models").json()["items"]
        return [Model(self.client, self, each["id"]) for each in told]

    def roll_back(self, model: "Model | None" = None) -> dict[str, Any]:
        """Work with the model before, or another one of its own; gives the project as JSON.

        Raises:
            ConflictError: if there was none before.
        """
        body = {"model": model.id if model else None}
        told: dict[str, Any] = self.client.request("POST", f"projects/{self.id}/roll-back", json=body).json()
        return told

    def suggest(
        self, images: "Sequence[Image] | None" = None, progress: Progress | None = None
    ) -> list[dict[str, Any]]:
        """Look at images again with the project's model, and wait; what people have done stays. Gives the results."""
        body = {"images": [each.id for each in images] if images is not None else None}
        jobs = self.client.request("POST", f"projects/{self.id}/suggest", json=body).json()["items"]
        return [self.client.wait(job["id"], progress) for job in jobs]

    def _run(self, kind: str, params: Mapping[str, Any], progress: Progress | None = None) -> dict[str, Any]:
        job = self.client.request("POST", f"projects/{self.id}/jobs", json={"kind": kind, "params": params}).json()
        return self.client.wait(job["id"], progress)

    def _sent(self, place: Path, name: str, purpose: str, progress: Progress | None) -> "httpx.Response":
        """Send a file; gives the answer to its last part."""
        told = {"filename": name, "project": str(self.id), "purpose": purpose}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        size = place.stat().st_size
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": metadata}
        answer = self.client.request("POST", "uploads", headers=headers)
        number = answer.headers["location"].rpartition("/")[2]
        with place.open("rb") as file:
            while part := file.read(PART_BYTES):
                headers = {
                    "Tus-Resumable": "1.0.0",
                    "Upload-Offset": str(file.tell() - len(part)),
                    "Content-Type": "application/offset+octet-stream",
                }
                answer = self.client.request("PATCH", f"uploads/{number}", content=part, headers=headers)
                if progress:
                    progress("upload", file.tell(), size)
        return answer


@dataclass(frozen=True)
class Model:
    """A model that was trained for a project."""

    client: Client
    project: Project
    id: int

    def facts(self) -> dict[str, Any]:
        """Where it comes from and how good it is, as JSON; ``comparison`` is that with its parent."""
        facts: dict[str, Any] = self.client.request("GET", f"models/{self.id}").json()
        return facts

    def promote(self, reason: str = "") -> dict[str, Any]:
        """Let the project work with it; gives it as JSON.

        Raises:
            ConflictError: if it was not shown to be better than its parent, and no reason is given.
        """
        told: dict[str, Any] = self.client.request("POST", f"models/{self.id}/promote", json={"reason": reason}).json()
        return told

    def download(self, path: str | Path) -> Path:
        """Fetch its ONNX file, for `uniaims analyse --model`."""
        target = Path(path)
        target.write_bytes(self.client.request("GET", f"models/{self.id}/file").content)
        return target


@dataclass(frozen=True)
class Image:
    """An image of a project."""

    client: Client
    project: Project
    id: int

    def facts(self) -> dict[str, Any]:
        """What is known of it, as JSON."""
        facts: dict[str, Any] = self.client.request("GET", f"images/{self.id}").json()
        return facts

    def run(self, kind: str, progress: Progress | None = None, **params: Any) -> dict[str, Any]:
        """Start a job on it (``analyse``, ``measure``), wait, and give its result."""
        return self.project._run(kind, {"image": self.id, **params}, progress)

    def labels(self) -> Labels:
        """Its labels (H, W) uint32 as they are now."""
        facts = self.facts()
        shape, tile = (facts["height_px"], facts["width_px"]), 512
        rows, columns = (-(-side // tile) for side in shape)
        labels = np.zeros((rows * tile, columns * tile), np.uint32)
        wanted = [(0, y, x, -1) for y in range(rows) for x in range(columns)]
        for first in range(0, len(wanted), 64):
            body = {"tiles": wanted[first : first + 64]}
            data = self.client.request("POST", f"layers/{facts['layer_id']}/tiles", json=body).content
            for each in read_frames(data):
                place = slice(each.y * tile, (each.y + 1) * tile), slice(each.x * tile, (each.x + 1) * tile)
                labels[place] = each.numbers.reshape(tile, tile)
        return labels[: shape[0], : shape[1]]

    def instances(self) -> "polars.DataFrame":
        """Its instances, a row each, as they are now."""
        import polars

        data = self.client.request("GET", f"layers/{self.facts()['layer_id']}/instances").content
        return polars.DataFrame(read_columns(data)[1])
