"""Every route names what it takes to use it, and the table decides."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import insert
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.engine.database import now_ms
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_empty
from uniaims.engine.permissions import PERMISSIONS, ROLE_NAMES, may
from uniaims.engine.tables import accounts, memberships
from uniaims.server.application import ROUTERS
from uniaims.server.desk import Desk, visitor
from uniaims.server.permits import Permit

OPEN = {"/health", "/ready", "/start"}
"""Before anybody is signed in."""
OWN = {"/session", "/uploads", "/uploads/{number}"}
"""About what is one's own; an upload asks for the permission of its project when it begins."""
ROUTES = [route for group in ROUTERS for route in group.router.routes if isinstance(route, APIRoute)]


def permission_of(route: APIRoute) -> str | None:
    found = [each.call.permission for each in route.dependant.dependencies if isinstance(each.call, Permit)]
    assert len(found) <= 1
    return found[0] if found else None


def test_every_route_names_its_permission() -> None:
    assert len(ROUTES) > 60
    for route in ROUTES:
        path, permission = route.path, permission_of(route)
        if path in OPEN | OWN:
            assert permission is None
            asks = any(each.call is visitor for each in route.dependant.dependencies)
            assert asks == (path in OWN) or route.methods == {"OPTIONS"}
        else:
            assert permission in PERMISSIONS, f"{route.methods} {path} names no permission"


@pytest.fixture(scope="module")
def people(desk: Desk) -> dict[str, str]:
    """A token of each role in project 1, and of somebody who is nobody there; image, layer, job 1 are in it."""
    owner, engine = desk.engine.accounts.local(), desk.engine
    project = engine.projects.add("shared", owner)
    image = engine.images.add(project.id, NewImage("a.png", "0" * 64, 1), owner)
    engine.images.finish(image.id, Reading(8, 8))
    layer = engine.layers.add(image.id, write_empty((8, 8), engine.blobs), "main", owner.id)
    job = desk.queue.add("measure", {"image": image.id}, owner.id, project.id, image.id)
    desk.queue.cancel(job.id)
    assert (project.id, image.id, layer, job.id) == (1, 1, 1, 1)
    tokens = {}
    for number, role in enumerate([*ROLE_NAMES, "nobody"], 100):
        row = {"id": number, "name": role, "is_administrator": False, "created_ms": now_ms()}
        engine.database.write(lambda connection, row=row: connection.execute(insert(accounts).values(row)))
        if role in ROLE_NAMES:
            member = {"project_id": 1, "account_id": number, "role": role}
            engine.database.write(lambda connection, row=member: connection.execute(insert(memberships).values(row)))
        tokens[role] = desk.sessions.begin(number)
    return tokens


def in_project() -> Iterator[tuple[str, str, str]]:
    """Method, path and permission of each route about something in project 1; those that delete come last."""
    parts = {"{project}", "{image}", "{layer}", "{job}"}
    for route in sorted(ROUTES, key=lambda route: "DELETE" in (route.methods or ())):
        filled = API + route.path
        if any(part in filled for part in parts):
            for part in parts:
                filled = filled.replace(part, "1")
            permission = permission_of(route)
            assert permission is not None
            yield sorted(route.methods or ())[0], filled, permission


@pytest.mark.parametrize("role", [*ROLE_NAMES, "nobody"])
def test_the_table_decides(stranger: TestClient, people: dict[str, str], role: str) -> None:
    headers = {"Authorization": f"Bearer {people[role]}"}
    for method, path, permission in in_project():
        allowed = role in ROLE_NAMES and may(ROLE_NAMES[role], permission)
        if allowed and method != "GET":
            continue  # done elsewhere
        answer = stranger.request(method, path, headers=headers, json={} if method in {"POST", "PATCH"} else None)
        if role == "nobody":
            assert answer.status_code == 404, (method, path)
        elif allowed:
            assert answer.status_code != 403, (method, path)
        else:
            assert (answer.status_code, answer.json()["type"]) == (403, "forbidden"), (method, path)


def test_nobody_sees_what_is_not_his(stranger: TestClient, people: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {people['nobody']}"}
    assert stranger.get(f"{API}/projects", headers=headers).json()["items"] == []
    assert stranger.get(f"{API}/jobs", headers=headers).json()["items"] == []
    headers = {"Authorization": f"Bearer {people['viewer']}"}
    assert [each["id"] for each in stranger.get(f"{API}/projects", headers=headers).json()["items"]] == [1]
    assert len(stranger.get(f"{API}/jobs", headers=headers).json()["items"]) == 1
