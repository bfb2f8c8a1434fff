"""The case repository checks every field and the order, and says all of it at once."""

from typing import Any

import pytest
from tests.sandbox.samples import REGION, base_info, done, step
from tests.support.sandbox import Sandbox


@pytest.fixture
def number(sandbox: Sandbox) -> str:
    body = {"item_code": "312090036000", "internal_no": "PD042026112200001"}
    return str(sandbox.platform("/apply-no", body).json()["apply_no"])


def push(sandbox: Sandbox, dataset: str, record: dict[str, Any], key: str = "") -> dict[str, Any]:
    return dict(sandbox.platform(f"/case-repository/{dataset}", {"data": record}, key).json())


def wrong(answer: dict[str, Any]) -> dict[str, str]:
    assert answer["code"] == 400, answer
    return {item["field"]: item["message"] for item in answer["errors"]}


def test_a_whole_case_is_taken(sandbox: Sandbox, number: str) -> None:
    steps = [("1", "4"), ("2", "1"), ("2", "1"), ("3", "1")]
    assert push(sandbox, "baseInfo", base_info(number))["code"] == 200
    for sn, (kind, result) in enumerate(steps, 1):
        assert push(sandbox, "stepProc", step(number, sn, kind, result))["code"] == 200
    assert push(sandbox, "stepDone", done(number))["code"] == 200
    kept = sandbox.records("case_repository", case_no=number)
    assert [row["kind"] for row in kept] == ["baseInfo", *["stepProc"] * 4, "stepDone"]


def test_every_missing_field_is_named_at_once(sandbox: Sandbox, number: str) -> None:
    found = wrong(push(sandbox, "baseInfo", {"projid": number}))
    assert len(found) == 37
    assert set(found.values()) == {"必填"}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("projid", "12345", "应为平台发放的 20 位数字"),
        ("projid", "99999999999999999999", "办件编号未由统一审批编码平台发放"),
        ("applyerpagecode", "91310115MA1DEM0159", "统一社会信用代码校验不通过"),
        ("applicantcode", "310104199007250025", "身份证号校验不通过"),
        ("applicantmobile", "12345678901", "应为 11 位手机号"),
        ("applydate", "2026-11-20T09:00:00", "应为 yyyy-MM-dd HH:mm:ss"),
        ("applydate", "2026-02-30 09:00:00", "应为 yyyy-MM-dd HH:mm:ss"),
        ("itemtype", "99", "不在字典内"),
        ("taskcode", "123", "应为 31 位"),
        ("taskhandleitem", "9" * 33, "前 31 位应为实施清单编码"),
        ("legalman", "", "法人办件必填"),
        ("address", "路" * 201, "最长 200 字，现为 201 字"),
        ("promisetimelimit", "8", "应为非负整数"),
        ("promisetimelimit", True, "应为非负整数"),
        ("applicant", ["甲"], "应为文本"),
        ("nickname", "x", "本数据集没有此字段"),
        ("projectname", "申请", "应为“关于"),
        ("regionid", "440100000000", "应为 12 位区划代码"),
    ],
)
def test_one_wrong_field_is_named(
    sandbox: Sandbox, number: str, field: str, value: Any, message: str
) -> None:
    found = wrong(push(sandbox, "baseInfo", base_info(number, **{field: value})))
    assert list(found) == [field]
    assert found[field].startswith(message)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"noderesult": "7"}, "noderesult"),
        ({"nodeendtime": "2026-11-20 09:59:59"}, "nodeendtime"),
        ({"nodestarttime": "2026-11-19 10:00:00"}, "nodestarttime"),
        ({"acceptdate": "2026-11-19 10:00:00"}, "acceptdate"),
        ({"acceptdate": "2026-11-20 10:00:00", "promisedate": "2026-11-19"}, "promisedate"),
        ({"sn": 2}, "sn"),
        ({"nodetype": "2", "noderesult": "1"}, "nodetype"),
        ({"regionid": "310101000000"}, "regionid"),
        ({"nodeadv": ""}, "nodeadv"),
        ({"nodeprocername": ""}, "nodeprocername"),
    ],
)
def test_a_wrong_step_is_refused(sandbox: Sandbox, number: str, changes: dict[str, Any], field: str) -> None:
    push(sandbox, "baseInfo", base_info(number))
    assert field in wrong(push(sandbox, "stepProc", step(number, **{"sn": 1, **changes})))


