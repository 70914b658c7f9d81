"""People: who sits at the machine, how they are called, and what they are in a project."""

import pytest
from sqlalchemy import insert

from uniaims.engine.accounts import Account
from uniaims.engine.permissions import Role
from uniaims.engine.tables import accounts, memberships
from uniaims.errors import NotFoundError


@pytest.fixture(scope="module")
def new_account(engine):
    """Makes somebody of this name."""

    def make(name: str, shown: str = "") -> Account:
        values = {"name": name, "display_name": shown, "created_ms": 0}
        made = insert(accounts).values(values).returning(accounts.c.id)
        return engine.accounts.account(engine.database.write(lambda connection: connection.execute(made).scalar_one()))

    return make


def test_who_sits_at_the_machine_is_one_administrator(engine):
    local = engine.accounts.local()
    assert engine.accounts.local() == engine.accounts.account(local.id) == local
    assert local.is_administrator
    with pytest.raises(NotFoundError, match="no account 1000000"):
        engine.accounts.account(10**6)


def test_people_are_called_as_they_are_shown_or_by_their_names(engine, new_account):
    with_both, with_one = new_account("li", "Li Wei 李伟"), new_account("chen")
    wanted = {with_both.id: "Li Wei 李伟", with_one.id: "chen"}
    assert engine.accounts.names({*wanted, 10**6}) == wanted
    assert (with_both.display_name, with_one.display_name) == ("Li Wei 李伟", "chen")


def test_who_is_what_in_a_project(engine, new_account):
    owner, member, stranger = new_account("owner"), new_account("member"), new_account("stranger")
    project, other = engine.projects.add("roles", owner).id, engine.projects.add("other roles").id
    held = {"project_id": project, "account_id": member.id, "role": "annotator"}
    engine.database.write(lambda connection: connection.execute(insert(memberships).values(held)))
    role = engine.accounts.role
    assert (role(owner, project), role(member, project), role(stranger, project)) == (Role.EXPERT, Role.ANNOTATOR, None)
    assert [role(each, other) for each in (owner, member, engine.accounts.local())] == [None, None, Role.ADMINISTRATOR]
