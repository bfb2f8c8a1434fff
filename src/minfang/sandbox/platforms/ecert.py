"""电子证照库: takes issued licences with their file, and what becomes of them (handbook §7.1, §7.2)."""

import base64
import binascii
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from minfang.kernel.crypto.local import sm3
from minfang.kernel.documents import ecert as licences
from minfang.sandbox.base import Call, Platform, Refused, text_of
from minfang.sandbox.store import shortened

FIELDS = {
    "identifier": "电子证照标识",
    "catalog_code": "证照目录编码",
    "name": "证照名称",
    "number": "证照编号",
    "holder_name": "持证主体",
    "holder_code": "持证主体代码",
    "holder_type": "持证主体代码类型",
    "issuer": "颁发机构",
    "issuer_code": "颁发机构代码",
    "issue_date": "颁发日期",
    "version": "版本",
    "case_no": "办件编号",
}
STATES = {"REPLACED", "VOID"}


class LicenceRepository(Platform):
    """The city's repository of electronic licences."""

    code = "ecert"
    name = "电子证照库"
    about = "证照归集、状态变更、查询"

    def routes(self) -> list[Route]:
        return [
            self.post("/ecert/push", self.push),
            self.post("/ecert/status", self.change),
            Route("/ecert/{identifier:path}", self.show),
        ]

    def push(self, call: Call) -> dict[str, Any]:
        """Take one licence; its identifier, digest and metadata are checked."""
        call.dataset, call.case_no = "push", str(call.body.get("case_no", ""))[:64]
        missing = [
            {"field": name, "label": label, "message": "必填"}
            for name, label in FIELDS.items()
            if not call.body.get(name)
        ]
        errors = missing or [*_identifier(call.body), *_file(call.body)]
        if not missing and not self.store.get("apply_no", "number", call.case_no):
            errors.append({"field": "case_no", "label": "办件编号", "message": "未由统一审批编码平台发放"})
        if errors:
            raise Refused(f"电子证照有 {len(errors)} 处不符合要求", errors)
        identifier = call.body["identifier"]
        kept = {**shortened(call.body), "status": "ISSUED"}
        version = self.store.put(self.code, "licence", identifier, kept, call.case_no)
        return {"identifier": identifier, "version": version}

    def change(self, call: Call) -> dict[str, Any]:
        """A licence is replaced by a newer version, or void."""
        call.dataset = "status"
        identifier, state = text_of(call, "identifier", 200), text_of(call, "status", 20)
        licence = self.store.get(self.code, "licence", identifier)
        if licence is None:
            raise Refused("没有此电子证照", status=404)
        call.case_no = licence["case_no"]
        if state not in STATES:
            message = f"应为 {'、'.join(sorted(STATES))}"
            raise Refused("状态不对", [{"field": "status", "label": "状态", "message": message}])
        licence.update(status=state, reason=text_of(call, "reason"))
        self.store.put(self.code, "licence", identifier, licence, call.case_no)
        return {"identifier": identifier, "status": state}

    async def show(self, request: Request) -> Response:
        """One licence as kept here."""
        licence = self.store.get(self.code, "licence", request.path_params["identifier"])
        if licence is None:
            return JSONResponse({"code": 404, "message": "没有此电子证照"}, 404)
        return JSONResponse({"code": 200, "licence": licence})


def _identifier(body: dict[str, Any]) -> list[dict[str, str]]:
    message = "结构或校验位不符合 GB/T 36904"
    good = licences.is_valid(str(body["identifier"]))
    return [] if good else [{"field": "identifier", "label": FIELDS["identifier"], "message": message}]


def _file(body: dict[str, Any]) -> list[dict[str, str]]:
    file = body.get("file")
    try:
        content = base64.b64decode(file["content"], validate=True) if isinstance(file, dict) else b""
    except (KeyError, TypeError, binascii.Error):
        content = b""
    if not content:
        return [{"field": "file", "label": "证照文件", "message": "缺失或不是 Base64"}]
    if sm3(content).hex() != file.get("sm3"):  # type: ignore[union-attr]
        return [{"field": "file", "label": "证照文件", "message": "SM3 摘要与内容不一致"}]
    return []
