"""The description of the routes: checked in as it is, and true; nothing that fits it brings the server down."""

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.pyramid import make_pyramid
from uniaims.server.application import interface
from uniaims.server.desk import Desk

OPERATIONS = [
    (method.upper(), path)
    for path, methods in interface().openapi()["paths"].items()
    for method in methods
    if path != f"{API}/events" and (method, path) != ("delete", f"{API}/session")  # without end; signs out
]


@pytest.fixture(scope="module")
def schema(desk: Desk) -> schemathesis.BaseSchema:
    """The description; there are a project, an image and a layer 1, numbers that are tried often."""
    account, blobs = desk.engine.accounts.local(), desk.engine.blobs
    pixels = np.arange(12 * 9, dtype=np.uint8).reshape(12, 9)
    project = desk.engine.projects.add("schema", account)
    image = desk.engine.images.add(project.id, NewImage("a.png", blobs.put(b"a"), 1), account)
    desk.engine.images.finish(image.id, Reading(9, 12, pyramid=make_pyramid(pixels, blobs)))
    layer = desk.engine.layers.add(image.id, write_labels((pixels > 50).astype(np.uint32), blobs), "main", account.id)
    assert (project.id, image.id, layer) == (1, 1, 1)
    return schemathesis.openapi.from_dict(interface().openapi())


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_that_is_sent_is_a_fault(
    client: TestClient, schema: schemathesis.BaseSchema, method: str, path: str
) -> None:
    @given(case=schema[path][method].as_strategy())
    @settings(max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def sent(case: schemathesis.Case) -> None:
        """One request."""
        told = case.as_transport_kwargs(base_url="http://127.0.0.1:8765")
        kept = {name: told.get(name) for name in ("params", "json", "headers") if told.get(name) is not None}
        content = told.get("data") if isinstance(told.get("data"), str | bytes) else None
        answer = client.request(method, told["url"], content=content, cookies=None, **kept)
        assert answer.status_code < 500, answer.text

    sent()
