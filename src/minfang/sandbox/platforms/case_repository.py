"""办件库: takes the five data sets of a case and checks every field and the order (handbook §6.3, §6.4)."""

import base64
import binascii
from functools import cached_property
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from minfang.kernel.crypto import sm2, sm2_envelope
from minfang.kernel.crypto.local import Tampered
from minfang.sandbox import checks, keys
from minfang.sandbox.base import Call, Platform, Refused
from minfang.sandbox.checks import Errors, datasets, error, moment

REASON_NEEDED = {"1", "4", "5"}
UNREADABLE = "无法解密，公钥不对或密文已改动"
WITHOUT_FINISH = {"2", "3", "5"}


class CaseRepository(Platform):
    """The city's repository of cases. A record sent again replaces the earlier as its next version."""

    code = "case_repository"
    name = "办件库"
    about = "基本信息、材料、过程、特别程序、办结五个数据集，逐字段校验"

    def routes(self) -> list[Route]:
        return [
            Route("/case-repository/public-key", self.public_key, methods=["GET"]),
            self.post("/case-repository/{dataset}", self.take),
        ]

    @cached_property
    def _key(self) -> sm2.KeyPair:
        return keys.ring(self.store.folder / "keys").own_key(self.code)

    async def public_key(self, request: Request) -> Response:
        """The SM2 key (uncompressed point, hexadecimal) to which ``data`` is encrypted."""
        return JSONResponse({"code": 200, "public_key": self._key.public.hex()})

    def opened(self, body: dict[str, Any]) -> dict[str, Any]:
        """``data`` decrypted: Base64 of an SM2 ciphertext of its JSON. Clear data pass as they are."""
        sealed = body.get("data")
        if not isinstance(sealed, str):
            return body
        try:
            plain = sm2_envelope.decrypt(self._key, base64.b64decode(sealed, validate=True))
            return {**body, "data": orjson.loads(plain)}
        except (binascii.Error, Tampered, ValueError):
            return {**body, "data": UNREADABLE}

    def take(self, call: Call) -> dict[str, Any]:
        """Take one record, or refuse it with every wrong field named."""
        call.dataset = call.parameters["dataset"]
        if call.dataset not in datasets():
            raise Refused(f"没有数据集 {call.dataset}", status=404)
        data = call.body.get("data")
        if data == UNREADABLE:
            raise Refused(UNREADABLE, status=403)
        if not isinstance(data, dict):
            raise Refused("缺少 data", [{"field": "data", "label": "数据", "message": "应为对象"}])
        call.case_no = str(data.get("projid") or data.get("orgbusno") or "")[:64]
        errors = checks.check(call.dataset, data)
        errors += self._together(call.dataset, data, errors)
        if errors:
            raise Refused(f"{datasets()[call.dataset]['name']}有 {len(errors)} 处不符合要求", errors)
        identity = self._identity(call.dataset, data)
        version = self.store.put(self.code, call.dataset, identity, data, call.case_no)
        return {"message": "接收成功", "version": version}

    @staticmethod
    def _identity(dataset: str, data: dict[str, Any]) -> str:
        last = {"preFiles": "unid", "stepProc": "sn", "specialNode": "sn"}.get(dataset)
        return f"{data['projid']}/{data[last]}" if last else str(data["projid"])

    def _together(self, dataset: str, data: dict[str, Any], errors: Errors) -> Errors:
        """What only shows in several fields or several records."""
        wrong = {item["field"] for item in errors}
        if "projid" in wrong:
            return []
        number = data["projid"]
        if not self.store.has("apply_no", "number", number):
            return [error(dataset, "projid", "办件编号未由统一审批编码平台发放")]
        base = self.store.get(self.code, "baseInfo", number)
        if dataset == "baseInfo":
            return _base_info(data, wrong)
        if base is None:
            return [error(dataset, "projid", "该办件尚未推送基本信息")]
        found = (
            []
            if data.get("regionid") == base["regionid"]
            else [error(dataset, "regionid", "与基本信息的区划代码不一致")]
        )
        return found + self._within_case(dataset, data, base, wrong)

    def _within_case(
        self, dataset: str, data: dict[str, Any], base: dict[str, Any], wrong: set[str]
    ) -> Errors:
        if dataset == "stepProc":
            return _step_alone(data, base, wrong) + self._step_order(data, wrong)
        if dataset == "specialNode":
            return self._special_order(data, wrong)
        return self._done(data, base, wrong) if dataset == "stepDone" else []

    def _of_case(self, dataset: str, number: str) -> list[dict[str, Any]]:
        return [row["data"] for row in self.store.records(self.code, dataset, number)]

    def _step_order(self, data: dict[str, Any], wrong: set[str]) -> Errors:
        if wrong & {"sn", "nodetype"}:
            return []
        number = data["projid"]
        if self.store.has(self.code, "stepProc", self._identity("stepProc", data)):
            return []
        taken = self.store.count(self.code, "stepProc", number)
        if data["sn"] != taken + 1:
            return [error("stepProc", "sn", f"环节序号不连续：应为 {taken + 1}，实为 {data['sn']}")]
        last = self.store.get(self.code, "stepProc", f"{number}/{taken}")
        before = last["nodetype"] if last else ""
        done = self.store.has(self.code, "stepDone", number)
        allowed = {"": "14", "1": "1234", "2": "123", "3": "3", "4": "3"}[before]
        if done and data["nodetype"] != "3":
            return [error("stepProc", "nodetype", "办结之后不得再有审批环节")]
        if data["nodetype"] not in allowed:
            return [error("stepProc", "nodetype", "环节顺序不对：无起始环节，或已结束")]
        return []

    def _special_order(self, data: dict[str, Any], wrong: set[str]) -> Errors:
        if wrong & {"sn", "specialnodetype"}:
            return []
        nodes = self._of_case("specialNode", data["projid"])
        if any(node["sn"] == data["sn"] for node in nodes):
            return []
        if data["sn"] != len(nodes) + 1:
            return [error("specialNode", "sn", f"序号不连续：应为 {len(nodes) + 1}")]
        running = bool(nodes) and nodes[-1]["specialnodetype"] == "0"
        if running == (data["specialnodetype"] == "0"):
            return [error("specialNode", "specialnodetype", "开始与结束应成对出现")]
        return []

    def _done(self, data: dict[str, Any], base: dict[str, Any], wrong: set[str]) -> Errors:
        found = []
        if data.get("doneresult") in REASON_NEEDED and not data.get("exitres"):
            found.append(error("stepDone", "exitres", "办结结果为 1、4、5 时必须写明原因"))
        if data.get("resulttype") in {"10", "20"}:
            for name in ("certificatenam", "certificateno", "publisher"):
                if not data.get(name):
                    found.append(error("stepDone", name, "结果为证照或批文时必填"))
        if data.get("isfee") == "1" and not data.get("fee"):
            found.append(error("stepDone", "fee", "收费办件必填"))
        if "occurtime" not in wrong and data["occurtime"] < base["applydate"]:
            found.append(error("stepDone", "occurtime", "办结早于申请时间"))
        steps = self._of_case("stepProc", data["projid"])
        ended = bool(steps) and steps[-1]["nodetype"] in {"3", "4"}
        if data.get("doneresult") not in WITHOUT_FINISH and not ended:
            found.append(error("stepDone", "doneresult", "尚无结束环节，不能办结"))
        return found


