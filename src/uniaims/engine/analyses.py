"""What was measured of images: files of results as blobs, and which state of a layer they are of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from uniaims.engine.blobs import FolderBlobs
from uniaims.engine.database import Database, now_ms
from uniaims.engine.tables import analyses, images


@dataclass(frozen=True)
class KeptAnalysis:
    """The results of an image.

    Attributes:
        seq: of the layer when it was measured.
        files: name of a file -> name of its blob.
    """

    id: int
    image_id: int
    mode: str
    settings: Mapping[str, Any]
    seq: int
    files: Mapping[str, str]
    created_ms: int


@dataclass(frozen=True)
class Analyses:
    """The results of all images."""

    database: Database
    blobs: FolderBlobs

    def keep(
        self,
        image_id: int,
        account_id: int,
        mode: str,
        settings: Mapping[str, Any],
        seq: int,
        files: Mapping[str, str],
        job_id: int | None = None,
    ) -> None:
        """Note results whose files are blobs already; they are the image's from now on."""
        listing = self.blobs.put(json.dumps(dict(sorted(files.items()))).encode())
        project = select(images.c.project_id).where(images.c.id == image_id).scalar_subquery()
        row = {
            "account_id": account_id, "image_id": image_id, "mode": mode, "settings": dict(settings), "seq": seq,
            "result": listing, "job_id": job_id, "state": "done", "created_ms": now_ms(),
            "project_id": project,
        }  # fmt: skip
        self.database.write(lambda connection: connection.execute(insert(analyses).values(row)))

    def latest(self, image_id: int) -> KeptAnalysis | None:
        """The newest results of an image; ``None`` if there are none."""
        newest = select(analyses).where(analyses.c.image_id == image_id).order_by(analyses.c.id.desc()).limit(1)
        with self.database.read() as connection:
            row = connection.execute(newest).first()
        if row is None:
            return None
        files = json.loads(self.blobs.get(row.result))
        return KeptAnalysis(row.id, image_id, row.mode, row.settings, row.seq, files, row.created_ms)

    def file(self, image_id: int, name: str) -> Path | None:
        """A file of the newest results; ``None`` if they have none of this name."""
        kept = self.latest(image_id)
        return self.blobs.path(kept.files[name]) if kept and name in kept.files else None
