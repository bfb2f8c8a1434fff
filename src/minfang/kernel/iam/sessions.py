"""Sessions of staff and applicants: what they reach at which stage, when they run out, who is signed in."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import local
from minfang.kernel.iam import passwords, policy, proof
from minfang.kernel.iam.models import Person, PersonKind, SessionEnd, StaffSession
from minfang.kernel.iam.proof import Proof

NOTE = "_minfang_session_note"
KEPT_TEXT = "填写内容已保存在本机，重新登录后可继续。"


def digest_of(session_key: str) -> str:
    """The name a session has in our tables; it does not open the session."""
    return local.sm3(b"session|" + session_key.encode()).hex()


def open_sessions() -> QuerySet[StaffSession]:
    """Staff signed in at present, the latest first."""
    people = StaffSession.objects.filter(ended_at=None).select_related("person__organization")
    return people.order_by("-started_at")


def sessions_of(person: Person, days: int = 30) -> QuerySet[StaffSession]:
    """A person's sessions of late, the latest first."""
    since = clock.now() - timedelta(days=days)
    return StaffSession.objects.filter(person=person, started_at__gte=since).order_by("-started_at")


def run_out(person: Person, held: Proof) -> SessionEnd | None:
    """Whether the session is past its idle or its absolute time (security handbook B.8)."""
    limits, now = policy.current(), proof.now_seconds()
    staff = person.kind == PersonKind.STAFF
    idle = limits.session_idle_minutes if staff else limits.applicant_idle_minutes
    whole = limits.session_hours if staff else limits.applicant_session_hours
    if now - held.seen > idle * 60:
        return SessionEnd.IDLE
    return SessionEnd.TOO_LONG if now - held.started > whole * 3600 else None


def stage_of(person: Person, held: Proof) -> str:
    """What is still to be done before anything else may be reached.

    ``second_factor`` (prove one), ``enrol`` (register one first), ``password`` (change it), or empty.
    """
    if not held.complete:
        return "second_factor" if has_second_factor(person) else "enrol"
    return "password" if "password" in held.factors and passwords.is_due(person) else ""


def has_second_factor(person: Person) -> bool:
    """Whether a code generator or a certificate is registered for this person."""
    totp = getattr(person, "totp", None)
    return bool(totp and totp.confirmed_at) or person.certificates.filter(unbound_at=None).exists()


def require_stage(person: Person, held: Proof | None) -> None:
    """Refuse whoever has not finished signing in (B.3, B.10)."""
    if held is None:
        raise Refusal("SESSION_EXPIRED", "登录已失效。", KEPT_TEXT, status=401)
    if not held.complete:
        raise Refusal("SECOND_FACTOR_NEEDED", "登录尚未完成。", "请先完成第二步身份验证。", status=403)
    if "password" in held.factors and passwords.is_due(person):
        raise Refusal(
            "PASSWORD_CHANGE_NEEDED",
            "须先修改口令。",
            "首次登录、口令重置后或到期后，请先修改口令再办理。",
            status=403,
        )


def why_over(request: HttpRequest) -> Refusal:
    """What somebody without a session is told: that it ended elsewhere and why, or just that it is over."""
    note = note_of(request)
    code = "SESSION_EXPIRED" if not note else "SESSION_ENDED"
    return Refusal(code, note or "登录已失效。", KEPT_TEXT, status=401)


def note_of(request: HttpRequest) -> str:
    """Why this browser's session is over, in a sentence; empty when nothing is known."""
    noted: str = getattr(request, NOTE, "")
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if noted or not key:
        return noted
    row = StaffSession.objects.filter(digest=digest_of(key)).exclude(ended_at=None).first()
    return "" if row is None or row.end_kind == SessionEnd.SIGNED_OUT else sentence(row)


def sentence(row: StaffSession) -> str:
    """When, where and why a session ended."""
    at = row.ended_at.astimezone(clock.SHANGHAI).strftime("%m-%d %H:%M") if row.ended_at else ""
    return f"您在此处的登录已于 {at} 结束：{reason_of(row)}。"


def reason_of(row: StaffSession) -> str:
    """Why a session is over; empty while it is open."""
    return row.end_note or (SessionEnd(row.end_kind).label if row.end_kind else "")
