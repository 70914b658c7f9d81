"""The description of the routes: checked in as it is, and true; nothing that fits it brings the server down."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.server.application import interface
from uniaims.server.openapi import description

OPERATIONS = [
    (method.upper(), path)
    for path, methods in interface().openapi()["paths"].items()
    for method in methods
    if path != f"{API}/events"  # it does not end
]


def test_the_description_is_checked_in(repository: Path) -> None:
    told = (repository / "web" / "openapi.json").read_text(encoding="ascii")
    assert told == description(), "write it anew: python -m uniaims.server.openapi web/openapi.json"


@pytest.fixture(scope="module")
def schema() -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_dict(interface().openapi())


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_that_is_sent_is_a_fault(
    client: TestClient, schema: schemathesis.BaseSchema, method: str, path: str
) -> None:
    operation = schema[path][method]

    @settings(max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def sent(case: schemathesis.Case) -> None:
        """One request."""
        if path == f"{API}/session" and method == "DELETE":
            return  # it would sign out
        case.call_and_validate(session=client, base_url="http://127.0.0.1:8765", checks=[not_a_server_error])

    from hypothesis import given

    given(case=operation.as_strategy())(sent)()
