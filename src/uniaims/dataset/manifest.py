"""What a dataset says of itself: ``dataset.json``."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from uniaims.atomic import atomic_file
from uniaims.errors import InputError

MANIFEST = "dataset.json"
VERSION = 1
_VERSION_KEY = "uniaims_dataset"


@dataclass(frozen=True)
class Manifest:
    """Name, description and day of making of a dataset, and the kinds that its instances have had."""

    name: str
    description: str = ""
    created: str = ""
    kinds: tuple[str, ...] = ()


def is_dataset(folder: str | Path) -> bool:
    """Whether a folder holds a dataset (not a plain folder of images and masks)."""
    return (Path(folder) / MANIFEST).is_file()


def read_manifest(folder: Path) -> Manifest:
    """Read what the dataset in ``folder`` says of itself.

    Raises:
        InputError: if there is none, or one that a later version made.
    """
    path = folder / MANIFEST
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{folder}: no dataset, there is no {MANIFEST}. Make one: uniaims dataset import.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: can't be read ({error}). Bring the file back from a copy.") from error
    if not isinstance(values, dict) or values.get(_VERSION_KEY) != VERSION:
        found = values.get(_VERSION_KEY) if isinstance(values, dict) else None
        raise InputError(f"{path}: a dataset of version {found!r} came, wanted {VERSION}. Is uniaims up to date?")
    kinds = values.get("kinds", [])
    texts = {name: str(values.get(name, "")) for name in ("name", "description", "created")}
    return Manifest(**texts, kinds=tuple(map(str, kinds)) if isinstance(kinds, list) else ())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it.

    Raises:
        OutputError: if it can't be written.
    """
    with atomic_file(folder / MANIFEST) as temporary:
        text = json.dumps({_VERSION_KEY: VERSION} | asdict(manifest), indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
