"""Read who is signed in at present."""

from django.db.models import Q

from minfang.kernel.administration.sessions.schemas import OpenSession, SessionPage
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam import sessions
from minfang.kernel.iam.models import Family, StaffSession

MOST = 100


def page_of(own_key: str, *, keyword: str, page: int, size: int) -> SessionPage:
    """Open sessions of staff, the latest first."""
    rows = sessions.open_sessions().select_related("person__organization__parent")
    word = keyword.strip()
    if word:
        rows = rows.filter(
            Q(person__name__icontains=word)
            | Q(person__username__icontains=word)
            | Q(address__startswith=word)
        )
    size, page = max(1, min(size, MOST)), max(1, page)
    own = sessions.digest_of(own_key)
    shown = [_out(row, own) for row in rows[(page - 1) * size : page * size]]
    return SessionPage(total=rows.count(), page=page, size=size, rows=shown)


def _out(row: StaffSession, own: str) -> OpenSession:
    organization = row.person.organization
    return OpenSession(
        id=row.pk,
        person=row.person.name,
        username=row.person.username,
        place=organization.office.short_name if organization else "",
        family_label=Family(row.person.family).label,
        address=row.address,
        agent=row.agent,
        how=row.how,
        started_at=row.started_at,
        last_seen_at=row.last_seen_at,
        own=row.digest == own,
    )


def open_session(session_id: int) -> StaffSession:
    """An open session, or a refusal."""
    row = sessions.open_sessions().filter(pk=session_id).first()
    if row is None:
        raise not_found("该会话（可能已经结束）")
    return row
