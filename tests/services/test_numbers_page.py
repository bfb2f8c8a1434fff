"""The administrator changes how numbers look, keeps some for later, and sees that none is missing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from minfang.kernel.base import clock
from minfang.kernel.numbering import actions as numbering
from minfang.services.number_queries import context_of

pytestmark = pytest.mark.django_db
RULES = "/admin/numbers/rules"


def give() -> str:
    return numbering.issue("approval_city", context=context_of("310000"), scope="SH-CITY", target="case:X")


@pytest.mark.feature(42)
def test_a_new_version_of_a_rule_is_tried_saved_and_takes_effect_on_its_day(
    user: Callable[[str], Any],
) -> None:
    web, pattern = user("sys.admin"), "沪国动许〔{YYYY}〕{SEQ:4}号"
    tried = web.post(f"{RULES}/trial", {"pattern": pattern, "reset": "YEAR"})
    year = clock.today().year
    assert tried == {"faults": [], "sample": f"沪国动许〔{year}〕0001号"}
    assert web.post(f"{RULES}/trial", {"pattern": "沪[{YYYY}]", "reset": "YEAR"})["faults"]
    tomorrow = clock.now() + timedelta(days=1)
    body = {"code": "approval_city", "pattern": pattern, "reset": "YEAR", "reason": "按新字头"}
    refused = web.post(RULES, body | {"effective_from": clock.today().isoformat()}, 422)
    assert refused["fields"][0]["path"] == "effective_from"
    shown = web.post(RULES, body | {"effective_from": tomorrow.date().isoformat()})["rules"]
    versions = [rule for rule in shown if rule["code"] == "approval_city"]
    assert [rule["in_force"] for rule in versions] == [False, True]
    assert give().startswith("沪国动审〔")
    with clock.moved_to(tomorrow):
        assert give() == f"沪国动许〔{tomorrow.year}〕0001号"


@pytest.mark.feature(42)
def test_reserved_numbers_stand_in_the_ledger_and_can_be_given_up(user: Callable[[str], Any]) -> None:
    web = user("sys.admin")
    body = {"code": "approval_city", "region": "310000", "count": 2, "reason": "补发"}
    numbers = web.post("/admin/numbers/reserve", body)["numbers"]
    page = web.get("/admin/numbers/ledger?state=RESERVED")
    assert [line["number"] for line in page["lines"]] == numbers[::-1]
    web.post("/admin/numbers/void", {"number": numbers[0], "reason": "不需要了"}, 204)
    assert web.get(f"/admin/numbers/ledger?q={numbers[0]}")["lines"][0]["state"] == "VOID"
    issued = give()
    refused = web.post("/admin/numbers/void", {"number": issued, "reason": "试"}, 409)
    assert "不是预留号" in refused["message"]
    assert all(not series["missing"] for series in web.get("/admin/numbers/gaps"))
