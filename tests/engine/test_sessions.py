"""Sessions: who signed in stays so, and who signed out is out at once."""

from uniaims.engine.sessions import Sessions


def test_whose_token_it_is_is_remembered_until_he_signs_out(engine):
    sessions, account = Sessions(engine.database), engine.accounts.local().id
    token = sessions.begin(account)
    assert sessions.recent(token) is None
    assert sessions.account_of(token) == account == sessions.recent(token)
    assert sessions.account_of("another") is sessions.recent("another") is None
    sessions.end(token)
    assert sessions.recent(token) is sessions.account_of(token) is None


def test_what_was_remembered_is_looked_up_again(engine, monkeypatch):
    sessions = Sessions(engine.database)
    token = sessions.begin(engine.accounts.local().id)
    sessions.account_of(token)
    monkeypatch.setattr("uniaims.engine.sessions.now_ms", lambda: 10**15)
    assert sessions.recent(token) is sessions.account_of(token) is None
