"""Rows of a file as works."""

from typing import Any

from minfang.kernel.iam.models import Organization, OrganizationKind
from minfang.registry import checks, lifecycle
from minfang.registry.columns import WORKS
from minfang.registry.importing.lines import Line, Scope, by_names, compare, refer
from minfang.registry.models import Enterprise, Lifecycle, Works

KEY = "works_no"
TITLES = {column.name: column.title for column in WORKS}
PARTIES = (("managing_unit", "管理单位"), ("owner", "所有权人"), ("contractor", "承建单位"))
NOT_YOURS = "该工程编号已用，且不在您的管理范围。"


def resolve(lines: list[Line], scope: Scope) -> None:
    """Tell of every row which work it makes or changes."""
    numbers = [line.values[KEY] for line in lines if KEY in line.values]
    stored = {row.works_no: row for row in Works.objects.filter(works_no__in=numbers)}
    mine = set(Works.objects.filter(scope.works, works_no__in=numbers).values_list("pk", flat=True))
    keepers = Organization.objects.filter(kind=OrganizationKind.MAINTENANCE_RESPONSIBLE)
    companies = by_names(Enterprise.objects.all(), "name", "uscc")
    known = {
        "managing_unit": by_names(keepers, "name", "short_name", "code"),
        "owner": companies,
        "contractor": companies,
    }
    for line in lines:
        _one(line, stored.get(line.values.get(KEY, "")), mine, known, scope)


def _one(line: Line, stored: Works | None, mine: set[int], known: dict[str, Any], scope: Scope) -> None:
    wanted = dict(line.values)
    for name, title in PARTIES:
        if name in wanted:
            wanted[name] = refer(line, title, wanted[name], known[name].get, title)
    if stored is not None and stored.pk not in mine:
        line.wrong(TITLES[KEY], NOT_YOURS)
        return
    _check(line, stored, wanted, scope)
    if line.problems:
        return
    if stored is None:
        line.row = Works(**{name: value for name, value in wanted.items() if value is not None})
    else:
        compare(line, stored, wanted)


def _check(line: Line, stored: Works | None, wanted: dict[str, Any], scope: Scope) -> None:
    state = wanted.get("lifecycle")
    if stored is not None and state not in (None, stored.lifecycle):
        line.wrong(
            TITLES["lifecycle"], f"现为“{Lifecycle(stored.lifecycle).label}”，请在工程页办理状态变化。"
        )
    number = wanted.get(KEY, "")
    if stored is None and number:
        for problem in checks.works_no_faults(number):
            line.wrong(problem.label, problem.message)
        if lifecycle.numbered(number, state or Lifecycle.IN_USE) != number:
            line.wrong(TITLES[KEY], "未投入使用的工程编号前加 Z，在用的不加。")
    keeper = wanted.get("managing_unit") or (stored.managing_unit if stored else None)
    district = wanted.get("district_code")
    if district and not scope.holds(district, keeper.pk if keeper else None):
        line.wrong(TITLES["district_code"], "不在您的管理范围。")
    facts = {name: wanted.get(name, getattr(stored, name, None)) for name, _ in checks.AREAS}
    for problem in checks.area_faults(facts):
        line.wrong(problem.label, problem.message)