def _base_info(data: dict[str, Any], wrong: set[str]) -> Errors:
    found = []
    if data.get("applyertype") == "2" and not data.get("legalman"):
        found.append(error("baseInfo", "legalman", "法人办件必填"))
    kind, number = data.get("applyerpagetype"), str(data.get("applyerpagecode", ""))
    if "applyerpagecode" not in wrong:
        if kind == "001" and not checks.is_uscc(number):
            found.append(error("baseInfo", "applyerpagecode", "统一社会信用代码校验不通过"))
        if kind == "111" and not checks.is_citizen_id(number):
            found.append(error("baseInfo", "applyerpagecode", "身份证号校验不通过"))
    if data.get("applicanttype") == "111" and not checks.is_citizen_id(str(data.get("applicantcode", ""))):
        found.append(error("baseInfo", "applicantcode", "身份证号校验不通过"))
    if "acceptdeptcode" not in wrong and not checks.is_uscc(str(data.get("acceptdeptcode", ""))):
        found.append(error("baseInfo", "acceptdeptcode", "统一社会信用代码校验不通过"))
    code, item = str(data.get("taskcode", "")), str(data.get("taskhandleitem", ""))
    if not wrong & {"taskcode", "taskhandleitem"} and not item.startswith(code):
        found.append(error("baseInfo", "taskhandleitem", "前 31 位应为实施清单编码"))
    return found


def _step_alone(data: dict[str, Any], base: dict[str, Any], wrong: set[str]) -> Errors:
    found = []
    results = datasets()["stepProc"]["results"]
    if not wrong & {"nodetype", "noderesult"} and data["noderesult"] not in results[data["nodetype"]]:
        found.append(error("stepProc", "noderesult", f"环节类型 {data['nodetype']} 不允许此结果"))
    if not wrong & {"nodestarttime", "nodeendtime"}:
        if data["nodeendtime"] < data["nodestarttime"]:
            found.append(error("stepProc", "nodeendtime", "结束早于开始"))
        if data["nodestarttime"] < base["applydate"]:
            found.append(error("stepProc", "nodestarttime", "开始早于申请时间"))
    accepted, promised = moment(data.get("acceptdate")), data.get("promisedate")
    if accepted and data["acceptdate"] < base["applydate"]:
        found.append(error("stepProc", "acceptdate", "受理早于申请时间"))
    if accepted and promised and str(promised) < data["acceptdate"][:10]:
        found.append(error("stepProc", "promisedate", "承诺办结日期早于受理"))
    if data.get("serviceidentify") == "1":
        for name in ("servicename", "servicetime", "servicenumber"):
            if not data.get(name):
                found.append(error("stepProc", name, "产生服务的环节必填"))
    return found
