"""Teach a model with a dataset version, as `uniaims finetune` does, and compare it with its parent.

The folder ``trainings/<job>`` keeps the state from which a stopped or killed training goes on, the log, and pictures of
samples; what is large in it goes when the model is made.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniaims.engine.blobs import FolderBlobs, hash_of
from uniaims.engine.trainings import LOG, SAMPLES, Training
from uniaims.jobs.order import Order
from uniaims.jobs.results import placed_model
from uniaims.names import folder_name
from uniaims.progress import Progress

if TYPE_CHECKING:
    from uniaims.dataset import Dataset, Sample
    from uniaims.engine import Engine
    from uniaims.engine.queue import Job
    from uniaims.jobs.comparing import PartScores
    from uniaims.labels import Labels
    from uniaims.training.settings import FineTuningSettings

KEPT = frozenset({SAMPLES, LOG, "settings.toml"})
"""What stays of a training when its model is made."""
MOST_SAMPLES = 4
"""Pictures of each validation."""
SAMPLE_PX = 512
VALIDATIONS = 4
"""Validations of a training, the last step's among them."""


def prepare(engine: "Engine", job: "Job", folder: Path) -> Order:
    """The parts of the version with names of blobs, the parent's file, and the folder of the training."""
    from uniaims.engine.datasets import Datasets
    from uniaims.engine.models import Models

    datasets = Datasets(engine)
    version = datasets.version(int(job.params["dataset"]))
    project = engine.projects.project(version.project_id)
    kinds = {str(kind.number): kind.name for kind in project.kinds}
    parts = []
    for part in datasets.parts(version.id):
        image = engine.images.image(part.image_id)
        parts.append({
            "image": image.id, "sha256": image.sha256, "page": image.page, "suffix": image.suffix, "kinds": kinds,
            "pixel_size_nm": image.pixel_size_nm, "manifest": part.manifest, "split": part.split,
            "box": asdict(part.box) if part.box else None,
        })  # fmt: skip
    parent = job.params["parent"]
    model = str(placed_model(engine, Models(engine).model(parent))) if isinstance(parent, int) else parent
    params = {"parts": parts, "model": model, "name": job.params["name"], "settings": job.params.get("settings", {})}
    files = {
        "dataset": engine.folder / "datasets" / hash_of(json.dumps(parts, sort_keys=True).encode())[:32],
        "run": Training.of_job(engine.folder, job).folder,
    }
    return Order(job.kind, params, engine.blobs.folder, folder, files)


def run(order: Order, progress: Progress) -> Mapping[str, Any]:
    """In the child: the folder of the dataset, the fine-tuning, the comparison; the model's files become blobs."""
    from uniaims.jobs.comparing import comparison
    from uniaims.jobs.learning import dataset_folder
    from uniaims.networks.weights import load_weights
    from uniaims.training.finetuning import finetune
    from uniaims.training.start import weights_of

    blobs, settings = FolderBlobs(order.blobs), _settings(order)
    dataset = dataset_folder(order.files["dataset"], order.params["parts"], blobs, order.folder, progress)
    settings.output.mkdir(parents=True, exist_ok=True)
    done = finetune(settings, progress, _Watching(Training(settings.output)))
    parent, card = load_weights(weights_of(settings.model))[1], load_weights(done.model.weights)[1]
    scores = list(_compared(order, dataset, settings.model, done.model.weights, progress))
    return {
        "name": card.name,
        "steps": done.model.steps,
        "seconds": round(done.model.seconds, 1),
        "comparison": comparison(scores, (parent.name, card.name)),
        "parent": parent.name,
        "settings": {name: getattr(settings, name) for name in ("minutes", "steps", "batch", "learning_rate", "seed")},
        "card": json.loads(card.to_json()),
        "weights": blobs.put_file(done.model.weights),
        "onnx": blobs.put_file(done.model.onnx),
    }


def apply(engine: "Engine", job: "Job", result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The model is one of the project's, a candidate."""
    from uniaims.engine.datasets import Datasets
    from uniaims.engine.models import Models, NewModel

    version = Datasets(engine).version(int(job.params["dataset"]))
    parent = job.params["parent"]
    told = {name: result[name] for name in ("parent", "settings", "steps", "seconds", "comparison")}
    new = NewModel(
        result["name"], parent if isinstance(parent, int) else None, job.id, version.id, result["onnx"],
        result["weights"], result["card"], told,
    )  # fmt: skip
    model = Models(engine).add(version.project_id, new)
    for path in Training.of_job(engine.folder, job).folder.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return {"model": model.id} | {name: result[name] for name in ("name", "steps", "seconds", "comparison")}


def _settings(order: Order) -> "FineTuningSettings":
    from uniaims.training.settings import FineTuningSettings

    told = dict(order.params["settings"])
    steps = int(told.get("steps", FineTuningSettings.steps))
    return FineTuningSettings(
        data=(order.files["dataset"],), output=order.files["run"], model=order.params["model"],
        name=folder_name(order.params["name"]), validation_every=max(1, -(-steps // VALIDATIONS)), **told,
    )  # fmt: skip


def _compared(order: Order, dataset: "Dataset", parent: str, child: Path, progress: Progress) -> "Iterator[PartScores]":
    """Both models on the parts that were kept apart."""
    from uniaims.dataset import StoredSample
    from uniaims.jobs.comparing import PartScores
    from uniaims.jobs.learning import part_name
    from uniaims.runtime import load_model
    from uniaims.training.start import weights_of
    from uniaims.training.validation import judged

    apart = [part for part in order.params["parts"] if part["split"] == "test"]
    models = [load_model(path) for path in (weights_of(parent), child)] if apart else []
    for done, part in enumerate(apart):
        progress("comparing", done, len(apart))
        sample = StoredSample(part_name(part), dataset).read()
        before, after = (judged(model, sample)[1] for model in models)
        yield PartScores(
            {"image_id": part["image"], "box": part["box"]}, before.true_count,
            (before.predicted_count, after.predicted_count), (before.ap50, after.ap50),
        )  # fmt: skip


class _Watching:
    """Keeps pictures of what is found in the first samples of each validation."""

    def __init__(self, training: Training) -> None:
        self._training, self._step, self._seen = training, -1, 0

    def __call__(self, step: int, sample: "Sample", found: "Labels") -> None:
        """A picture: left what people drew, right what the network finds."""
        self._step, self._seen = step, self._seen + 1 if step == self._step else 0
        if self._seen < MOST_SAMPLES:
            write_sample(self._training.sample(step, self._seen), sample, found)


def write_sample(path: Path, sample: "Sample", found: "Labels") -> None:
    """Draw the truth and what was found beside each other, at most 512 px of each side."""
    import cv2
    import numpy as np

    from uniaims.atomic import atomic_file
    from uniaims.report.overlay import overlay

    window = slice(0, SAMPLE_PX), slice(0, SAMPLE_PX)
    picture = np.asarray(sample.micrograph.pixels)[window]
    both = [overlay(picture, np.ascontiguousarray(labels[window]), SAMPLE_PX) for labels in (sample.labels, found)]
    bar = np.full((both[0].shape[0], 4, 3), 255, np.uint8)
    drawn = np.concatenate([both[0], bar, both[1]], axis=1)[..., ::-1]
    encoded = cv2.imencode(".webp", drawn, [cv2.IMWRITE_WEBP_QUALITY, 85])[1]
    with atomic_file(path) as temporary:
        temporary.write_bytes(encoded.tobytes())
