"""Wrong, late, doubled and foreign input: a clear answer in Chinese, nothing lost, nothing leaked."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.services.test_life_of_a_case import act, fill_in, sign, submit
from tests.support.sandbox import Sandbox

from minfang.kernel.documents.models import Document
from minfang.kernel.exchange.models import OutboxMessage
from minfang.services.models import Case

User = Any


def new_draft(user: User) -> tuple[int, int]:
    case_id = user.post("/portal/cases", {"matter": "BASEMENT_SYNC", "again": True})["id"]
    return case_id, user.get(f"/portal/cases/{case_id}")["version"]


def save(user: User, case_id: int, data: dict[str, Any], version: int, status: int = 200) -> Any:
    body = {"data": data, "step": "project", "seen_version": version}
    return user.call("PUT", f"/portal/cases/{case_id}/draft", body, status)


@pytest.fixture
def applicant(user: Callable[[str], User]) -> User:
    return user("gu.shuyan")


@pytest.mark.feature(2)
@pytest.mark.django_db
def test_a_draft_keeps_whatever_is_typed_and_the_check_names_each_wrong_field(
    applicant: User, sample: dict[str, Any]
) -> None:
    case_id, version = new_draft(applicant)
    wrong = {
        **sample,
        "project_name": "长" * 5000,
        "land_area": "-3",
        "gfa_above": "十万",
        "land_use": "不是表格",
        "unknown_key": 1,
    }
    saved = save(applicant, case_id, wrong, version)
    assert set(saved["dropped"]) == {"unknown_key", "land_use"}
    kept = applicant.get(f"/portal/cases/{case_id}")["data"]
    assert kept["project_name"] == "长" * 5000
    assert kept["land_area"] == "-3"
    errors = {e["path"]: e["message"] for e in applicant.get(f"/portal/cases/{case_id}/check")["errors"]}
    assert {"project_name", "land_area", "gfa_above", "land_use"} <= set(errors)
    assert all(any("\u4e00" <= c <= "\u9fff" for c in message) for message in errors.values())


@pytest.mark.django_db
def test_rare_characters_survive_from_the_form_to_the_printed_application(
    applicant: User, sample: dict[str, Any]
) -> None:
    import io

    import pdfplumber

    case_id, version = new_draft(applicant)
    name = "㐂喆𬬻大厦项目"
    save(applicant, case_id, {**sample, "project_name": name}, version)
    assert applicant.get(f"/portal/cases/{case_id}")["project_name"] == name
    answer = applicant.http.get(f"/api/portal/cases/{case_id}/application.pdf")
    with pdfplumber.open(io.BytesIO(answer.content)) as printed:
        text = "".join(page.extract_text() for page in printed.pages)
    assert "喆" in text
    assert "𬬻" in text or "U+2CB3B" in text


@pytest.mark.django_db
def test_a_program_named_pdf_is_refused_by_its_content(applicant: User) -> None:
    case_id, _ = new_draft(applicant)
    refused = applicant.upload(
        f"/portal/cases/{case_id}/materials/M4-03", "图纸.pdf", b"MZ" + b"\0" * 200, 422
    )
    assert refused["code"] == "FILE_KIND"
    assert "可执行程序" in refused["message"]
    assert applicant.get(f"/portal/cases/{case_id}")["materials"] == []


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 broken", b"plain text"])
def test_empty_damaged_and_unknown_files_are_refused_with_the_reason(applicant: User, content: bytes) -> None:
    case_id, _ = new_draft(applicant)
    answer = applicant.upload(f"/portal/cases/{case_id}/materials/M4-03", "图.pdf", content, 422)
    assert answer["message"]
    assert answer["hint"]


@pytest.mark.django_db
def test_an_expired_session_says_so_and_the_draft_is_still_there_afterwards(
    applicant: User, sample: dict[str, Any]
) -> None:
    case_id, version = new_draft(applicant)
    saved = save(applicant, case_id, sample, version)
    applicant.http.logout()
    refused = save(applicant, case_id, sample, saved["version"], 401)
    assert refused["code"] == "SESSION_EXPIRED"
    applicant.http.force_login(applicant.person)
    save(applicant, case_id, sample, saved["version"])
    assert applicant.get(f"/portal/cases/{case_id}")["data"]["project_name"] == sample["project_name"]


@pytest.mark.django_db
def test_a_page_older_than_the_draft_overwrites_nothing(applicant: User, sample: dict[str, Any]) -> None:
    case_id, version = new_draft(applicant)
    save(applicant, case_id, {**sample, "project_name": "新"}, version)
    refused = save(applicant, case_id, {**sample, "project_name": "旧"}, version, 409)
    assert refused["code"] == "STALE"
    assert applicant.get(f"/portal/cases/{case_id}")["project_name"] == "新"


@pytest.mark.django_db
def test_an_unfinished_application_is_not_taken_and_every_gap_is_named(applicant: User) -> None:
    case_id, version = new_draft(applicant)
    refused = applicant.post(f"/portal/cases/{case_id}/submit", {"seen_version": version}, 422)
    assert refused["code"] == "INVALID"
    assert len(refused["fields"]) > 20
    assert Case.objects.get(pk=case_id).internal_no is None


@pytest.mark.django_db
def test_a_signature_stops_counting_when_the_content_changes(
    applicant: User, sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    case_id = fill_in(applicant, sample, pdf)
    sign(applicant, case_id)
    version = applicant.get(f"/portal/cases/{case_id}")["version"]
    save(applicant, case_id, {**sample, "cover_depth": "1.30"}, version)
    refused = submit(applicant, case_id, 409)
    assert refused["code"] == "SIGN_REQUIRED"


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_on_submit_make_one_case(
    applicant: User, sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    case_id = fill_in(applicant, sample, pdf)
    sign(applicant, case_id)
    version = applicant.get(f"/portal/cases/{case_id}")["version"]
    numbers: list[str] = []

    def click() -> None:
        browser = Client()
        browser.force_login(applicant.person)
        answer = browser.post(
            f"/api/portal/cases/{case_id}/submit", {"seen_version": version}, content_type="application/json"
        )
        numbers.append(answer.json().get("internal_no", ""))
        connection.close()

    clicks = [threading.Thread(target=click) for _ in range(10)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(set(numbers)) == 1
    assert numbers[0]
    assert Case.objects.filter(internal_no__isnull=False).count() == 1
    assert OutboxMessage.objects.filter(connector="apply_no").count() == 1


def submitted(applicant: User, sample: dict[str, Any], pdf: bytes) -> int:
    case_id = fill_in(applicant, sample, pdf)
    sign(applicant, case_id)
    submit(applicant, case_id)
    return case_id


@pytest.mark.django_db
def test_the_second_officer_hears_who_was_faster(
    user: Callable[[str], User], applicant: User, sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    case_id = submitted(applicant, sample, pdf)
    act(user("huang.siqi"), case_id, "complete", "PASS")
    fast, slow = user("shen.jiahe"), user("liang.muyun")
    page = slow.get(f"/office/cases/{case_id}")
    act(fast, case_id, "complete", "ACCEPT")
    body = {
        "item_id": page["item_id"],
        "verb": "complete",
        "outcome": "ACCEPT",
        "opinion": "同意",
        "seen_version": page["item_version"],
    }
    refused = slow.post(f"/office/cases/{case_id}/act", body, 409)
    assert refused["code"] == "STALE"
    assert "沈嘉禾" in refused["message"]
    assert (
        Document.objects.filter(
            subject__contains=str(Case.objects.get(pk=case_id).internal_no), doc_type="ACCEPT_NOTICE"
        ).count()
        == 1
    )


@pytest.mark.django_db
def test_the_same_act_sent_twice_is_done_once(
    user: Callable[[str], User], applicant: User, sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    case_id = submitted(applicant, sample, pdf)
    officer = user("huang.siqi")
    page = officer.get(f"/office/cases/{case_id}")
    body = {
        "item_id": page["item_id"],
        "verb": "complete",
        "outcome": "PASS",
        "opinion": "",
        "seen_version": page["item_version"],
    }
    answers = [
        officer.post(f"/office/cases/{case_id}/act", body, idempotency_key="one-act-1")["status"]
        for _ in range(2)
    ]
    assert answers == ["ACCEPTING", "ACCEPTING"]


@pytest.mark.django_db
def test_another_offices_case_does_not_exist_for_a_district_officer(
    user: Callable[[str], User], applicant: User, sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    case_id = submitted(applicant, sample, pdf)
    stranger, other = user("pt.he.wen"), user("zhou.mingyu")
    material = applicant.get(f"/portal/cases/{case_id}")["materials"][0]
    file_id = next(
        m["file"]["id"] for m in applicant.get(f"/portal/cases/{case_id}")["materials"] if m["file"]
    )
    assert stranger.get(f"/office/cases/{case_id}", 404)["code"] == "NOT_FOUND"
    body = {"item_id": 1, "verb": "complete", "outcome": "PASS", "opinion": "", "seen_version": 1}
    assert stranger.post(f"/office/cases/{case_id}/act", body, 404)["code"] == "NOT_FOUND"
    path = f"/office/cases/{case_id}/materials/{material['id']}/review"
    stranger.post(path, {"state": "ACCEPTED"}, 404)
    for person in (stranger, other):
        assert person.call("GET", f"/files/{file_id}", status=404)["code"] == "NOT_FOUND"
    assert other.get(f"/portal/cases/{case_id}", 404)["code"] == "NOT_FOUND"
    assert stranger.get("/office/cases?tab=all")["total"] == 0


@pytest.mark.django_db
def test_a_district_application_reaches_its_district_and_not_the_city(
    user: Callable[[str], User], applicant: User, sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    case_id = fill_in(applicant, {**sample, "planning_authority": "DISTRICT"}, pdf)
    sign(applicant, case_id)
    number = submit(applicant, case_id)["internal_no"]
    assert number.startswith("PT04")
    assert user("pt.yu.lan").get(f"/office/cases/{case_id}")["office_name"] == "普陀区国防动员办公室"
    assert user("huang.siqi").get(f"/office/cases/{case_id}", 404)["code"] == "NOT_FOUND"


@pytest.mark.django_db
def test_a_supplement_names_things_of_this_matter_and_says_what_is_wanted(
    user: Callable[[str], User], applicant: User, sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    case_id = submitted(applicant, sample, pdf)
    act(user("huang.siqi"), case_id, "complete", "PASS")
    handler = user("shen.jiahe")
    page = handler.get(f"/office/cases/{case_id}")
    body = {
        "item_id": page["item_id"],
        "verb": "supplement",
        "opinion": "",
        "seen_version": page["item_version"],
    }

    def ask(*items: tuple[str, str, str]) -> Any:
        listed = [{"kind": k, "path": p, "label": p, "request": r} for k, p, r in items]
        return handler.post(f"/office/cases/{case_id}/act", {**body, "supplement_items": listed}, 422)

    assert "至少" in ask()["fields"][0]["message"]
    wrong = ask(("material", "M4-03", " "), ("material", "M9-99", "补"), ("field", "no_such_field", "补"))
    assert len(wrong["fields"]) == 3
    assert applicant.get(f"/portal/cases/{case_id}")["status"] == "ACCEPTING"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row",
    [
        {"land_use_code": "Rr", "far_area": {"a": 1}},
        {"land_use_code": ["Rr"], "far_area": "100"},
        {"land_use_code": "ZZ9", "far_area": "100"},
        {"land_use_code": "Rr", "far_area": "1e999"},
        {"land_use_code": "Rr", "far_area": "100", "exempt_area": []},
        {"land_use_code": "Rr", "far_area": True},
    ],
)
def test_the_public_trial_calculation_answers_nonsense_with_a_sentence(
    loaded: None, row: dict[str, Any]
) -> None:
    answer = Client().post("/api/public/required-area", {"land_use": [row]}, content_type="application/json")
    assert answer.status_code in (200, 422), answer.content
    if answer.status_code == 422:
        assert answer.json()["message"]


@pytest.mark.django_db
def test_the_public_trial_calculation_explains_each_line(loaded: None) -> None:
    rows = [{"land_use_code": "Rr", "far_area": "60000"}, {"land_use_code": "C2", "far_area": "8000"}]
    answer = (
        Client().post("/api/public/required-area", {"land_use": rows}, content_type="application/json").json()
    )
    assert answer["total"] == "6,800.00"
    assert all("沪国动规〔2025〕4号" in line["basis"] for line in answer["lines"])
