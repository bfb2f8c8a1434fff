"""Alarm rules in the office: list, editor, versions, frequency thresholds, previews, back-tests."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja import Schema as Filters

from minfang.kernel.base.schemas import PROBLEMS, Option
from minfang.kernel.iam.access import access_of, requires
from minfang.kernel.iam.models import Person
from minfang.supervision.rules import actions, pages, previewing
from minfang.supervision.rules import schemas as s
from minfang.supervision.rules.actions.editing import blank

router = Router(tags=["预警规则"], auth=[requires("iot.read")])
CONFIGURE = [requires("iot.configure")]
Shown = dict[str, Any]
ONE: dict[int, Any] = {200: s.RuleDetail, **PROBLEMS}


class RuleFilters(Filters):
    """Filters of the list, all shareable in the address."""

    keyword: str = ""
    category: str = ""
    metric: str = ""
    state: str = ""
    sort: str = "code"
    page: int = 1
    size: int = 20


def _me(request: HttpRequest) -> Person:
    return access_of(request).person


def _asked(filters: RuleFilters) -> pages.RulesAsked:
    return pages.RulesAsked(**{**filters.dict(), "size": min(max(filters.size, 1), 100)})


@router.get("", response={200: s.RuleList, **PROBLEMS}, operation_id="list_rules")
def list_rules(request: HttpRequest, filters: RuleFilters = Query(...)) -> Shown:  # noqa: B008
    """Rules with their state."""
    return pages.rule_list(_asked(filters))


@router.get("/export.csv", operation_id="export_rules", auth=[requires("iot.export")])
def export_rules(request: HttpRequest, filters: RuleFilters = Query(...)) -> HttpResponse:  # noqa: B008
    """The filtered list as a file."""
    response = HttpResponse(pages.as_csv(_asked(filters)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = "attachment; filename=rules.csv"
    return response


@router.get("/options", response={200: s.RuleOptions, **PROBLEMS}, operation_id="rule_options")
def rule_options(request: HttpRequest) -> Shown:
    """What may be chosen in the editor."""
    return pages.options()


@router.get("/targets", response={200: list[Option], **PROBLEMS}, operation_id="rule_targets")
def rule_targets(request: HttpRequest, kind: str = "works", keyword: str = "") -> list[dict[str, str]]:
    """Works, units, devices, offices or rules by a part of their number or name."""
    return pages.targets(access_of(request), kind, keyword.strip())


@router.get("/frequencies", response={200: list[s.FrequencyOut], **PROBLEMS}, operation_id="list_frequencies")
def list_frequencies(request: HttpRequest) -> list[Shown]:
    """Frequency thresholds several rules may use."""
    return pages.frequency_list()


@router.put(
    "/frequencies",
    response={200: list[s.FrequencyOut], **PROBLEMS},
    operation_id="keep_frequency",
    auth=CONFIGURE,
)
def keep_frequency(request: HttpRequest, body: s.FrequencyIn) -> list[Shown]:
    """Make or change a frequency threshold."""
    actions.keep_frequency(_me(request), body.code, body.name, body.times, body.span_seconds, body.version)
    return pages.frequency_list()


@router.delete(
    "/frequencies/{code}", response={204: None, **PROBLEMS}, operation_id="drop_frequency", auth=CONFIGURE
)
def drop_frequency(request: HttpRequest, code: str) -> tuple[int, None]:
    """Remove a frequency threshold nobody uses."""
    actions.drop_frequency(_me(request), code)
    return 204, None


@router.post(
    "/preview", response={200: s.RulePreviewOut, **PROBLEMS}, operation_id="preview_rule", auth=CONFIGURE
)
def preview_rule(request: HttpRequest, body: s.RulePreviewIn) -> Shown:
    """What a definition says and would do; nothing is kept."""
    return previewing.preview(access_of(request), body.definition, body.device_no)


@router.post("", response={201: s.RuleDetail, **PROBLEMS}, operation_id="create_rule", auth=CONFIGURE)
def create_rule(request: HttpRequest, body: s.NewRuleIn) -> tuple[int, Shown]:
    """A new rule as a draft."""
    definition = body.definition if body.definition is not None else blank(body.metric)
    rule = actions.create_rule(_me(request), body.code.strip(), body.name, body.category, definition)
    return 201, pages.rule_detail(rule.pk)


@router.get("/{int:rule_id}", response=ONE, operation_id="get_rule")
def get_rule(request: HttpRequest, rule_id: int) -> Shown:
    """A rule with its versions."""
    return pages.rule_detail(rule_id)


@router.post("/{int:rule_id}/draft", response=ONE, operation_id="new_rule_draft", auth=CONFIGURE)
def new_rule_draft(request: HttpRequest, rule_id: int, body: s.RuleFromIn) -> Shown:
    """Begin to edit: a draft from a version."""
    actions.new_draft(_me(request), rule_id, body.version)
    return pages.rule_detail(rule_id)


@router.put("/{int:rule_id}/draft", response=ONE, operation_id="save_rule_draft", auth=CONFIGURE)
def save_rule_draft(request: HttpRequest, rule_id: int, body: s.RuleDraftIn) -> Shown:
    """Keep the edited draft."""
    actions.save_draft(_me(request), rule_id, body.edit, body.name, body.definition)
    return pages.rule_detail(rule_id)


@router.delete(
    "/{int:rule_id}/draft", response={204: None, **PROBLEMS}, operation_id="drop_rule_draft", auth=CONFIGURE
)
def drop_rule_draft(request: HttpRequest, rule_id: int) -> tuple[int, None]:
    """Throw the draft away."""
    actions.drop_draft(_me(request), rule_id)
    return 204, None


@router.post("/{int:rule_id}/publish", response=ONE, operation_id="publish_rule", auth=CONFIGURE)
def publish_rule(request: HttpRequest, rule_id: int, body: s.RulePublishIn) -> Shown:
    """Put the draft in force."""
    actions.publish(_me(request), rule_id, body.edit, body.over, body.reason)
    return pages.rule_detail(rule_id)


@router.post("/{int:rule_id}/switch", response=ONE, operation_id="switch_rule", auth=CONFIGURE)
def switch_rule(request: HttpRequest, rule_id: int, body: s.RuleSwitchIn) -> Shown:
    """Switch a rule on or off."""
    actions.switch(_me(request), rule_id, body.enabled, body.reason)
    return pages.rule_detail(rule_id)


@router.post(
    "/{int:rule_id}/copy",
    response={201: s.RuleDetail, **PROBLEMS},
    operation_id="copy_rule",
    auth=CONFIGURE,
)
def copy_rule(request: HttpRequest, rule_id: int, body: s.RuleCopyIn) -> tuple[int, Shown]:
    """A new rule that says the same."""
    rule = actions.copy_rule(_me(request), rule_id, body.code.strip(), body.name)
    return 201, pages.rule_detail(rule.pk)


@router.get(
    "/{int:rule_id}/compare",
    response={200: s.RuleCompareOut, **PROBLEMS},
    operation_id="compare_rule_versions",
)
def compare_rule_versions(request: HttpRequest, rule_id: int, old: int, new: int) -> Shown:
    """Two versions line by line."""
    return pages.compare(rule_id, old, new)


@router.get(
    "/{int:rule_id}/versions/{int:number}",
    response={200: s.RuleVersionOut, **PROBLEMS},
    operation_id="get_rule_version",
)
def get_rule_version(request: HttpRequest, rule_id: int, number: int) -> Shown:
    """One version."""
    return pages.version(rule_id, number)


@router.get(
    "/{int:rule_id}/backtests",
    response={200: list[s.BacktestOut], **PROBLEMS},
    operation_id="list_backtests",
    auth=CONFIGURE,
)
def list_backtests(request: HttpRequest, rule_id: int) -> list[Shown]:
    """The last back-tests of a rule."""
    return pages.backtests(rule_id, access_of(request))


@router.post(
    "/{int:rule_id}/backtests",
    response={201: s.BacktestDetail, **PROBLEMS},
    operation_id="order_backtest",
    auth=CONFIGURE,
)
def order_backtest(request: HttpRequest, rule_id: int, body: s.BacktestIn) -> tuple[int, Shown]:
    """Try a definition on stored history, in the background."""
    row = actions.order_backtest(_me(request), rule_id, body.definition, body.start, body.end)
    return 201, pages.backtest(row.pk, access_of(request))


@router.get(
    "/backtests/{int:number}",
    response={200: s.BacktestDetail, **PROBLEMS},
    operation_id="get_backtest",
    auth=CONFIGURE,
)
def get_backtest(request: HttpRequest, number: int) -> Shown:
    """One of my back-tests with its report."""
    return pages.backtest(number, access_of(request))


@router.post(
    "/backtests/{int:number}/cancel",
    response={200: s.BacktestDetail, **PROBLEMS},
    operation_id="cancel_backtest",
    auth=CONFIGURE,
)
def cancel_backtest(request: HttpRequest, number: int) -> Shown:
    """Stop one of my back-tests."""
    actions.cancel_backtest(_me(request), number)
    return pages.backtest(number, access_of(request))
