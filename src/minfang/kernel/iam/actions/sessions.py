"""Begin, complete, confirm and end sessions. One function for each thing a person or the product does."""

from datetime import timedelta

from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from minfang.kernel.audit.actions import origin, record
from minfang.kernel.base import clock
from minfang.kernel.iam import policy, proof, session_store, sessions
from minfang.kernel.iam.actions.lockout import forgive
from minfang.kernel.iam.models import (
    CertificateChallenge,
    Person,
    PersonKind,
    ProofCounter,
    SessionEnd,
    StaffSession,
    UsedTicket,
)
from minfang.kernel.iam.proof import Proof

BACKEND = "django.contrib.auth.backends.ModelBackend"
SEEN_EVERY_SECONDS = 60


@transaction.atomic
def begin(request: HttpRequest, person: Person, *, how: str, factors: list[str], complete: bool) -> None:
    """Sign in under a new session id; the session is ``complete`` or waits for a second factor.

    A complete sign-in of staff ends their other sessions.
    """
    leave_quietly(request)
    login(request, person, backend=BACKEND)
    now = proof.now_seconds()
    held = Proof(started=now, seen=now, how=how, factors=factors, complete=complete)
    held.confirmed = now if complete else 0.0
    proof.keep(request, held)
    request.session.save()
    if person.kind == PersonKind.STAFF:
        _list_session(request, person, how)
    if complete:
        _finished(request, person, how)
    else:
        record("session.first_factor", person=person, target=person, summary=f"第一步验证通过（{how}）")


@transaction.atomic
def complete(request: HttpRequest, person: Person, factor: str, label: str) -> None:
    """The second factor is proven: a new session id, and everything the person may do is open."""
    held = proof.of(request) or Proof(started=proof.now_seconds(), seen=proof.now_seconds(), how=label)
    rotate(request)
    held.complete, held.confirmed = True, proof.now_seconds()
    held.factors = [*held.factors, factor]
    held.how = f"{held.how} + {label}"
    proof.keep(request, held)
    StaffSession.objects.filter(digest=sessions.digest_of(_key(request))).update(how=held.how[:50])
    _finished(request, person, held.how)


def confirm(request: HttpRequest, person: Person, how: str) -> None:
    """Identity was confirmed again in the course of a session."""
    held = proof.of(request)
    if held is None:
        raise sessions.why_over(request)
    held.confirmed = held.used = proof.now_seconds()
    proof.keep(request, held)
    forgive(person.username)
    with transaction.atomic():
        record("session.confirmed", person=person, target=person, summary=f"再次确认身份（{how}）")


def rotate(request: HttpRequest) -> None:
    """A new session id for the same session, at every change of what it may do (B.9)."""
    before = _key(request)
    request.session.cycle_key()
    _follow(request, before)


@transaction.atomic
def keep_session_after_password(request: HttpRequest, person: Person) -> None:
    """The session in which the password was changed goes on, under a new id."""
    held = proof.of(request)
    before = _key(request)
    update_session_auth_hash(request, person)
    if held:
        proof.keep(request, held)
    _follow(request, before)


def _follow(request: HttpRequest, before: str) -> None:
    """The list of sessions knows the session by its new id."""
    values = {"row_key": session_store.row_key(_key(request)), "digest": sessions.digest_of(_key(request))}
    StaffSession.objects.filter(digest=sessions.digest_of(before)).update(**values)


def _key(request: HttpRequest) -> str:
    return str(request.session.session_key or "")


def _finished(request: HttpRequest, person: Person, how: str) -> None:
    forgive(person.username)
    if person.kind == PersonKind.STAFF and policy.current().single_session:
        where = origin.get().address or "未知地址"
        end_sessions_of(person, SessionEnd.REPLACED, f"同一账号已从 {where} 登录", but=_key(request))
    record("session.sign_in", person=person, target=person, summary=f"登录（{how}）")


