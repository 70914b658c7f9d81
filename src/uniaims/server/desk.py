"""What every route works with: the engine, the events, and who asks."""

import hmac
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request
from pydantic import Field

from uniaims.engine import Engine
from uniaims.engine.analyses import Analyses
from uniaims.engine.datasets import Datasets
from uniaims.engine.fields import FieldCache
from uniaims.engine.images import Image, NewImage
from uniaims.engine.layers.editing import EditResult
from uniaims.engine.models import Models
from uniaims.engine.queue import Job, Queue
from uniaims.engine.sessions import Sessions
from uniaims.engine.uploads import Upload, Uploads
from uniaims.errors import NotFoundError
from uniaims.server.attempts import Attempts
from uniaims.server.bodies import job_body, result_body
from uniaims.server.errors import ProblemError
from uniaims.server.stream import Stream


@dataclass
class Links:
    """The links that let somebody in, each once.

    Attributes:
        make: gives a secret.
        tell: is told of the next one when one has been used, so that another browser can be let in too.
    """

    make: Callable[[], str]
    tell: Callable[[str], None] = lambda _token: None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    current: str = ""

    def __post_init__(self) -> None:
        self.current = self.current or self.make()

    def use(self, token: str) -> bool:
        """Whether the token is that of the link; it is so once."""
        with self._lock:
            if not hmac.compare_digest(token.encode(), self.current.encode()):
                return False
            self.current = self.make()
        self.tell(self.current)
        return True


class Desk:
    """What the routes of one server share.

    Attributes:
        engine: the data.
        links: that let somebody in.
        stream: what is told to pages.
        ready: set when everything is compiled.
        attempts: of those who come with wrong links.
        queue, uploads, sessions, analyses, fields, datasets, models: parts of the engine.
    """

    def __init__(self, engine: Engine, links: Links, queue: Queue) -> None:
        self.engine, self.links, self.queue = engine, links, queue
        self.stream = Stream()
        self.ready = threading.Event()
        self.uploads = Uploads(engine.database, engine.folder / "uploads")
        self.sessions, self.attempts = Sessions(engine.database), Attempts()
        self.analyses = Analyses(engine.database, engine.blobs)
        self.fields = FieldCache(engine.folder / "fields")
        self.datasets, self.models = Datasets(engine), Models(engine)

    def tell_job(self, job: Job) -> None:
        """Tell pages how far a job is; what has ended may have changed its image."""
        self.stream.tell("job", job_body(job).model_dump(mode="json"), job.project_id)
        if job.image_id is not None and job.ended_ms is not None:
            with suppress(NotFoundError):
                image = self.engine.images.image(job.image_id)
                self.tell_image(image)
                if job.kind == "analyse" and image.layer_id is not None and job.state == "done":
                    self.tell_replaced(image.layer_id)
        if job.kind == "finetune" and job.state == "done":  # it has a model more
            self.stream.tell("project", {"id": job.project_id}, job.project_id)
        for number in job.result.get("images", ()) if job.kind == "import" else ():
            with suppress(NotFoundError):
                image = self.engine.images.image(number)
                self.tell_image(image)
                if image.layer_id is not None:
                    self.tell_replaced(image.layer_id)

    def tell_image(self, image: Image) -> None:
        """Tell pages that an image has changed, or is gone."""
        self.stream.tell("image", {"id": image.id, "project": image.project_id, "state": image.state}, image.project_id)

    def tell_edit(self, layer: int, client: str, result: EditResult) -> None:
        """Tell pages of an edit that was accepted."""
        if result.status == "accepted":
            told = result_body(result, {}).model_dump(mode="json", include={"seq", "rows", "tiles"})
            self.stream.tell("edit", {"layer": layer, "client": client, **told}, layer=layer)

    def names(self, result: EditResult) -> Mapping[int, str]:
        """How those are called who were quicker."""
        return self.engine.accounts.names({each.author_id for each in result.opponents}) if result.opponents else {}

    def tell_replaced(self, layer: int) -> None:
        """Tell pages that a layer is another one now: they fetch heads and rows anew."""
        seq = self.engine.layers.open(layer).seq
        self.stream.tell("replace", {"layer": layer, "seq": seq}, layer=layer)

    def take_in_left(self) -> None:
        """Take in files that were whole when a server was killed, and forget those whose time is over."""
        for upload in self.uploads.whole():
            self.take_in(upload)
        self.uploads.expire()

    def take_in(self, upload: Upload) -> int:
        """Make an image of a file that is whole, and let a job read it; gives the number of the job."""
        path, account = self.uploads.path(upload.id), self.engine.accounts.account(upload.account_id)
        new = NewImage(upload.name, self.engine.blobs.put_file(path), upload.bytes, Path(upload.name).suffix.lower())
        image = self.engine.images.same_file(upload.project_id, new.sha256)
        image = image or self.engine.images.add(upload.project_id, new, account)
        job = self.queue.add("ingest", {}, account.id, image.project_id, image.id, key=f"ingest {image.id}")
        self.uploads.done(upload)
        self.tell_image(image)
        self.tell_job(job)
        return job.id


async def desk_of(request: Request) -> Desk:
    """The desk of the server that a request came to."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]


def cookie_name(request: Request) -> str:
    """Name of the session's cookie: with the port, since browsers keep cookies for a host, whatever the port."""
    server = request.scope.get("server") or ("", 0)
    return f"uniaims_session_{server[1]}"


def token_of(request: Request) -> str:
    """The secret that a request carries: the token of a script, or the cookie; empty if none."""
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer if kind.lower() == "bearer" else request.cookies.get(cookie_name(request), "")


async def visitor(request: Request, desk: AtDesk) -> int:
    """Number of the account that asks, by its cookie, or by a token of a script.

    Raises:
        ProblemError: if nobody is signed in.
    """
    token = token_of(request)
    account = desk.sessions.recent(token) if token else None
    if token and account is None:
        account = await to_thread.run_sync(desk.sessions.account_of, token)
    if account is None:
        raise ProblemError(401, "Nobody is signed in: open the link that the terminal prints.")
    return account


Visitor = Annotated[int, Depends(visitor)]
Id = Annotated[int, Field(ge=0, lt=2**53)]
"""A number of something, as the tables count and browsers can."""
