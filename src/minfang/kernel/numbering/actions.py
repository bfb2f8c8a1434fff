"""Giving and voiding numbers, and loading the rules they follow."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found
from minfang.kernel.iam.models import Person
from minfang.kernel.numbering import patterns
from minfang.kernel.numbering.models import IssuedNumber, NumberCounter, NumberRule, NumberState
from minfang.kernel.numbering.queries import day_of, rule_on

MOST_RESERVED = 100


def load_rules(path: Path) -> list[NumberRule]:
    """Load the rules of a TOML file (``[[rule]]`` with code, name, pattern, reset, effective_from).

    Loading twice changes nothing. A version that has given numbers cannot be changed, only followed by one
    that begins later. Raises ``PatternError`` naming the rule and everything wrong with it.
    """
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
    with transaction.atomic():
        return [_load(row) for row in rows]


def _load(row: Mapping[str, Any]) -> NumberRule:
    wrong = patterns.faults(row["pattern"], row["reset"])
    if wrong:
        raise patterns.PatternError(f"编号规则 {row['code']}：{'；'.join(wrong)}")
    wanted = {"pattern": row["pattern"], "reset": row["reset"], "name": row.get("name", "")}
    rule, is_new = NumberRule.objects.get_or_create(
        code=row["code"], effective_from=row["effective_from"], defaults=wanted
    )
    same = (rule.pattern, rule.reset) == (wanted["pattern"], wanted["reset"])
    if is_new or (same and rule.name == wanted["name"]):
        return rule
    if not same and rule.issued.exists():
        raise patterns.PatternError(f"编号规则 {rule.code} 已发过号，不能修改，请用新的施行日期另立一版")
    NumberRule.objects.filter(pk=rule.pk).update(**wanted)
    rule.refresh_from_db()
    return rule


def add_rule(
    code: str, name: str, pattern: str, reset: str, effective_from: date, *, reason: str, person: Person
) -> NumberRule:
    """A new version of a rule from a day on; numbers already given stay as they are (证号编码规则)."""
    faults = [FieldError("pattern", "编码规则", fault) for fault in patterns.faults(pattern, reset)]
    if not NumberRule.objects.filter(code=code).exists():
        raise not_found("该编号规则")
    if effective_from <= clock.today():
        faults.append(FieldError("effective_from", "施行日期", "新规则自明日或以后起施行。"))
    if not reason.strip():
        faults.append(FieldError("reason", "原因", "请写明调整原因，将记入审计日志。"))
    if faults:
        raise invalid(faults)
    with transaction.atomic():
        try:
            with transaction.atomic():
                rule = NumberRule.objects.create(
                    code=code, name=name, pattern=pattern, reset=reset, effective_from=effective_from
                )
        except IntegrityError as error:
            taken = FieldError("effective_from", "施行日期", "该日已有一版规则，请换一个日期。")
            raise invalid([taken]) from error
        record(
            "number.rule.add",
            person=person,
            target=f"number-rule:{code}",
            summary=f"{name} 自 {effective_from.isoformat()} 起改用 {pattern}",
            after={"pattern": pattern, "reset": reset},
            reason=reason,
        )
    return rule


def issue(rule_code: str, *, context: Mapping[str, Any], scope: str, target: str) -> str:
    """Give the next number to ``target`` and enter it in the ledger, in the caller's transaction.

    ``context`` holds what the pattern prints: ``region`` (abbr, code6, letters), ``matter``, ``date``. The
    counter row stays locked until the transaction ends, so a rolled-back number is given to the next one:
    no gaps. ``scope`` names the office for reports; numbers of one series are unique across offices.
    """
    return _next(rule_code, context, scope, target=target, state=NumberState.ISSUED).number


def _next(rule_code: str, context: Mapping[str, Any], scope: str, **entry: Any) -> IssuedNumber:
    """The next line of the ledger."""
    on = day_of(context)
    rule = rule_on(rule_code, on)
    pattern = patterns.parse(rule.pattern)
    try:
        series = pattern.series(context)
        with transaction.atomic():
            counter = _locked_counter(series, patterns.period_of(rule.reset, on))
            counter.value += 1
            number = pattern.render(context, on, counter.value)
            counter.save(update_fields=["value"])
            return IssuedNumber.objects.create(
                number=number,
                rule=rule,
                series=series,
                period=counter.period,
                sequence=counter.value,
                scope=scope,
                issued_at=clock.now(),
                **entry,
            )
    except patterns.PatternError as error:
        raise _not_given(str(error)) from error
    except IntegrityError as error:
        raise _not_given(f"规则“{rule_code}”的下一个号已经用过") from error


def reserve(
    rule_code: str,
    *,
    context: Mapping[str, Any],
    scope: str,
    count: int,
    reason: str,
    person: Person | None = None,
) -> list[str]:
    """Keep the next ``count`` numbers for later (预留号); each waits in the ledger with the reason."""
    if not reason.strip():
        raise invalid([FieldError("reason", "预留原因", "请写明预留原因，将记入编号台账。")])
    if not 1 <= count <= MOST_RESERVED:
        raise invalid([FieldError("count", "个数", f"一次可预留 1 到 {MOST_RESERVED} 个号。")])
    with transaction.atomic():
        note = reason.strip()[:500]
        lines = [
            _next(rule_code, context, scope, target="", state=NumberState.RESERVED, note=note)
            for _ in range(count)
        ]
        numbers = [line.number for line in lines]
        record(
            "number.reserve",
            person=person,
            target=f"number-rule:{rule_code}",
            summary=f"预留编号 {numbers[0]}" + (f" 至 {numbers[-1]}" if count > 1 else ""),
            after={"numbers": numbers},
            reason=reason,
        )
    return numbers


def use_reserved(number: str, *, target: str, person: Person | None = None) -> str:
    """Give a reserved number to its object; refuses one that is not (or no longer) reserved."""
    with transaction.atomic():
        line = IssuedNumber.objects.select_for_update().filter(number=number).first()
        if line is None:
            raise not_found("该编号")
        if line.state != NumberState.RESERVED:
            label = NumberState(line.state).label
            raise Refusal(
                "NOT_RESERVED", f"编号 {number} 不是预留号（{label}）。", "请另选预留号。", status=409
            )
        line.state, line.target, line.issued_at = NumberState.ISSUED, target, clock.now()
        line.save(update_fields=["state", "target", "issued_at"])
        record("number.use_reserved", person=person, target=target, summary=f"启用预留号 {number}")
    return number


def _not_given(why: str) -> Refusal:
    return Refusal("NUMBER_NOT_GIVEN", f"取号失败：{why}。", "请联系系统管理员检查编号规则。", status=409)


def _locked_counter(series: str, period: str) -> NumberCounter:
    """The counter of a series, locked until the transaction ends; made at its first use."""
    found = NumberCounter.objects.select_for_update().filter(series=series, period=period).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            NumberCounter.objects.create(series=series, period=period)
    except IntegrityError:
        pass  # another transaction made it first; its row is locked below
    return NumberCounter.objects.select_for_update().get(series=series, period=period)


def void(number: str, reason: str, *, person: Person | None = None) -> IssuedNumber:
    """Mark a number as void; it stays in the ledger and is never given again.

    Raises a refusal without a reason, for an unknown number, or one that is void already.
    """
    if not reason.strip():
        raise Refusal("REASON_MISSING", "作废编号须写明原因。", "请填写原因后再办。", status=422)
    with transaction.atomic():
        line = IssuedNumber.objects.select_for_update().filter(number=number).first()
        if line is None:
            raise not_found("该编号")
        if line.state == NumberState.VOID:
            raise Refusal("ALREADY_VOID", f"编号 {number} 已经作废。", "无需再办。", status=409)
        line.state, line.void_reason, line.voided_at = NumberState.VOID, reason.strip()[:500], clock.now()
        line.save(update_fields=["state", "void_reason", "voided_at"])
        record("number.void", person=person, target=line, summary=f"作废编号 {number}", reason=reason)
    return line


def release(number: str, reason: str, *, person: Person | None = None) -> IssuedNumber:
    """Give up a reserved number; it becomes void, for no other object ever gets it."""
    line = IssuedNumber.objects.filter(number=number).first()
    if line is None:
        raise not_found("该编号")
    if line.state != NumberState.RESERVED:
        raise Refusal(
            "NOT_RESERVED",
            f"编号 {number} 不是预留号。",
            "已发文书的编号随文书作废，不能单独作废。",
            status=409,
        )
    return void(number, reason, person=person)