def _list_session(request: HttpRequest, person: Person, how: str) -> None:
    now = clock.now()
    StaffSession.objects.create(
        person=person,
        row_key=session_store.row_key(_key(request)),
        digest=sessions.digest_of(_key(request)),
        started_at=now,
        last_seen_at=now,
        address=origin.get().address[:64],
        agent=request.headers.get("User-Agent", "")[:200],
        how=how[:50],
    )


def seen(request: HttpRequest, person: Person, held: Proof) -> None:
    """The person did something; noted once a minute."""
    now = proof.now_seconds()
    if now - held.seen < SEEN_EVERY_SECONDS:
        return
    held.seen = now
    proof.keep(request, held)
    if person.kind == PersonKind.STAFF:
        StaffSession.objects.filter(digest=sessions.digest_of(_key(request))).update(last_seen_at=clock.now())


@transaction.atomic
def sign_out(request: HttpRequest, person: Person) -> None:
    """Sign out; the session is gone on the server (B.59)."""
    _close(StaffSession.objects.filter(digest=sessions.digest_of(_key(request))), SessionEnd.SIGNED_OUT, "")
    logout(request)
    record("session.sign_out", person=person, target=person, summary="退出登录")


@transaction.atomic
def expire(request: HttpRequest, person: Person, kind: SessionEnd) -> None:
    """The session has run out: closed on the server, and the browser is told why."""
    rows = StaffSession.objects.filter(digest=sessions.digest_of(_key(request)))
    _close(rows, kind, "")
    logout(request)
    setattr(request, sessions.NOTE, f"登录已失效：{kind.label}。")
    record("session.expired", person=person, target=person, summary=f"会话结束：{kind.label}")


def leave_quietly(request: HttpRequest) -> None:
    """Whoever was signed in at this browser before is signed out."""
    if isinstance(request.user, Person) and request.user.is_authenticated:
        sign_out(request, request.user)


@transaction.atomic
def end_session(session: StaffSession, *, by: Person, reason: str) -> None:
    """The security administrator, or the person from another place, ends a session."""
    who = "您本人" if by.pk == session.person_id else f"安全管理员 {by.name}"
    note = f"已被{who}结束" + (f"（{reason}）" if reason else "")
    _close(StaffSession.objects.filter(pk=session.pk), SessionEnd.ENDED, note)
    summary = f"结束 {session.person.name} 在 {session.address or '未知地址'} 的登录"
    record("session.ended", person=by, target=session, summary=summary, reason=reason)


@transaction.atomic
def end_sessions_of(person: Person, kind: SessionEnd, note: str, *, but: str = "") -> int:
    """End all open sessions of a person, except the one with this cookie value; returns how many there were.

    For whoever changes what a person may do or how they prove who they are.
    """
    rows = StaffSession.objects.filter(person=person, ended_at=None)
    if but:
        rows = rows.exclude(digest=sessions.digest_of(but))
    return _close(rows, kind, note)


def _close(rows: object, kind: SessionEnd, note: str) -> int:
    found = list(rows.select_for_update().filter(ended_at=None))  # type: ignore[attr-defined]
    for row in found:
        if row.row_key:
            session_store.delete_row(row.row_key)
        row.row_key, row.ended_at, row.end_kind, row.end_note = "", clock.now(), kind, note[:200]
        row.save()
    return len(found)


def use_ticket(digest: str) -> None:
    """Keep the digest of a one-time ticket; raises ``IntegrityError`` when it came before."""
    UsedTicket.objects.create(digest=digest, used_at=clock.now())


@transaction.atomic
def sweep() -> int:
    """Close sessions whose time has run out unnoticed, and remove dead rows; returns how many were closed."""
    now, limits = clock.now(), policy.current()
    yesterday = now - timedelta(days=1)
    CertificateChallenge.objects.filter(made_at__lt=yesterday).delete()
    UsedTicket.objects.filter(used_at__lt=yesterday).delete()
    ProofCounter.objects.filter(since__lt=yesterday - timedelta(days=1)).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    open_rows = StaffSession.objects.filter(ended_at=None)
    idle_before = now - timedelta(minutes=limits.session_idle_minutes + 2)
    return _close(open_rows.filter(last_seen_at__lt=idle_before), SessionEnd.IDLE, "")
