"""The demonstration's cases: made once, and true to every rule real cases follow."""

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates
from minfang.kernel.documents import queries as documents
from minfang.kernel.documents.models import Document
from minfang.kernel.documents.verify import verify_pdf
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.kernel.numbering import actions as numbering
from minfang.kernel.numbering.models import IssuedNumber
from minfang.kernel.workflow import queries as flow
from minfang.sandbox import demo, demo_cases, keys
from minfang.sandbox.demo_cases import later
from minfang.sandbox.store import Store
from minfang.services import case_filters, deadlines, office_queries, queries
from minfang.services.actions import publishing
from minfang.services.matters import engine_of
from minfang.services.models import Case, CaseStatus

CASES = 95
CITY = {"abbr": "沪", "code6": "310000", "letters": "SH"}
STATUSES = {
    *("DRAFT", "PREREVIEW", "PREREVIEW_FAILED", "ACCEPTING", "SUPPLEMENT", "REVIEWING", "SPECIAL"),
    *("DECIDED", "CERTIFYING", "DONE", "DELIVERED"),
}
OFFICERS = ("huang.siqi", "liang.muyun", "fan.zhiyuan", "lu.wenyuan", "qiao.an", "pt.he.wen", "pd.tang.yue")
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("cases")]


@pytest.fixture(scope="module")
def made(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A database with demonstration cases, made once for this module; the sandbox's folder."""
    from django.db import transaction

    folder = tmp_path_factory.mktemp("demo")
    kept, settings.FILES_ROOT = settings.FILES_ROOT, str(folder / "files")
    with django_db_blocker.unblock(), transaction.atomic():
        publishing.load_all()
        demo.ensure_accounts()
        assert demo_cases.ensure(CASES, folder / "sandbox") == CASES
        settings.FILES_ROOT = kept
        yield folder
        transaction.set_rollback(True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def files(made: Path, settings: Any) -> None:
    """The files and the seal root of the demonstration."""
    settings.FILES_ROOT = str(made / "files")
    roots = made / "sandbox" / "roots"
    roots.mkdir(exist_ok=True)
    (roots / "root.pem").write_text(certificates.to_pem(keys.ring(made / "sandbox" / "keys").root))
    settings.SEAL_ROOTS = str(roots)


def access(username: str) -> Access:
    return Access(Person.objects.get(username=username))


def test_a_second_start_adds_nothing(made: Path) -> None:
    assert demo_cases.ensure(CASES, made / "sandbox") == 0
    assert Case.objects.count() == CASES


def test_every_case_is_the_sum_of_its_history() -> None:
    for case in Case.objects.exclude(instance=None).select_related("instance__definition"):
        instance = case.instance
        assert instance is not None
        events = list(instance.events.order_by("sequence"))
        assert [event.sequence for event in events] == list(range(1, instance.last_sequence + 1))
        assert flow.replay(instance.definition, events) == flow.state_of(instance), case
        assert all(a.at <= b.at for a, b in itertools.pairwise(events))
        assert events[-1].at <= clock.now()


def test_case_and_process_agree_on_the_status() -> None:
    waiting = {CaseStatus.DONE}
    for case in Case.objects.exclude(instance=None).select_related("instance"):
        assert case.instance is not None
        assert case.status == case.instance.case_status or case.status in waiting
        assert (case.closed_at is not None) == (case.status in ("NOT_ACCEPTED", "DONE", "DELIVERED"))


def test_the_due_days_follow_from_the_days_of_the_case() -> None:
    for case in Case.objects.filter(accepted_at__isnull=False).select_related("instance"):
        before = case.promise_due, case.legal_due
        deadlines.follow_suspensions(case)
        assert (case.promise_due, case.legal_due) == before, case


def test_numbers_are_unique_and_later_ones_go_on() -> None:
    numbers = list(Case.objects.exclude(internal_no=None).values_list("internal_no", flat=True))
    assert (
        len(set(numbers))
        == len(numbers)
        == IssuedNumber.objects.filter(rule__code="case_internal_no").count()
    )
    context = {
        "region": {"abbr": "沪", "code6": "310000", "letters": "SH"},
        "matter": "04",
        "date": clock.today(),
    }
    last = Document.objects.filter(number__startswith=f"沪国动审〔{clock.today().year}〕").count()
    issued = numbering.issue("approval_city", context=context, scope="SH-CITY", target="case:x")
    assert issued == f"沪国动审〔{clock.today().year}〕{last + 1:03d}号"


def test_all_statuses_and_districts_are_there() -> None:
    statuses = Counter(Case.objects.values_list("status", flat=True))
    assert set(statuses) >= STATUSES
    nodes = set(flow.WorkItem.objects.filter(state="OPEN").values_list("node", flat=True))
    assert {"N20_ACCEPT", "N30_REVIEW", "N40_CHECK", "N50_APPROVE", "N60_FINISH", "N70_CERT"} <= nodes
    assert (
        len(
            set(Case.objects.exclude(organization=None).values_list("organization__district_code", flat=True))
        )
        == 17
    )


def test_the_handler_of_the_city_has_eighteen_cases_in_all_lights() -> None:
    counts = office_queries.desk(
        access("shen.jiahe"),
    ).counts
    assert (counts.todo, counts.red, counts.yellow, counts.green, counts.grey) == (18, 1, 4, 11, 2)
    rows = office_queries.case_list(access("shen.jiahe"), {"tab": "todo", "size": 50}).rows
    assert Counter(row.light.colour for row in rows) == {"RED": 1, "YELLOW": 4, "GREEN": 11, "GREY": 2}
    for name in (
        "huang.siqi",
        "liang.muyun",
        "fan.zhiyuan",
        "lu.wenyuan",
        "qiao.an",
        "pt.he.wen",
        "pd.tang.yue",
    ):
        assert case_filters.of_tab(access(name), "todo").exists(), name


def test_the_applicant_has_four_cases_and_a_certificate_that_verifies() -> None:
    gu = access("gu.shuyan")
    rows = queries.portal_cases(gu, "", "", 1, 20).rows
    assert Counter(row.status for row in rows) == {
        "DRAFT": 1,
        "SUPPLEMENT": 1,
        "REVIEWING": 1,
        "DELIVERED": 1,
    }
    case = Case.objects.get(applicant=gu.person, status="DELIVERED")
    approval = Document.objects.select_related("file").get(subject=case.subject, doc_type="APPROVAL")
    report = verify_pdf(documents.content(approval))
    assert report.intact
    assert report.trusted, report.reason
    text = str(approval.context)
    assert case.project_name in text
    assert str(case.internal_no) in text


def test_what_is_filled_in_would_be_accepted_by_the_form() -> None:
    for case in Case.objects.order_by("?")[:12]:
        assert engine_of(case.matter_version_id).validate(case.form_data) == []
        assert case.project_name == case.form_data["project_name"]


def test_nothing_is_left_to_be_sent_and_nothing_names_another_case(made: Path) -> None:
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"DONE"}
    store = Store(made / "sandbox")
    for case in Case.objects.exclude(instance=None)[:15]:
        messages = list(OutboxMessage.objects.filter(subject=case.subject).order_by("id"))
        base = next(m for m in messages if m.dataset == "baseInfo")
        assert base.payload["orgbusno"] == case.internal_no
        assert base.payload["applicant"] == case.applicant_name
        assert store.get("case_repository", "baseInfo", case.apply_no)["applicant"] == case.applicant_name


def test_missing_papers_are_set_one_by_one(made: Path) -> None:
    missing = Document.objects.filter(file=None)
    before = missing.count()
    assert before > 0
    assert later.draw_next(made / "sandbox")
    assert missing.count() == before - 1
    row = Document.objects.exclude(file=None).order_by("-file__stored_at").first()
    assert row is not None
    assert documents.content(row).startswith(b"%PDF")
