"""Named frequency thresholds, used by several rules (feature 91)."""

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import FieldError, Refusal, invalid, stale
from minfang.kernel.iam.models import Person
from minfang.supervision.rules import queries
from minfang.supervision.rules.actions.editing import CODE
from minfang.supervision.rules.models import AlarmRuleVersion, FrequencyThreshold, VersionState


def _faults(code: str, name: str, times: int, span_seconds: int) -> list[FieldError]:
    found = []
    if not CODE.fullmatch(code) or len(code) > 30:
        found.append(FieldError("code", "编码", "用大写字母开头的字母、数字、横线，2–30 位。"))
    if not name.strip():
        found.append(FieldError("name", "名称", "请填写名称。"))
    if not 2 <= times <= 1000:
        found.append(FieldError("times", "次数", "次数应在 2 到 1000 之间。"))
    if not 1 <= span_seconds <= 366 * 86400:
        found.append(FieldError("span_seconds", "时长", "时长应在 1 秒到 366 天之间。"))
    return found


@transaction.atomic
def keep_frequency(
    person: Person, code: str, name: str, times: int, span_seconds: int, version: int | None
) -> FrequencyThreshold:
    """Make one (``version`` None) or change one; every rule that names it follows at once."""
    if faults := _faults(code, name, times, span_seconds):
        raise invalid(faults)
    row = FrequencyThreshold.objects.select_for_update().filter(code=code).first()
    before = {"times": row.times, "span_seconds": row.span_seconds} if row else None
    if row is None:
        row = FrequencyThreshold(code=code, version=0)
    elif version is None:
        raise invalid([FieldError("code", "编码", f"编码 {code} 已被使用。")])
    elif row.version != version:
        raise stale("这个频次阈值刚刚被他人改过。")
    row.name, row.times, row.span_seconds, row.version = name.strip(), times, span_seconds, row.version + 1
    row.save()
    after = {"times": times, "span_seconds": span_seconds}
    record(
        "rule.frequency",
        person=person,
        target=row,
        summary=f"频次阈值 {code}：{span_seconds} 秒内 {times} 次",
        before=before,
        after=after,
    )
    transaction.on_commit(queries.forget_engine)
    return row


@transaction.atomic
def drop_frequency(person: Person, code: str) -> None:
    """Remove one that no draft and no published version names."""
    row = FrequencyThreshold.objects.select_for_update().filter(code=code).first()
    if row is None:
        return
    users = users_of(code)
    if users:
        text = f"还有规则在用：{'、'.join(users)}。"
        raise Refusal("IN_USE", text, "请先在这些规则里改用别的频次阈值。", status=409)
    record("rule.frequency", person=person, target=row, summary=f"删除频次阈值 {code}")
    row.delete()


def users_of(code: str) -> list[str]:
    """Codes of the rules whose draft or published version names a frequency threshold."""
    rows = AlarmRuleVersion.objects.exclude(state=VersionState.RETIRED).select_related("rule")
    return sorted(
        {
            version.rule.code
            for version in rows
            for level in version.definition.get("levels", [])
            for test in level.get("when", [])
            if test.get("frequency") == code
        }
    )
