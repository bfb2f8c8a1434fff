"""Numbers are unique and gapless, also when fifty hands reach for them at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base.errors import Refusal
from minfang.kernel.numbering import actions, queries
from minfang.kernel.numbering.models import IssuedNumber, NumberCounter, NumberRule, NumberState
from minfang.kernel.numbering.patterns import PatternError
from minfang.registry.districts import all_regions, district

RULES = Path(__file__).parents[3] / "src/minfang/services/definitions/numbers.toml"
DAY = date(2026, 11, 22)
CITY = {"region": district("310000").number_names, "matter": "04", "date": DAY}
PUTUO = {"region": district("310107").number_names, "matter": "04", "date": DAY}


def give(rule: str = "approval_city", context: dict[str, Any] = CITY) -> str:
    return actions.issue(rule, context=context, scope="SH-CITY", target="case:SH042026112200001")


@pytest.mark.django_db
def test_rules_of_the_matter_give_the_handbook_forms() -> None:
    actions.load_rules(RULES)
    assert give() == "沪国动审〔2026〕001号"
    assert give() == "沪国动审〔2026〕002号"
    assert give("approval_district", PUTUO) == "普国动审〔2026〕001号"
    assert give("accept_notice", PUTUO) == "普国动受〔2026〕00001号"
    assert give("supplement_notice", PUTUO) == "普国动补正〔2026〕00001号"
    assert give("not_accept_notice", CITY) == "沪国动不受〔2026〕00001号"
    assert give("case_internal_no", PUTUO) == "PT042026112200001"
    assert give("case_internal_no", PUTUO | {"matter": "05"}) == "PT052026112200001"


@pytest.mark.django_db
def test_running_numbers_start_anew_with_their_period() -> None:
    actions.load_rules(RULES)
    give("case_internal_no")
    assert give("case_internal_no", CITY | {"date": date(2026, 11, 23)}) == "SH042026112300001"
    give()
    assert give(context=CITY | {"date": date(2027, 1, 4)}) == "沪国动审〔2027〕001号"


@pytest.mark.django_db
def test_every_region_has_numbers_of_its_own() -> None:
    actions.load_rules(RULES)
    given = {give("case_internal_no", CITY | {"region": r.number_names}) for r in all_regions()}
    assert len(given) == 17


@pytest.mark.django_db
def test_two_rules_that_print_the_same_share_one_count() -> None:
    NumberRule.objects.create(code="a", pattern="沪国动〔{YYYY}〕{SEQ:3}号", reset="YEAR", effective_from=DAY)
    NumberRule.objects.create(code="b", pattern="沪国动〔{YYYY}〕{SEQ:4}号", reset="YEAR", effective_from=DAY)
    assert [give("a"), give("b"), give("a")] == [
        "沪国动〔2026〕001号",
        "沪国动〔2026〕0002号",
        "沪国动〔2026〕003号",
    ]


@pytest.mark.django_db
def test_the_version_in_force_on_the_day_is_used() -> None:
    NumberRule.objects.create(
        code="a", pattern="旧〔{YYYY}〕{SEQ:3}号", reset="YEAR", effective_from=date(2025, 1, 1)
    )
    NumberRule.objects.create(
        code="a", pattern="新〔{YYYY}〕{SEQ:3}号", reset="YEAR", effective_from=date(2027, 1, 1)
    )
    assert give("a") == "旧〔2026〕001号"
    assert give("a", CITY | {"date": date(2027, 1, 1)}) == "新〔2027〕001号"
    with pytest.raises(Refusal):
        give("a", CITY | {"date": date(2024, 1, 1)})


@pytest.mark.django_db
def test_loading_twice_changes_nothing_and_a_used_rule_stays_as_it_is(tmp_path: Path) -> None:
    actions.load_rules(RULES)
    actions.load_rules(RULES)
    assert NumberRule.objects.count() == 6
    give()
    changed = tmp_path / "numbers.toml"
    changed.write_text(
        RULES.read_text(encoding="utf-8").replace("沪国动审〔{YYYY}〕{SEQ:3}号", "沪审〔{YYYY}〕{SEQ:3}号")
    )
    with pytest.raises(PatternError, match="已发过号"):
        actions.load_rules(changed)


@pytest.mark.django_db
def test_a_faulty_rule_is_not_loaded(tmp_path: Path) -> None:
    faulty = tmp_path / "numbers.toml"
    faulty.write_text('[[rule]]\ncode="x"\npattern="沪{SEQ:3}"\nreset="YEAR"\neffective_from=2026-01-01\n')
    with pytest.raises(PatternError, match="重号"):
        actions.load_rules(faulty)


@pytest.mark.django_db
def test_a_void_number_stays_in_the_ledger_and_is_not_given_again() -> None:
    actions.load_rules(RULES)
    number = give()
    with pytest.raises(Refusal):
        actions.void(number, " ")
    line = actions.void(number, "当事人撤回申请")
    assert (line.state, line.void_reason) == (NumberState.VOID, "当事人撤回申请")
    with pytest.raises(Refusal):
        actions.void(number, "再作废")
    with pytest.raises(Refusal):
        actions.void("沪国动审〔2026〕999号", "没有")
    assert give() == "沪国动审〔2026〕002号"
    assert AuditEvent.objects.filter(action="number.void").count() == 1
    report = queries.series_reports(period="2026")[0]
    assert (report.last, report.voided, report.missing) == (2, (1,), ())


@pytest.mark.django_db
def test_a_preview_takes_nothing() -> None:
    actions.load_rules(RULES)
    assert queries.preview("approval_city", CITY) == "沪国动审〔2026〕001号"
    assert give() == "沪国动审〔2026〕001号"
    assert queries.preview("approval_city", CITY) == "沪国动审〔2026〕002号"


@pytest.mark.django_db
def test_a_clash_with_a_given_number_is_found_before_and_refused_after() -> None:
    actions.load_rules(RULES)
    give()
    assert queries.conflicts("沪国动审〔{YYYY}〕{SEQ:3}号", "NEVER", [CITY])
    assert queries.conflicts("沪国动审〔{YYYY}〕{SEQ:3}号", "YEAR", [CITY]) == []
    NumberRule.objects.create(
        code="clash", pattern="沪国动审〔{YYYY}〕{SEQ:3}号", reset="NEVER", effective_from=DAY
    )
    with pytest.raises(Refusal, match="已经用过"):
        give("clash")


@pytest.mark.django_db
def test_a_lost_ledger_line_shows_as_a_gap() -> None:
    actions.load_rules(RULES)
    for _ in range(4):
        give()
    IssuedNumber.objects.filter(sequence__in=(2, 3)).delete()
    assert queries.series_reports()[0].missing == (2, 3)


@pytest.mark.django_db
def test_missing_context_is_refused_and_takes_no_number() -> None:
    actions.load_rules(RULES)
    with pytest.raises(Refusal):
        give("approval_district", {"date": DAY})
    assert NumberCounter.objects.count() == 0


def in_threads(work: Callable[[int], Any], threads: int = 20) -> list[Any]:
    def run(worker: int) -> Any:
        try:
            return work(worker)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


@pytest.mark.django_db(transaction=True)
def test_fifty_threads_get_a_thousand_numbers_without_gap_or_double() -> None:
    actions.load_rules(RULES)

    def twenty(worker: int) -> list[str]:
        return [give() for _ in range(20)]

    given = [number for numbers in in_threads(twenty, 50) for number in numbers]
    assert len(given) == len(set(given))
    assert set(given) == {f"沪国动审〔2026〕{n:03d}号" for n in range(1, 1001)}
    assert queries.series_reports()[0].missing == ()


@pytest.mark.django_db
def test_reserved_numbers_wait_in_the_ledger_and_are_used_once() -> None:
    actions.load_rules(RULES)
    kept = actions.reserve("approval_city", context=CITY, scope="SH-CITY", count=3, reason="补发历史批文")
    assert give() not in kept
    report = queries.series_reports()[0]
    assert (report.reserved, report.missing) == ((1, 2, 3), ())
    assert actions.use_reserved(kept[1], target="case:OLD") == kept[1]
    assert IssuedNumber.objects.get(number=kept[1]).target == "case:OLD"
    with pytest.raises(Refusal, match="不是预留号"):
        actions.use_reserved(kept[1], target="case:OTHER")
    actions.void(kept[2], "不再需要")
    assert queries.series_reports()[0].voided == (3,)


@pytest.mark.django_db
def test_reserving_asks_for_a_reason_and_a_sensible_count() -> None:
    actions.load_rules(RULES)
    for count, reason in ((0, "补号"), (101, "补号"), (1, " ")):
        with pytest.raises(Refusal):
            actions.reserve("approval_city", context=CITY, scope="SH-CITY", count=count, reason=reason)
    assert not IssuedNumber.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_case_leaves_no_gap() -> None:
    actions.load_rules(RULES)

    def half_fail(worker: int) -> list[str]:
        kept = []
        for turn in range(6):
            try:
                with transaction.atomic():
                    number = give()
                    if (worker + turn) % 2:
                        raise RuntimeError("the business change failed")
                    kept.append(number)
            except RuntimeError:
                pass
        return kept

    given = [number for numbers in in_threads(half_fail) for number in numbers]
    assert sorted(given) == [f"沪国动审〔2026〕{n:03d}号" for n in range(1, 61)]
    assert queries.series_reports()[0].missing == ()


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_same_number_would_be_reached_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: it shows that the test above would notice a missing lock."""
    actions.load_rules(RULES)
    give()

    def unlocked(series: str, period: str) -> NumberCounter:
        return NumberCounter.objects.get(series=series, period=period)

    monkeypatch.setattr(actions, "_locked_counter", unlocked)

    def ten(worker: int) -> int:
        doubles = 0
        for _ in range(10):
            try:
                give()
            except (Refusal, IntegrityError):
                doubles += 1
        return doubles

    assert sum(in_threads(ten)) > 0
