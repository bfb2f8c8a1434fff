"""Identity, signature, numbers, licences, messages, ratings, seals and the console."""

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.sandbox import Sandbox

from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.local import sm3
from minfang.kernel.documents import ecert

BACK = "http://127.0.0.1:9/back"


def back_to(response: Any) -> dict[str, str]:
    assert response.status_code == 303
    return {
        name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()
    }


def sign_in(sandbox: Sandbox, user: str) -> dict[str, str]:
    form = {"user": user, "redirect_uri": BACK, "state": "s1"}
    return back_to(sandbox.request("POST", "/sso/choose", data=form))


def test_the_sign_in_page_lists_people_and_companies_and_escapes_what_it_is_given(sandbox: Sandbox) -> None:
    page = sandbox.request(
        "GET", "/sso/authorize", params={"redirect_uri": BACK, "state": '"><script>x</script>'}
    ).text
    assert "上海澜庭置业有限公司" in page
    assert "吴𬬻" in page
    assert "<script>x" not in page
    assert "演示环境" in page


@pytest.mark.parametrize("back", ["", "javascript:alert(1)", "/local", "ftp://x/y"])
def test_nobody_is_sent_to_something_that_is_no_web_address(sandbox: Sandbox, back: str) -> None:
    assert sandbox.request("GET", "/sso/authorize", params={"redirect_uri": back}).status_code == 400
    form = {"user": "zwdt-agent-zhou", "redirect_uri": back}
    assert sandbox.request("POST", "/sso/choose", data=form).status_code == 400


def test_a_code_is_exchanged_once(sandbox: Sandbox) -> None:
    came = sign_in(sandbox, "zwdt-agent-zhou")
    assert came["state"] == "s1"
    user = sandbox.platform("/sso/token", {"code": came["code"]}).json()["user"]
    assert (user["kind"], user["company"]["uscc"]) == ("company", "91310115MA1DEM0158")
    again = sandbox.platform("/sso/token", {"code": came["code"]})
    assert (again.status_code, again.json()["message"]) == (400, "授权码无效、已使用或已过期")


def test_a_natural_person_has_no_company(sandbox: Sandbox) -> None:
    came = sign_in(sandbox, "zwdt-person-xu")
    user = sandbox.platform("/sso/token", {"code": came["code"]}).json()["user"]
    assert (user["kind"], user["company"]) == ("person", None)


def test_a_signature_is_over_the_digest_shown_and_its_ticket_works_once(sandbox: Sandbox) -> None:
    digest = sm3(b"pdf").hex()
    wanted = {
        "digest": digest,
        "document": "申请表",
        "return": BACK + "?state=t",
        "holder": "91310115MA1DEM0158",
    }
    page = sandbox.request("GET", "/ca/sign", params=wanted).text
    assert "上海浦江示例置业有限公司" in page
    came = back_to(sandbox.request("POST", "/ca/sign", data={**wanted, "decision": "sign"}))
    assert came["state"] == "t"
    headers = {"Idempotency-Key": "k"}
    signed = sandbox.request("GET", f"/ca/signatures/{came['ticket']}", headers=headers).json()
    leaf = certificates.from_pem(signed["certificate"])[0]
    value = base64.b64decode(signed["signature"])
    assert sm2.verify(certificates.public_point(leaf), bytes.fromhex(digest), value)
    chain = [c for pem in signed["chain"] for c in certificates.from_pem(pem)]
    assert certificates.check_chain(leaf, roots=chain[1:], intermediates=chain[:1], at=datetime.now(UTC))
    assert sandbox.request("GET", f"/ca/signatures/{came['ticket']}").status_code == 404
    assert sandbox.request("GET", f"/ca/signatures/{came['ticket']}", headers=headers).json() == signed


def test_declining_comes_back_without_a_ticket(sandbox: Sandbox) -> None:
    wanted = {
        "digest": "0" * 64,
        "document": "申请表",
        "return": BACK,
        "holder": "徐安然",
        "decision": "decline",
    }
    assert back_to(sandbox.request("POST", "/ca/sign", data=wanted)) == {"error": "declined"}


@pytest.mark.parametrize(
    "changes", [{"digest": "xyz"}, {"document": ""}, {"return": "javascript:1"}, {"holder": "91310000XXXX"}]
)
def test_a_wrong_signature_request_is_explained(sandbox: Sandbox, changes: dict[str, str]) -> None:
    wanted = {"digest": "0" * 64, "document": "申请表", "return": BACK, "holder": "徐安然", **changes}
    page = sandbox.request("GET", "/ca/sign", params=wanted)
    assert page.status_code == 400
    assert "无法继续" in page.text


