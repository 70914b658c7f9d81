"""Dataset versions: frozen as they were, told by their parts, refused where there is nothing to learn from."""

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.engine.datasets import MIXED, Datasets
from uniaims.engine.images import NewImage
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.ingest import suggested, write_labels
from uniaims.engine.sharing import Part
from uniaims.errors import InputError, NotFoundError

LEFT, RIGHT = Box(0, 0, 700, 300), Box(0, 300, 700, 1300)


@pytest.fixture
def drawn(engine, new_layer, three):
    """The image of a layer that people have drawn."""
    return engine.images.of_layer(new_layer(three).id)


def test_a_version_stays_as_it_was(engine, drawn, me):
    datasets = Datasets(engine)
    number = datasets.make(1, [Part(drawn.id, split="train")], me.account_id, "before")
    before = datasets.parts(number)
    engine.layers.open(drawn.layer_id).apply(me, [Edit("d", "delete", numbers=(1,))])
    later = datasets.make(1, [Part(drawn.id, split="train")], me.account_id)
    assert datasets.parts(number) == before
    assert [each.instance_count for each in before + datasets.parts(later)] == [3, 2]
    first, second = datasets.version(number), datasets.version(later)
    assert (second.number, first.note) == (first.number + 1, "before")
    assert first.content_hash != second.content_hash
    assert datasets.page(1, limit=2) == [second, first]
    assert datasets.page(1, limit=1, before=later) == [first]


def test_the_same_content_has_the_same_hash(engine, drawn, me):
    datasets, parts = Datasets(engine), [Part(drawn.id, LEFT, "train")]
    one, other = (datasets.version(datasets.make(1, parts, me.account_id)) for _ in range(2))
    assert one.content_hash == other.content_hash


def test_an_instance_belongs_to_the_box_of_its_middle(engine, drawn, me):
    datasets = Datasets(engine)
    number = datasets.make(1, [Part(drawn.id, LEFT, "train"), Part(drawn.id, RIGHT, "test")], me.account_id)
    told = [(part.box, part.split, part.instance_count) for part in datasets.parts(number)]
    assert told == [(LEFT, "train", 2), (RIGHT, "test", 1)]
    assert datasets.version(number).instance_count == 3
    (progress,) = [each for each in datasets.progress(1, after=drawn.id - 1) if each.image.id == drawn.id]
    assert (progress.suggested_count, progress.edited_count, progress.accepted_count) == (0, 3, 0)
    assert progress.versions == (datasets.version(number).number,)
    assert MIXED not in {part.split for part in datasets.parts(number)}


def test_what_nobody_has_looked_at_is_learned_from_in_boxes_only(engine, new_image, three, me):
    image = new_image(three.shape)
    engine.layers.add(image, write_labels(three, engine.blobs, suggested(np.ones(3, np.float32))))
    datasets = Datasets(engine)
    with pytest.raises(InputError, match="nobody has drawn or accepted anything"):
        datasets.make(1, [Part(image, split="train")], me.account_id)
    (part,) = datasets.parts(datasets.make(1, [Part(image, LEFT, "train")], me.account_id))
    assert (part.instance_count, part.untouched_count) == (2, 2)


def test_what_can_not_be_learned_from_is_refused(engine, drawn, me):
    datasets = Datasets(engine)
    waiting = engine.images.add(1, NewImage("waiting", "e" * 64, 1), engine.accounts.local())
    other = engine.projects.add("of datasets").id
    for project, part, error, said in (
        (1, Part(drawn.id, Box(600, 1200, 700, 1300), "train"), InputError, "nothing is left to learn from"),
        (1, Part(drawn.id, split="test"), InputError, "nothing is left to learn from"),
        (1, Part(waiting.id), InputError, "has not been read yet"),
        (other, Part(drawn.id), NotFoundError, "in this project"),
    ):
        with pytest.raises(error, match=said):
            datasets.make(project, [part], me.account_id)
    with pytest.raises(NotFoundError, match="no dataset version"):
        datasets.version(10**6)
