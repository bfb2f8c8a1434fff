"""Sessions in the browser: the security administrator sees who is signed in and ends sessions."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.administration.people.schemas import AccountReason
from minfang.kernel.administration.sessions import queries
from minfang.kernel.administration.sessions.schemas import SessionPage
from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, requires
from minfang.kernel.iam.actions import sessions as acts

router = Router(tags=["会话"], auth=[requires("session.manage")])


@router.get("", response={200: SessionPage, **PROBLEMS}, operation_id="list_sessions")
def list_sessions(request: HttpRequest, keyword: str = "", page: int = 1, size: int = 20) -> SessionPage:
    """Who is signed in now."""
    return queries.page_of(str(request.session.session_key or ""), keyword=keyword, page=page, size=size)


@router.post("/{session_id}/end", response={204: None, **PROBLEMS}, operation_id="end_session")
def end_session(request: HttpRequest, session_id: int, body: AccountReason) -> tuple[int, None]:
    """End somebody's session, with a reason they are told."""
    acts.end_session(queries.open_session(session_id), by=access_of(request).person, reason=body.reason)
    return 204, None
