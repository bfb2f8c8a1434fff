"""The matter from an applicant's first field to a sealed approval, through the product's HTTP face."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.support.sandbox import Sandbox

from minfang.kernel.documents.verify import verify_pdf
from minfang.kernel.exchange import actions as exchange
from minfang.kernel.exchange.models import OutboxMessage
from minfang.services.models import Case

WAIVE = {"ECERT", "SHARE", "BIZ"}


def fill_in(user: Any, data: dict[str, Any], pdf: bytes) -> int:
    """A complete draft with its materials."""
    case_id = user.post("/portal/cases", {"matter": "BASEMENT_SYNC"})["id"]
    case = user.get(f"/portal/cases/{case_id}")
    saved = user.call(
        "PUT",
        f"/portal/cases/{case_id}/draft",
        {"data": data, "step": "area", "seen_version": case["version"]},
    )
    for rule in saved["materials"]:
        if rule["generated"] or not rule["required"]:
            continue
        if rule["waiver"] in WAIVE:
            user.post(f"/portal/cases/{case_id}/materials/{rule['code']}/waiver", {"kind": rule["waiver"]})
        else:
            user.upload(f"/portal/cases/{case_id}/materials/{rule['code']}", "图纸.pdf", pdf)
    return int(case_id)


def sign(user: Any, case_id: int) -> None:
    """Sign on the platform's page as the applicant does."""
    redirect = user.post(f"/portal/cases/{case_id}/sign")["redirect"]
    wanted = {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}
    base = redirect.split("/ca/")[0]
    with httpx.Client(trust_env=False) as browser:
        assert browser.get(redirect).status_code == 200
        back = browser.post(f"{base}/ca/sign", data={**wanted, "decision": "sign"}).headers["location"]
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    user.post(f"/portal/cases/{case_id}/sign/finish", {"state": answer["state"], "ticket": answer["ticket"]})


def submit(user: Any, case_id: int, status: int = 200) -> Any:
    """Hand the application in."""
    version = user.get(f"/portal/cases/{case_id}")["version"]
    return user.post(f"/portal/cases/{case_id}/submit", {"seen_version": version}, status)


def act(
    officer: Any, case_id: int, verb: str, outcome: str = "", opinion: str = "同意。", **more: Any
) -> Any:
    """Do one verb as the case page offers it."""
    page = officer.get(f"/office/cases/{case_id}")
    assert page["item_id"], page["blocked_reason"]
    body = {
        "item_id": page["item_id"],
        "verb": verb,
        "outcome": outcome,
        "opinion": opinion,
        "seen_version": page["item_version"],
        **more,
    }
    return officer.post(f"/office/cases/{case_id}/act", body)


def deliver() -> None:
    """What the worker does, until nothing is left to do."""
    for _ in range(20):
        if not exchange.drain(100).handled:
            return


@pytest.mark.feature(4, 5, 6, 8, 12, 13, 15, 16, 17)
@pytest.mark.django_db(transaction=True)
def test_from_the_first_field_to_a_sealed_certificate(
    user: Callable[[str], Any], sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    applicant = user("gu.shuyan")
    case_id = fill_in(applicant, sample, pdf)
    sign(applicant, case_id)
    number = submit(applicant, case_id)["internal_no"]
    assert number.startswith("SH04")
    deliver()
    assert len(Case.objects.get(pk=case_id).apply_no) == 20

    prereviewer, handler, head, deputy, issuer = (
        user(name) for name in ("huang.siqi", "shen.jiahe", "fan.zhiyuan", "lu.wenyuan", "qiao.an")
    )
    act(prereviewer, case_id, "complete", "PASS")
    act(
        handler,
        case_id,
        "supplement",
        opinion="请按意见补正。",
        supplement_items=[
            {"kind": "material", "path": "M4-03", "label": "人防平、剖面图", "request": "补充连通口标高"}
        ],
    )
    deliver()
    mine = applicant.get(f"/portal/cases/{case_id}")
    assert mine["status"] == "SUPPLEMENT"
    assert mine["light"]["colour"] == "GREY"
    assert any(d["doc_type"] == "SUPPLEMENT_NOTICE" and d["sealed"] for d in mine["documents"])
    applicant.upload(f"/portal/cases/{case_id}/materials/M4-03", "平面图.pdf", pdf)
    sign(applicant, case_id)
    submit(applicant, case_id)

    act(handler, case_id, "complete", "ACCEPT")
    act(handler, case_id, "complete", "SUBMIT", "建议准予。")
    page = head.get(f"/office/cases/{case_id}")
    back = next(v for v in page["verbs"] if v["verb"] == "return")
    act(head, case_id, "return", opinion="请补充防护单元划分理由。", target=back["target"])
    act(handler, case_id, "complete", "SUBMIT", "已补充理由，建议准予。")
    act(head, case_id, "complete", "AGREE")
    act(deputy, case_id, "complete", "APPROVE")
    act(handler, case_id, "complete", "FINISH")
    assert "电子印章" in issuer.get(f"/office/cases/{case_id}")["blocked_reason"]
    deliver()
    act(issuer, case_id, "complete", "ISSUE")
    deliver()

    mine = applicant.get(f"/portal/cases/{case_id}")
    assert mine["status"] == "DONE"
    approval = next(d for d in mine["documents"] if d["doc_type"] == "APPROVAL")
    assert approval["number"].startswith("沪国动审〔")
    answer = applicant.http.get(f"/api/documents/{approval['id']}?download=true")
    content = b"".join(answer.streaming_content)
    report = verify_pdf(content)
    assert report.intact
    assert report.trusted
    code = approval["verify_url"].rsplit("/", 1)[1]
    public = applicant.get(f"/public/verify/{code}")
    assert public["valid"]
    assert public["number"] == approval["number"]
    assert applicant.get(f"/portal/cases/{case_id}")["status"] == "DELIVERED"
    applicant.post(
        f"/portal/cases/{case_id}/ratings", {"stage": "DONE", "satisfaction": 1, "tags": ["时限短"]}
    )
    deliver()

    left = OutboxMessage.objects.exclude(state="DONE").values_list(
        "connector", "dataset", "state", "last_error"
    )
    assert not list(left)
    apply_no = Case.objects.get(pk=case_id).apply_no
    steps = sandbox.records("case_repository", "stepProc", apply_no)
    assert len(steps) >= 9


@pytest.mark.django_db
def test_whoever_may_take_the_next_step_hears_of_it_until_they_have_looked(
    user: Callable[[str], Any], sample: dict[str, Any], pdf: bytes, sandbox: Sandbox
) -> None:
    applicant, prereviewer = user("gu.shuyan"), user("huang.siqi")
    case_id = fill_in(applicant, sample, pdf)
    sign(applicant, case_id)
    submit(applicant, case_id)
    act(prereviewer, case_id, "complete", "PASS")
    for name in ("shen.jiahe", "liang.muyun"):
        handler = user(name)
        heard = handler.get("/office/desk")["messages"]
        assert [m["read"] for m in heard] == [False]
        assert heard[0]["link"] == f"/office/cases/{case_id}"
        handler.post("/messages/read", status=204)
        assert [m["read"] for m in handler.get("/office/desk")["messages"]] == [True]
    assert user("fan.zhiyuan").get("/office/desk")["messages"] == []
