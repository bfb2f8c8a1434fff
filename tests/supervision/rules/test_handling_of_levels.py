"""Who is told at a level, how long they have, who hears next: checked, in words, shown for a real work."""

from typing import Any

import pytest
from tests.supervision.rules.conftest import Site

from minfang.kernel.iam.models import Organization, OrganizationKind
from minfang.registry.models import Works
from minfang.supervision.alarms.policy import default, policy_of

pytestmark = pytest.mark.django_db


def draft(site: Site, **handling: Any) -> dict[str, Any]:
    body = {"code": "TEMP-8", "name": "机房温度", "category": "ENV", "metric": "TEMP"}
    status, made = site.browser().send("POST", "", body)
    assert status == 201, made
    definition = dict(made["editing"]["definition"])
    definition["handling"] = [{"level": 3, **handling}]
    return definition


def faults(site: Site, definition: dict[str, Any]) -> dict[str, str]:
    status, told = site.browser().send("POST", "/preview", {"definition": definition})
    return {fault["path"]: fault["message"] for fault in told["faults" if status == 200 else "fields"]}


@pytest.mark.feature(90)
def test_the_editor_shows_what_is_usual_for_each_level(site: Site) -> None:
    usual = {row["level"]: row for row in site.browser().get("/options")["usual"]}
    assert (usual[1]["receivers"], usual[1]["sms"]) == (
        ["CITY_PLATFORM", "DISTRICT", "MANAGING_UNIT", "CITY"],
        True,
    )
    assert (usual[3]["confirm_minutes"], usual[3]["handle_minutes"]) == (240, 4320)
    assert (usual[3]["confirm_workdays"], usual[3]["handle_workdays"]) == (False, True)
    step = {"after": 240, "unless": "CONFIRM", "target": "DISTRICT", "workdays": False}
    assert usual[3]["escalate"][0] == step


@pytest.mark.feature(90, 91)
def test_receivers_limits_steps_and_measure_are_said_in_words(site: Site) -> None:
    definition = draft(
        site,
        receivers=["DISTRICT", "CITY", "INBOX", "SMS"],
        confirm_minutes=15,
        handle_minutes=2880,
        handle_workdays=True,
        escalate=[
            {"after": 15, "target": "DISTRICT"},
            {"after": 2880, "unless": "HANDLE", "target": "CITY_DUTY", "workdays": True},
        ],
        measure="到场查看集水井",
    )
    status, told = site.browser().send("POST", "/preview", {"definition": definition})
    assert (status, told["faults"]) == (200, [])
    assert {line["label"]: line["text"] for line in told["lines"]}["黄色（一般）推送与时限"] == (
        "推送所在区、市级值守，以站内消息、短信，15 分钟内确认，2 个工作日内处置，"
        "15 分钟未确认报所在区；2 个工作日未处置报市级值守，处置措施：到场查看集水井"
    )


@pytest.mark.parametrize(
    ("handling", "path", "message"),
    [
        ({"confirm_minutes": 60, "handle_minutes": 30}, "handling.0", "处置时限不能短于确认时限"),
        ({"confirm_minutes": 0}, "handling.0.confirm_minutes", "数值太小"),
        ({"organizations": ["NOWHERE"]}, "handling.0.organizations", "没有单位 NOWHERE。"),
        ({"level": 1}, "handling.0.level", "规则没有这一级，请去掉这一级的推送与时限。"),
        (
            {"escalate": [{"after": 5, "target": "DISTRICT"}, {"after": 9, "target": "DISTRICT"}]},
            "handling.0.escalate",
            "同一情形（未确认或未处置）下，同一对象只能升级一次",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_the_word(
    site: Site, handling: dict[str, Any], path: str, message: str
) -> None:
    assert faults(site, draft(site, **handling)) == {path: message}


@pytest.mark.feature(90)
def test_the_preview_names_the_offices_an_alarm_of_the_level_would_reach(site: Site) -> None:
    site.device("W1", "D1")
    keeper = Organization.objects.create(
        code="T-KEEP", name="某物业", kind=OrganizationKind.MAINTENANCE_RESPONSIBLE, district_code="310107"
    )
    Works.objects.filter(works_no="W1").update(managing_unit=keeper)
    definition = draft(site, receivers=["MANAGING_UNIT", "CITY"], escalate=[])
    _, told = site.browser().send("POST", "/preview", {"definition": definition, "device_no": "D1"})
    (reach,) = told["sample"]["reach"]
    told_of = {who["office"]: (who["target"], who["people"]) for who in reach["told"]}
    assert told_of["某物业"] == ("管理单位", 0)
    assert told_of["市国动办"] == ("市级值守", 3)
    assert {target for target, _ in told_of.values()} == {"管理单位", "市级值守"}
    assert (reach["ways"], reach["steps"]) == ("站内消息", [])


def test_an_office_is_found_by_a_part_of_its_name(site: Site) -> None:
    found = site.browser().get("/targets?kind=organization&keyword=国动")
    assert found == [{"value": "T-CITY", "label": "市国动办"}]


@pytest.mark.feature(90)
def test_what_a_silence_may_name_is_found_by_a_part_of_its_name(site: Site) -> None:
    body = {"code": "TEMP-9", "name": "机房温度", "category": "ENV", "metric": "TEMP"}
    site.browser().send("POST", "", body)
    assert site.browser().get("/targets?kind=rule&keyword=机房") == [{"value": "TEMP-9", "label": "机房温度"}]
    site.device("W1", "D1")
    found = site.browser().get("/targets?kind=device&keyword=W1 工程")
    assert found == [{"value": "D1", "label": "W1 工程 TEMP D1"}]


def test_the_usual_steps_follow_a_limit_the_rule_moves() -> None:
    orange = policy_of(2, {"handling": [{"level": 2, "confirm_minutes": 10}]})
    assert [(step.after, step.target) for step in orange.escalate] == [
        (10, "CITY_DUTY"),
        (70, "CITY_DUTY_LEADER"),
        (480, "CITY_DUTY"),
    ]
    assert policy_of(2, {"handling": [{"level": 2, "escalate": []}]}).escalate == ()


def test_a_way_may_be_named_without_receivers_and_receivers_without_a_way() -> None:
    usual = default(1)
    quiet = policy_of(1, {"handling": [{"level": 1, "receivers": ["INBOX"]}]})
    assert (quiet.receivers, quiet.channels) == (usual.receivers, ("IN_APP",))
    named = policy_of(1, {"handling": [{"level": 1, "receivers": ["DISTRICT"]}]})
    assert (named.receivers, named.channels) == (("DISTRICT", "RFM"), usual.channels)


def test_each_limit_counts_working_days_by_itself() -> None:
    own = {"level": 3, "confirm_minutes": 60, "handle_minutes": 1440, "handle_workdays": True}
    policy = policy_of(3, {"handling": [own]})
    assert (policy.workdays_confirm, policy.workdays_handle) == (False, True)
    assert [(step.after, step.workdays) for step in policy.escalate] == [(60, False), (1440, True)]