def test_a_service_step_names_its_service(sandbox: Sandbox, number: str) -> None:
    push(sandbox, "baseInfo", base_info(number))
    found = wrong(push(sandbox, "stepProc", step(number, 1, serviceidentify="1")))
    assert set(found) == {"servicename", "servicetime", "servicenumber"}


def test_nothing_goes_before_the_basic_information(sandbox: Sandbox, number: str) -> None:
    assert "尚未推送基本信息" in wrong(push(sandbox, "stepProc", step(number, 1)))["projid"]


def test_a_case_cannot_end_before_its_last_step(sandbox: Sandbox, number: str) -> None:
    push(sandbox, "baseInfo", base_info(number))
    push(sandbox, "stepProc", step(number, 1))
    assert "doneresult" in wrong(push(sandbox, "stepDone", done(number)))
    denied = wrong(push(sandbox, "stepDone", done(number, doneresult="1")))
    assert denied["exitres"] == "办结结果为 1、4、5 时必须写明原因"
    assert push(sandbox, "stepDone", done(number, doneresult="5", exitres="逾期未补正"))["code"] == 200


def test_no_review_after_the_end(sandbox: Sandbox, number: str) -> None:
    push(sandbox, "baseInfo", base_info(number))
    push(sandbox, "stepProc", step(number, 1))
    push(sandbox, "stepProc", step(number, 2, "3", "1"))
    push(sandbox, "stepDone", done(number))
    assert "nodetype" in wrong(push(sandbox, "stepProc", step(number, 3, "2", "1")))
    assert push(sandbox, "stepProc", step(number, 3, "3", "1"))["code"] == 200


def test_special_procedures_begin_and_end_in_turn(sandbox: Sandbox, number: str) -> None:
    push(sandbox, "baseInfo", base_info(number))
    node = {
        "projid": number,
        "regionid": REGION,
        "sn": 1,
        "specialtype": "2",
        "specialnodetype": "1",
        "nodetime": "2026-11-20 12:00:00",
        "procername": "沈嘉禾",
        "nodeprocadv": "专家评审",
        "nodeprocaccord": "行政许可法第四十五条",
        "result": "开始",
    }
    assert "specialnodetype" in wrong(push(sandbox, "specialNode", node))
    assert push(sandbox, "specialNode", {**node, "specialnodetype": "0"})["code"] == 200
    assert push(sandbox, "specialNode", {**node, "sn": 2})["code"] == 200


def test_the_token_and_the_data_set_are_checked(sandbox: Sandbox, number: str) -> None:
    path = "/case-repository/baseInfo"
    assert sandbox.platform(path, {"data": base_info(number)}, token="wrong").status_code == 401
    assert sandbox.platform("/case-repository/nothing", {"data": {}}).status_code == 404
    assert sandbox.platform(path, {"data": []}).json()["errors"][0]["field"] == "data"
    assert (
        sandbox.request("POST", path, content=b"\xff{", headers={"token": "sandbox-token"}).status_code == 400
    )


def test_the_same_key_is_answered_from_memory_and_other_content_under_it_refused(
    sandbox: Sandbox, number: str
) -> None:
    first = push(sandbox, "baseInfo", base_info(number), "k1")
    assert push(sandbox, "baseInfo", base_info(number), "k1") == first
    assert push(sandbox, "baseInfo", base_info(number, address="他处"), "k1")["code"] == 422
    (record,) = sandbox.records("case_repository", "baseInfo")
    assert record["version"] == 1


def test_records_come_encrypted_to_the_platforms_key_and_are_read_only_with_it(
    sandbox: Sandbox, number: str
) -> None:
    import base64
    import json

    from minfang.kernel.crypto import sm2, sm2_envelope

    published = sandbox.request("GET", "/case-repository/public-key").json()["public_key"]
    plain = json.dumps(base_info(number), ensure_ascii=False).encode()

    def sent(public: bytes) -> dict[str, Any]:
        sealed = base64.b64encode(sm2_envelope.encrypt(public, plain)).decode()
        return dict(sandbox.platform("/case-repository/baseInfo", {"data": sealed}, "same-key").json())

    assert sent(sm2.generate().public)["code"] == 403
    assert sent(bytes.fromhex(published)) == sent(bytes.fromhex(published))
    assert [a["outcome"] for a in sandbox.arrivals("case_repository")] == ["repeated", "accepted", "refused"]
    assert sandbox.platform("/case-repository/baseInfo", {"data": "###"}).status_code == 403
