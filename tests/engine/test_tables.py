"""What goes with what: rows that belong to others leave with them, or hold them back."""

import pytest
from sqlalchemy import func, insert, select

from uniaims.engine import tables
from uniaims.engine.layers.edits import Edit
from uniaims.errors import ConflictError


def _counts(engine):
    with engine.database.read() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar()
            for name, table in tables.metadata.tables.items()
        }


@pytest.fixture
def edited(engine, new_layer, three, me):
    """The image of a layer that somebody has edited and kept versions of."""
    layer = new_layer(three)
    layer.give_numbers(4, me)
    layer.apply(me, [Edit("d", "delete", numbers=(1,))])
    layer.snapshot("named", "kept")
    return engine.images.of_layer(layer.id)


def test_all_that_belongs_to_an_image_goes_with_it(engine, new_image, edited):
    before = _counts(engine)
    engine.images.remove(edited.id)
    engine.layers.forget(edited.layer_id)
    gone = {name: before[name] - count for name, count in _counts(engine).items() if before[name] != count}
    assert gone == {"images": 1, "layers": 1, "number_blocks": 1, "snapshots": 2, "edits": 1, "edit_tiles": 2}


def test_an_image_of_a_dataset_version_stays(engine, edited, me):
    with engine.database.read() as connection:
        snapshot = connection.execute(
            select(tables.layers.c.head_snapshot_id).where(tables.layers.c.id == edited.layer_id)
        ).scalar_one()
    version = {"project_id": edited.project_id, "number": 1000, "made_by": me.account_id, "created_ms": 0}

    def unit(connection):
        made = insert(tables.dataset_versions).values(version).returning(tables.dataset_versions.c.id)
        held = {"version_id": connection.execute(made).scalar_one(), "image_id": edited.id, "split": "train"}
        connection.execute(insert(tables.dataset_version_images).values(held | {"snapshot_id": snapshot}))

    engine.database.write(unit)
    with pytest.raises(ConflictError, match="part of a dataset version"):
        engine.images.remove(edited.id)
    assert engine.images.image(edited.id) == edited
