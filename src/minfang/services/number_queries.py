"""Number rules, the ledger and its gaps as pages show them."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q

from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid
from minfang.kernel.numbering import patterns
from minfang.kernel.numbering import queries as numbering
from minfang.kernel.numbering.models import IssuedNumber, NumberRule, NumberState, Reset
from minfang.registry import districts
from minfang.services.schemas.common import Option
from minfang.services.schemas.numbers import (
    LedgerLine,
    LedgerOut,
    NumberRuleOut,
    NumberRulesOut,
    RuleTrialOut,
    SeriesOut,
)

CITY = "310000"
SAMPLE_MATTER = "04"
MAX_PAGE = 100
SEGMENTS = {
    "{YYYY}": "四位年份",
    "{YY}": "两位年份",
    "{MM}": "月",
    "{DD}": "日",
    "{REGION:abbr}": "区简称（沪、普）",
    "{REGION:code6}": "区划代码",
    "{REGION:letters}": "区字母（SH、PT）",
    "{MATTER:2}": "事项序号，两位",
    "{SEQ:3}": "流水号，至少三位",
    "{CHECK:mod37_36}": "校验位 ISO 7064",
    "{CHECK:mod10}": "校验位 Luhn",
}


def context_of(region: str) -> dict[str, Any]:
    """What a pattern prints for a region today."""
    try:
        names = districts.district(region).number_names
    except LookupError as error:
        raise invalid([FieldError("region", "地区", "没有这个地区，请从列表中选择。")]) from error
    return {
        "region": names,
        "matter": SAMPLE_MATTER,
        "date": clock.today(),
    }


def rules(region: str) -> NumberRulesOut:
    """Every version of every rule, with what it would give next in this region."""
    rows = list(NumberRule.objects.annotate(given=Count("issued")).order_by("code", "-effective_from"))
    in_force: dict[str, int] = {}
    for row in rows:
        if row.effective_from <= clock.today():
            in_force.setdefault(row.code, row.pk)
    return NumberRulesOut(
        rules=[_rule(row, in_force.get(row.code) == row.pk, region) for row in rows],
        regions=[Option(value=d.code, label=d.name) for d in districts.all_regions()],
        resets=[Option(value=value, label=label) for value, label in Reset.choices],
        segments=[Option(value=value, label=label) for value, label in SEGMENTS.items()],
    )


def _rule(row: Any, in_force: bool, region: str) -> NumberRuleOut:
    return NumberRuleOut(
        code=row.code,
        name=row.name,
        pattern=row.pattern,
        reset=row.reset,
        reset_label=row.get_reset_display(),
        effective_from=row.effective_from,
        in_force=in_force,
        issued=row.given,
        next=_next(row.code, region) if in_force else "",
    )


def _next(code: str, region: str) -> str:
    try:
        return numbering.preview(code, context_of(region))
    except (patterns.PatternError, Refusal) as error:
        return str(error)


def trial(pattern: str, reset: str, region: str) -> RuleTrialOut:
    """What is wrong with a pattern, and what it would print."""
    context = context_of(region)
    faults = numbering.conflicts(pattern, reset, [context])
    if faults:
        return RuleTrialOut(faults=faults, sample="")
    return RuleTrialOut(faults=[], sample=patterns.parse(pattern).render(context, context["date"], 1))


def ledger(wanted: dict[str, Any]) -> LedgerOut:
    """One page of the ledger, newest first, narrowed by rule, state and words."""
    lines = IssuedNumber.objects.select_related("rule").order_by("-id")
    if wanted.get("code"):
        lines = lines.filter(rule__code=wanted["code"])
    if wanted.get("state"):
        lines = lines.filter(state=wanted["state"])
    if words := str(wanted.get("q") or "").strip():
        lines = lines.filter(Q(number__contains=words) | Q(target__contains=words) | Q(note__contains=words))
    size = min(max(int(wanted.get("size") or 20), 1), MAX_PAGE)
    page = Paginator(lines, size).get_page(wanted.get("page") or 1)
    return LedgerOut(
        total=page.paginator.count,
        page=page.number,
        size=size,
        lines=[_line(line) for line in page],
        states=[Option(value=value, label=label) for value, label in NumberState.choices],
    )


def _line(line: IssuedNumber) -> LedgerLine:
    return LedgerLine(
        number=line.number,
        rule=line.rule.code,
        rule_name=line.rule.name,
        scope=line.scope,
        target=line.target.removeprefix("case:"),
        state=line.state,
        state_label=line.get_state_display(),
        issued_at=line.issued_at,
        reason=line.void_reason or line.note,
    )


def gaps() -> list[SeriesOut]:
    """Every series with what its ledger lacks, waits for and voided; those with a gap first."""
    found = [
        SeriesOut(
            series=report.series,
            period=report.period,
            last=report.last,
            reserved=list(report.reserved),
            voided=list(report.voided),
            missing=list(report.missing),
        )
        for report in numbering.series_reports()
    ]
    return sorted(found, key=lambda report: (not report.missing, report.series, report.period))
