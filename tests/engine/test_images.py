"""Images: from ingesting to ready, kept as given; what is wrong is told."""

import pytest

from uniaims.engine.images import NewImage, Reading
from uniaims.errors import ConflictError, InputError, PixelSizeError


def test_images_go_from_ingesting_to_ready(engine):
    account = engine.accounts.local()
    project = engine.projects.add("images").id
    image = engine.images.add(project, NewImage("a.tif", "a" * 64, 5, ".tif"), account)
    assert (image.state, image.layer_id) == ("ingesting", None)
    twin = engine.images.add(project, NewImage("a.tif", "b" * 64, 5), account)
    assert twin.name == "a.tif (2)"
    with pytest.raises(ConflictError, match="the file is the same"):
        engine.images.add(project, NewImage("other.tif", "a" * 64, 5), account)
    ready = engine.images.finish(image.id, Reading(30, 20, 2.5, "metadata", findings={"warnings": ["w"]}))
    assert (ready.state, ready.shape, ready.pixel_size_nm) == ("ready", (20, 30), 2.5)
    assert engine.images.update_findings(image.id, {"notes": ["n"]}).findings == {"warnings": ["w"], "notes": ["n"]}
    assert engine.images.fail(twin.id, "no image").error == "no image"
    assert [each.id for each in engine.images.page(project, state="ready")] == [image.id]
    assert engine.images.same_file(project, "a" * 64).id == image.id
    assert engine.images.set_pixel_size(image.id, 4.0).pixel_size_source == "given"
    assert engine.images.set_pixel_size(image.id, None).pixel_size_source == ""
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(PixelSizeError):
            engine.images.set_pixel_size(image.id, wrong)
    with pytest.raises(ConflictError, match="choose another name"):
        engine.images.rename(image.id, "a.tif (2)")
    engine.images.remove(twin.id)
    with pytest.raises(InputError):
        engine.images.image(twin.id)
    assert engine.projects.project(project).image_count == 1
