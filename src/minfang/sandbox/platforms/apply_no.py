"""统一审批编码: the platform numbers every application; the office must not do so itself (handbook §6.2)."""

import re
from typing import Any

from starlette.routing import Route

from minfang.sandbox.base import Call, Platform, Refused, text_of


class ApplyNumbers(Platform):
    """Issues one 20-digit number for one internal number, for ever the same."""

    code = "apply_no"
    name = "统一审批编码"
    about = "按事项编码发放 20 位办件编号"

    def routes(self) -> list[Route]:
        return [self.post("/apply-no", self.issue)]

    def issue(self, call: Call) -> dict[str, Any]:
        """The number of an application; asking again for the same internal number gives the same one."""
        item, internal = text_of(call, "item_code", 20), text_of(call, "internal_no", 64)
        call.dataset, call.case_no = "apply_no", internal
        if not re.fullmatch(r"(SH00[A-Z]{2})?\d{12}", item):
            errors = [{"field": "item_code", "label": "事项编码", "message": "应为 12 位数字事项码"}]
            raise Refused("事项编码不存在", errors)
        known = self.store.get(self.code, "internal", internal)
        number = known or f"{item[-12:]}{self.store.count_up('apply_no'):08d}"
        if known is None:
            self.store.put(self.code, "internal", internal, number, number)
            self.store.put(self.code, "number", number, {**call.body, "apply_no": number}, number)
        call.case_no = f"{number} {internal}"
        return {"apply_no": number}
