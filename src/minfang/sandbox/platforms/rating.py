"""好差评: takes one rating for one service; codes 5 as best, the reverse of GB/T 39046 (handbook §6.6)."""

import re
from typing import Any

from starlette.routing import Route

from minfang.sandbox.base import Call, Platform, Refused

FIELDS = {
    "projNo": "办件编号",
    "projName": "办件名称",
    "serviceName": "服务名称",
    "serviceCode": "服务编码",
    "serviceVersion": "服务版本",
    "serviceDepartment": "受理部门",
    "serviceDepartmentCode": "受理部门编码",
    "applicantName": "申请人",
    "applyTime": "申请时间",
    "applicantCardNumber": "证件号",
    "applicantPhone": "手机号",
    "handleStateCode": "办理状态编码",
    "handleStateName": "办理状态",
    "regionCode": "区划代码",
    "regionName": "区划名称",
    "source": "来源",
    "serviceCategory": "服务类别",
    "infoTypeName": "事项类型",
    "userProp": "申请人类型",
    "userPageType": "证件类型",
    "transactionTime": "办理时间",
    "evaluateChannel": "评价渠道",
    "serviceNumber": "评价次数",
    "satisfaction": "满意度",
    "evaluateTime": "评价时间",
}
WORDS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
CHANNELS = {"1", "2", "3", "4", "5", "6", "7"}


class Ratings(Platform):
    """The city's rating platform: one service, one rating."""

    code = "rating"
    name = "好差评"
    about = "一次一评；5＝非常满意（与国标倒序）"

    def routes(self) -> list[Route]:
        return [self.post("/rating", self.take)]

    def take(self, call: Call) -> dict[str, Any]:
        """Take a rating; a second one of the same service is refused."""
        body = call.body
        call.dataset, call.case_no = "rating", str(body.get("projNo", ""))[:64]
        errors = [
            {"field": name, "label": label, "message": "必填"}
            for name, label in FIELDS.items()
            if body.get(name) in (None, "")
        ]
        if not errors:
            errors = _wrong(body)
        if errors:
            raise Refused(f"评价有 {len(errors)} 处不符合要求", errors)
        identity = f"{body['projNo']}/{body['serviceNumber']}"
        if self.store.get(self.code, "rating", identity) is not None:
            raise Refused("该次服务已评价", status=409)
        self.store.put(
            self.code, "rating", identity, {**body, "words": WORDS[body["satisfaction"]]}, call.case_no
        )
        return {"message": "评价已接收"}


def _wrong(body: dict[str, Any]) -> list[dict[str, str]]:
    tests = {
        "satisfaction": body["satisfaction"] in WORDS,
        "evaluateChannel": body["evaluateChannel"] in CHANNELS,
        "regionCode": bool(re.fullmatch(r"31\d{10}", str(body["regionCode"]))),
        "serviceNumber": isinstance(body["serviceNumber"], int) and body["serviceNumber"] > 0,
    }
    return [
        {"field": name, "label": FIELDS[name], "message": "取值不对"}
        for name, good in tests.items()
        if not good
    ]