def test_one_internal_number_has_one_case_number_for_ever(sandbox: Sandbox) -> None:
    body = {"item_code": "312090036000", "internal_no": "PD1"}
    first, second = (sandbox.platform("/apply-no", body).json()["apply_no"] for _ in range(2))
    other = sandbox.platform("/apply-no", {**body, "internal_no": "PD2"}).json()["apply_no"]
    assert first == second != other
    assert (len(first), first.isdigit(), first[:12]) == (20, True, "312090036000")
    assert sandbox.platform("/apply-no", {"item_code": "9", "internal_no": "PD3"}).status_code == 400


def licence(number: str, **changes: Any) -> dict[str, Any]:
    identifier = ecert.make("11310000MB2F30695T004", "11310000MB2F30695T", "2026017")
    content = b"%PDF-1.7"
    return {
        "identifier": str(identifier),
        "catalog_code": "310105109000100",
        "name": "准予行政许可决定书",
        "number": "沪国动审〔2026〕017号",
        "holder_name": "甲",
        "holder_code": "91310115MA1DEM0158",
        "holder_type": "001",
        "issuer": "上海市国防动员办公室",
        "issuer_code": "11310000MB2F30695T",
        "issue_date": "2026-11-22",
        "version": "001",
        "case_no": number,
        "file": {"name": "a.pdf", "sm3": sm3(content).hex(), "content": base64.b64encode(content).decode()},
        **changes,
    }


def test_a_licence_is_taken_changed_and_shown(sandbox: Sandbox) -> None:
    number = sandbox.platform("/apply-no", {"item_code": "312090036000", "internal_no": "P"}).json()[
        "apply_no"
    ]
    body = licence(number)
    assert sandbox.platform("/ecert/push", body).json()["identifier"] == body["identifier"]
    change = {"identifier": body["identifier"], "status": "VOID", "reason": "要素错误"}
    assert sandbox.platform("/ecert/status", change).status_code == 200
    kept = sandbox.request("GET", f"/ecert/{body['identifier']}").json()["licence"]
    assert (kept["status"], kept["reason"]) == ("VOID", "要素错误")
    assert sandbox.platform("/ecert/status", {**change, "status": "LOST"}).status_code == 400
    assert sandbox.platform("/ecert/status", {**change, "identifier": "1.2"}).status_code == 404


def test_a_wrong_licence_is_refused(sandbox: Sandbox) -> None:
    number = sandbox.platform("/apply-no", {"item_code": "312090036000", "internal_no": "P"}).json()[
        "apply_no"
    ]
    bad_file = {"name": "a", "sm3": "0" * 64, "content": "eA=="}
    for changes, field in (
        ({"identifier": licence(number)["identifier"][:-1] + "~"}, "identifier"),
        ({"file": bad_file}, "file"),
        ({"case_no": "1" * 20}, "case_no"),
        ({"holder_name": ""}, "holder_name"),
        ({"file": None}, "file"),
    ):
        answer = sandbox.platform("/ecert/push", licence(number, **changes)).json()
        assert [item["field"] for item in answer["errors"]] == [field]


def test_seals_sign_with_their_own_key_and_have_a_picture(sandbox: Sandbox) -> None:
    seals = sandbox.request("GET", "/seal/seals").json()["seals"]
    assert len(seals) == 51
    body = {"data": base64.b64encode(b"bytes").decode(), "seal_id": "SEAL-310115-APPROVAL"}
    signed = sandbox.platform("/seal/sign", body).json()
    leaf = certificates.from_pem(signed["certificate"])[0]
    assert certificates.common_name(leaf) == "上海市浦东新区国防动员办公室行政审批专用章"
    assert sm2.verify(certificates.public_point(leaf), b"bytes", base64.b64decode(signed["signature"]))
    assert sandbox.request("GET", "/seal/SEAL-310115-APPROVAL/image.png").content[:4] == b"\x89PNG"
    assert sandbox.platform("/seal/sign", {**body, "seal_id": "SEAL-1"}).status_code == 404
    assert sandbox.platform("/seal/sign", {**body, "data": "*"}).status_code == 400


def test_the_console_shows_what_arrived_and_finds_a_case(sandbox: Sandbox) -> None:
    body = {"item_code": "312090036000", "internal_no": "PD042026112200009"}
    number = sandbox.platform("/apply-no", body, "k9").json()["apply_no"]
    (found,) = sandbox.arrivals(case_no=number)
    assert (found["platform"], found["key"], found["outcome"]) == ("apply_no", "k9", "accepted")
    assert sandbox.arrivals(case_no="PD042026112200009") == [found]
    sandbox.platform("/rating", {"projNo": number})
    assert [a["platform"] for a in sandbox.arrivals(case_no="PD042026112200009")] == ["rating", "apply_no"]
    sandbox.request("POST", "/control/rating/reset?data=list")
    assert sandbox.arrivals("rating") == []
    whole = sandbox.request("GET", f"/arrivals/{found['id']}").json()
    assert whole["payload"] == body
    assert sandbox.request("GET", "/arrivals/99999999").status_code == 404
    page = sandbox.request("GET", "/").text
    assert "演示环境" in page
    assert "https://" not in page
