"""A fuzzing editor: clients with stale views of one layer draw, merge, delete, undo, and the program crashes."""

import hashlib
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.instances import SHAPE, measured_rows
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.patch import difference
from uniaims.engine.layers.replacing import Replacement
from uniaims.engine.layers.tile import DecodedTiles
from uniaims.errors import ConflictError

_EDITS = count()


def labels_at_first(shape=(560, 620)):
    labels = np.zeros(shape, np.uint32)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    for number, (y, x) in enumerate([(60, 60), (80, 500), (500, 530), (515, 100), (300, 300), (300, 330)], 1):
        labels[(rows - y) ** 2 + (columns - x) ** 2 < 22**2] = number
    return labels


def digest(layer: Layer) -> str:
    """Of all pixels, and of all that is said of instances but when it was."""
    rows = layer.rows()[1].copy()
    rows["changed_seq"] = 0
    rows = rows[np.argsort(rows["number"])]
    return hashlib.sha256(layer.labels().tobytes() + rows.tobytes()).hexdigest()


@dataclass
class Client:
    """Somebody who sees the layer as it was when he last looked, and what he did since."""

    author: Author
    view: np.ndarray
    seen: int
    own: dict[int, int] = field(default_factory=dict)
    fresh: list[int] = field(default_factory=list)

    def touched(self, numbers):
        return {int(number): max(self.seen, self.own.get(int(number), 0)) for number in numbers}


class FuzzingEditor:
    """Does steps, and checks after each that pixels and rows are what they should be."""

    def __init__(self, layer: Layer, engine, accounts=(1,), clients=3) -> None:
        self.engine = engine
        self.layer = layer
        self.before = digest(layer)
        self.model = layer.labels()
        authors = [Author(accounts[i % len(accounts)], f"client {i}") for i in range(clients)]
        self.clients = [Client(author, self.model.copy(), 0) for author in authors]
        self.statuses: list[str] = []

    def step(self, who: int, action: str, y: int, x: int, size: int) -> None:
        client = self.clients[who % len(self.clients)]
        if action in ("undo", "redo"):
            self._undo(client, action)
        elif action == "look":
            client.view, client.seen = self.layer.labels(), self.layer.seq
        elif action == "crash":
            self.reopen()
        elif action == "snapshot":
            self.layer.snapshot()
        elif action == "replace":
            labels = np.roll(labels_at_first(self.layer.shape), y, 0)
            self.layer.replace(Replacement(write_labels(labels, self.engine.blobs), "import"), client.author)
            self.statuses.append("accepted")
            self.model = labels
        else:
            self._edit(client, action, y, x, size)
        self.check()

    def reopen(self) -> None:
        known = digest(self.layer)
        self.layer = Layer(self.layer.id, self.engine.database, self.engine.blobs, DecodedTiles(4))
        assert digest(self.layer) == known

    def check(self) -> None:
        labels = self.layer.labels()
        assert (labels == self.model).all()
        rows = self.layer.rows()[1]
        rows = rows[np.argsort(rows["number"])]
        wanted = measured_rows(labels)
        assert rows["number"].tolist() == wanted["number"].tolist()
        for name in SHAPE:
            assert (rows[name] == wanted[name]).all(), name
        assert (rows["flags"] & 12 == wanted["flags"]).all()

    def undo_all(self) -> None:
        """Take back everything that counts, the newest first, each edit by its author."""
        for row in [row for row in self.layer.history(None, 10_000) if row.undoes is None and row.undone_by is None]:
            result = self.layer.undo(Author(row.author_id, row.client), row.seq)
            assert result.status == "accepted", (row.seq, result)
        self.model = self.layer.labels()
        self.check()

    def _edit(self, client: Client, action: str, y: int, x: int, size: int) -> None:
        present = np.unique(client.view[client.view > 0]).tolist()
        chosen = [present[(y + i * (1 + x)) % len(present)] for i in range(2)] if present else [1, 2]
        edit_id = f"fuzz {next(_EDITS)}"
        wanted = client.view.copy()
        if action in ("draw", "extend", "erase"):
            edit, wanted = self._painting(client, action, edit_id, y, x, size, chosen)
            if edit is None:
                return
        elif action == "merge":
            edit = Edit(edit_id, "merge", "merge", b"", client.touched(chosen), {}, tuple(chosen), chosen[0])
            wanted[wanted == chosen[1]] = chosen[0]
        elif action == "delete":
            edit = Edit(edit_id, "delete", "delete", b"", client.touched(chosen[:1]), {}, (chosen[0],))
            wanted[wanted == chosen[0]] = 0
        else:
            name, value = [("kind", x % 9), ("state", x % 3), ("flagged", x % 2), ("locked", 0)][y % 4]
            edit = Edit(edit_id, "set", "", b"", client.touched(chosen[:1]), {}, (chosen[0],), 0, name, value)
        self._send(client, edit, wanted)

    def _painting(self, client, action, edit_id, y, x, size, chosen):
        rows, columns = np.mgrid[: client.view.shape[0], : client.view.shape[1]]
        disk = (rows - y) ** 2 + (columns - x) ** 2 <= size**2
        new, number = {}, 0
        if action == "draw":
            if not client.fresh:
                first = self.layer.give_numbers(4, client.author)
                client.fresh = list(range(first, first + 4))
            number = client.fresh.pop()
            new = {number: size % 5}
        elif action == "extend":
            number = chosen[0]
        wanted = client.view.copy()
        wanted[disk] = number
        patch = difference(client.view, wanted)
        if not len(patch.runs):
            return None, wanted
        touched = client.touched(set(patch.numbers) - set(new))
        return Edit(edit_id, "paint", "brush", patch.encode(), touched, new), wanted

    def _send(self, client: Client, edit: Edit, wanted: np.ndarray) -> None:
        before = digest(self.layer)
        result = self.layer.apply(client.author, [edit], may_review=True)[0]
        self.statuses.append(result.status)
        if result.status != "accepted":
            assert digest(self.layer) == before
            return
        if edit.kind == "paint":
            differs = wanted != client.view
            now = self.model[differs]
            assert ((now == client.view[differs]) | (now == wanted[differs])).all()
            self.model = np.where(differs, wanted, self.model)
        else:
            self.model = self.layer.labels()
        client.view = wanted
        client.own.update({int(number): result.seq for number in result.rows["number"]})
        again = self.layer.apply(client.author, [edit])[0]
        assert (again.status, again.seq) == ("repeated", result.seq)

    def _undo(self, client: Client, action: str) -> None:
        before = digest(self.layer)
        try:
            result = getattr(self.layer, action)(client.author)
        except ConflictError:
            return
        self.statuses.append(result.status)
        if result.status != "accepted":
            assert digest(self.layer) == before
        self.model = self.layer.labels()
