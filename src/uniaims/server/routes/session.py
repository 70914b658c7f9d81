"""Who is there: the one-time link, the session, and whether the server works."""

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from uniaims.engine.sessions import IDLE_MS
from uniaims.server.bodies import Account, Health, Ready, Session, Start
from uniaims.server.desk import AtDesk, Desk, Visitor, cookie_name, visitor
from uniaims.server.errors import ProblemError
from uniaims.version import __version__

router = APIRouter(tags=["session"])


@router.get("/health")
def health() -> Health:
    """Whether the server answers."""
    return Health(status="ok", version=__version__)


@router.get("/ready")
def ready(desk: AtDesk) -> Ready:
    """Whether its database can be read, and all is compiled, so that nothing takes long for the first time."""
    desk.queue.list(limit=1)
    return Ready(ready=desk.ready.is_set())


@router.post("/start", status_code=204)
async def start(body: Start, request: Request, desk: AtDesk) -> Response:
    """Sign in by the link that the terminal prints; it works once."""
    name = cookie_name(request)
    if desk.links.use(body.token):
        token = await to_thread.run_sync(_begin, desk, request.headers.get("user-agent", ""))
        answer = Response(status_code=204)
        answer.set_cookie(name, token, max_age=IDLE_MS // 1000, path="/", httponly=True, samesite="strict")
        return answer
    try:
        await visitor(request, desk)
    except ProblemError:
        desk.attempts.failed(request.client.host if request.client else "")
        raise ProblemError(
            401, "This link was used before, or is none: the terminal prints a new one.", "link_used"
        ) from None
    return Response(status_code=204)


def _begin(desk: Desk, user_agent: str) -> str:
    return desk.sessions.begin(desk.engine.accounts.local().id, user_agent)


@router.get("/session")
def session(account: Visitor, desk: AtDesk) -> Session:
    """Who is signed in, and where."""
    known = desk.engine.accounts.account(account)
    return Session(
        account=Account(
            id=known.id,
            name=known.name,
            display_name=known.display_name,
            is_administrator=known.is_administrator,
            language=known.language,
        ),
        version=__version__,
        single_user=True,
    )


@router.delete("/session", status_code=204)
def leave(request: Request, account: Visitor, desk: AtDesk) -> Response:  # noqa: ARG001 - it must be somebody
    """Sign out."""
    desk.sessions.end(request.cookies.get(cookie_name(request), ""))
    answer = Response(status_code=204)
    answer.delete_cookie(cookie_name(request))
    return answer
