"""The state and the days of a case carry an HMAC-SM3; a row changed past the product is not acted on.

Security handbook B.56. Areas and all other form content stand in an encrypted column bound to its row, which
does not open when it was changed; what stands in clear is covered here. A draft (no number yet) carries none.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto.rowmac import row_mac, row_mac_holds

ALARM = "case.tampered"
PURPOSE = "svc_case"
COVERED = (
    "internal_no",
    "matter_version_id",
    "applicant_id",
    "organization_id",
    "district_code",
    "status",
    "round",
    "instance_id",
    "submitted_at",
    "accepted_at",
    "promise_due",
    "legal_due",
    "clock_days",
    "due_on",
    "is_paused",
    "decision",
    "done_result",
    "closed_at",
)
DRAFT = "DRAFT"
TAMPERED = "该办件的状态或时限数据被系统之外修改，完整性校验未通过，已停止办理并告警。"


def seal_of(values: Sequence[Any]) -> str:
    """The seal of a row with these values of ``COVERED``; a draft has none."""
    if values[0] is None:
        return ""
    return row_mac(PURPOSE, [str(value) if isinstance(value, str) else value for value in values])


def values_hold(values: Sequence[Any], mac: str) -> bool:
    """Whether a row with these values of ``COVERED`` is as the product wrote it."""
    if values[0] is None:
        return not mac and values[COVERED.index("status")] == DRAFT
    return row_mac_holds(PURPOSE, values, mac)


def covered(case: Any) -> list[Any]:
    """What the seal of a case covers."""
    return [getattr(case, name) for name in COVERED]


def of(case: Any) -> str:
    """The seal over a case as it stands in memory."""
    return seal_of(covered(case))


class SealField(models.CharField):
    """The seal over the covered columns of its row, made anew whenever the row is written."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The seal over what is about to be written."""
        mac = of(model_instance)
        setattr(model_instance, self.attname, mac)
        return mac


def holds(case: Any) -> bool:
    """Whether the row of a case, as read and not yet changed, is as the product wrote it."""
    return values_hold(covered(case), case.mac)


def require(case: Any) -> None:
    """Refuse to act on a case whose row was changed past the product, and tell the security administrator."""
    if not holds(case):
        alarm(case.pk, case.internal_no)
        raise tampered()


def tampered() -> Refusal:
    """What somebody hears who acts on such a case."""
    return Refusal(
        "ROW_TAMPERED",
        TAMPERED,
        "请联系安全管理员核查；核查更正后可继续办理。",
        status=409,
    )


def alarm(case_id: int, number: str | None) -> None:
    """Name the case to the security administrator."""
    raise_alarm(
        ALARM,
        target=f"case:{number}" if number else f"services.case:{case_id}",
        summary=f"办件 {number or f'（编号缺失，记录 {case_id}）'} 的状态或时限数据被系统之外修改",
        details={"table": PURPOSE, "id": case_id},
    )
