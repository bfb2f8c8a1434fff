"""What takes two security administrators: one asks, another decides (handbook B.17).

A ``RequestKind`` tells what is asked for; asking, refusing, withdrawing and expiring are the same for all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast

from django.db import IntegrityError, transaction
from django.db.models import CharField

from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, not_found, stale
from minfang.kernel.iam import policy
from minfang.kernel.iam.models import GrantRequest, Person, PolicyRequest, RequestState
from minfang.kernel.iam.seals import alarm, tampered

Row = TypeVar("Row", GrantRequest, PolicyRequest)


@dataclass(frozen=True)
class RequestKind(Generic[Row]):
    """A kind of request: what it is called, what it says, and who may not decide it."""

    model: type[Row]
    name: str
    open_already: str
    not_yours: str
    related: tuple[str, ...]
    concerned: Callable[[Row], set[int]]
    """Those who may not decide it: whoever asked, and whom it is about."""
    words: Callable[[Row], str]
    note: Callable[[str, Row, Person | None, str, str], None]
    """Writes what happened to the audit trail: what, the request, who, in words, why."""

    def _length(self, field: str) -> int:
        return int(cast("CharField[str, str]", self.model._meta.get_field(field)).max_length or 0)

    def _refuse_second(self) -> Refusal:
        return stale(self.open_already)

    def refuse_if_open(self, key: str) -> None:
        """At most one request of a kind waits for the same change."""
        if self.model.objects.filter(open_key=key).exists():
            raise self._refuse_second()

    def ask(self, row: Row, key: str, *, by: Person, reason: str) -> Row:
        """Store the request as waiting; of two who ask at once the second is refused."""
        now: datetime = clock.now()
        row.reason, row.open_key = reason[: self._length("reason")], key
        row.proposed_by, row.proposed_at = by, now
        row.expires_at = now + timedelta(days=policy.current().grant_request_days)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise self._refuse_second() from None
        self.note("propose", row, by, f"提出{self.words(row)}", reason)
        return row

    def waiting(self, request_id: int) -> Row:
        """The request, locked; of two who decide at once the second hears that it is decided."""
        rows = self.model.objects.select_for_update(of=("self",)).select_related(*self.related)
        row = rows.filter(pk=request_id).first()
        if row is None:
            raise not_found(f"该{self.name}")
        if not row.seal_holds():
            alarm(row)
            raise tampered()
        if row.state != RequestState.WAITING:
            raise stale(f"该{self.name}已经处理。")
        if row.expires_at <= clock.now():
            raise stale(f"该{self.name}已过期。")
        return row

    def decide(self, row: Row, state: RequestState, by: Person | None, note: str = "") -> None:
        """Close the request; the same change may then be asked for again."""
        row.state, row.decided_by, row.decided_at = state, by, clock.now()
        row.note, row.open_key = note.strip()[: self._length("note")], f"closed:{row.pk}"
        row.save()

    def refuse(self, request_id: int, *, by: Person, note: str) -> Row:
        """Turn another's request down, with the reason."""
        if not note.strip():
            raise invalid([FieldError("note", "理由", "请写明不同意的理由。")])
        row = self.waiting(request_id)
        if by.pk in self.concerned(row):
            raise forbidden(f"{self.not_yours}；如需收回申请请用“撤回”。")
        self.decide(row, RequestState.REFUSED, by, note)
        self.note("refuse", row, by, f"不同意{self.words(row)}", note)
        return row

    def withdraw(self, request_id: int, *, by: Person) -> Row:
        """Whoever asked takes the request back."""
        row = self.waiting(request_id)
        if by.pk != row.proposed_by_id:
            raise forbidden("只有提出人可以撤回。")
        self.decide(row, RequestState.WITHDRAWN, None)
        self.note("withdraw", row, by, f"撤回{self.words(row)}", "")
        return row

    def expire(self) -> int:
        """Close requests nobody decided in time; returns how many were due."""
        due = self.model.objects.filter(state=RequestState.WAITING, expires_at__lte=clock.now())
        rows = list(due.select_for_update(of=("self",)).select_related(*self.related))
        for row in rows:
            if not row.seal_holds():
                alarm(row)
                continue
            self.decide(row, RequestState.EXPIRED, None)
            self.note("expire", row, None, f"逾期未复核：{self.words(row)}", "")
        return len(rows)


def reason_of(text: str, missing: str) -> str:
    """The reason given, or the refusal that it is missing."""
    if not text.strip():
        raise invalid([FieldError("reason", "理由", missing)])
    return text.strip()
