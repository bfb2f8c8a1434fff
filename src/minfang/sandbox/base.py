"""What every platform of the sandbox has in common: token, key, faults, and a note of every call."""

import asyncio
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from minfang.sandbox.faults import Faults, Switchboard
from minfang.sandbox.store import Store

TOKEN = os.environ.get("MINFANG_OUTSIDE_TOKEN", "sandbox-token")
CASE_FIELDS = ("projid", "projNo", "case_no", "orgbusno", "internal_no")
Handler = Callable[["Call"], dict[str, Any]]


_closing = asyncio.Event()


async def pause(seconds: float) -> None:
    """Wait, but not longer than the sandbox runs."""
    try:
        await asyncio.wait_for(_closing.wait(), seconds)
    except TimeoutError:
        return


def close() -> None:
    """The sandbox is stopping: nobody need wait any longer."""
    _closing.set()


class Refused(Exception):
    """The platform says no; ``errors`` names every wrong field."""

    def __init__(self, message: str, errors: list[dict[str, str]] | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.errors, self.status = message, errors or [], status


@dataclass
class Call:
    """One call as a platform sees it. A handler names the case it belongs to in ``case_no``."""

    path: str
    body: dict[str, Any]
    key: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    dataset: str = ""
    case_no: str = ""


@dataclass
class Result:
    """What the platform did with a call."""

    status: int
    body: dict[str, Any]
    outcome: str
    note: str = ""


class Platform:
    """One outside platform. Subclasses add routes and handlers; the rest is here."""

    code: ClassVar[str]
    name: ClassVar[str]
    about: ClassVar[str] = ""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.switches = Switchboard(Faults.read(store.faults(self.code)))

    def routes(self) -> list[Route]:
        """The addresses of this platform."""
        raise NotImplementedError

    def post(self, path: str, handler: Handler, method: str = "POST") -> Route:
        """A route whose calls carry the token, may be hit by a fault, and are noted."""

        async def endpoint(request: Request) -> Response:
            call = Call(
                request.url.path,
                await _json_of(request),
                request.headers.get("idempotency-key", ""),
                dict(request.path_params),
            )
            return await self._serve(call, handler, request.headers.get("token") == TOKEN)

        return Route(path, endpoint, methods=[method])

    async def _serve(self, call: Call, handler: Handler, trusted: bool) -> Response:
        call.body = self.opened(call.body)
        _recognise(call)
        faults, struck = self.switches.faults, self.switches.strikes()
        if faults.slow_seconds:
            await pause(faults.slow_seconds)
        if struck and faults.mode != "lost_answer":
            return await self._fail(call, faults)
        with self.store.transaction():
            result = self._process(call, handler, trusted)
            lost = Result(0, result.body, "lost_answer", "已处理，答复丢失")
            self._note(call, lost if struck else result)
        if struck:
            await pause(faults.hang_seconds)
            return JSONResponse({"code": 504, "message": "演示故障：网关超时"}, 504)
        if faults.twice:
            again = self._process(call, handler, trusted)
            self._note(call, Result(again.status, again.body, again.outcome, "网关重复转发"))
        await self.after(call, result)
        return JSONResponse(result.body, result.status)

    def opened(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body in clear, for platforms that take it encrypted."""
        return body

    async def disturb(self, path: str) -> Response | None:
        """For calls answered outside :meth:`post`: what a fault makes of this one, or ``None``."""
        faults, struck = self.switches.faults, self.switches.strikes()
        if faults.slow_seconds:
            await pause(faults.slow_seconds)
        return await self._fail(Call(path, {}), faults) if struck else None

    async def after(self, call: Call, result: Result) -> None:
        """What the platform does once it has answered, such as sending a receipt."""

    async def _fail(self, call: Call, faults: Faults) -> Response:
        if faults.mode in {"timeout", "lost_answer"}:
            self._note(call, Result(0, {}, "timeout", "未处理，未答复"))
            await pause(faults.hang_seconds)
            return JSONResponse({"code": 504, "message": "演示故障：网关超时"}, 504)
        status = 400 if faults.mode == "reject" else 500
        text = "演示故障：平台拒绝" if status == 400 else "演示故障：平台内部错误"
        result = Result(status, {"code": status, "message": text, "errors": []}, faults.mode, text)
        self._note(call, result)
        return JSONResponse(result.body, status)

    def _process(self, call: Call, handler: Handler, trusted: bool) -> Result:
        if not trusted:
            return Result(401, {"code": 401, "message": "令牌缺失或无效"}, "refused", "令牌缺失或无效")
        digest = hashlib.sha256(json.dumps(call.body, sort_keys=True).encode()).hexdigest()
        known = self.store.answer(self.code, call.key) if call.key else None
        if known is not None:
            return self._again(call, known, digest)
        try:
            with self.store.transaction():
                answer = {"code": 200, **handler(call)}
                if call.key:
                    kept = {"answer": answer, "case_no": call.case_no, "dataset": call.dataset}
                    self.store.remember(self.code, call.key, digest, kept)
        except Refused as no:
            body = {"code": no.status, "message": no.message, "errors": no.errors}
            first = "".join(f"：{item['label']} {item['message']}" for item in no.errors[:1])
            return Result(no.status, body, "refused", no.message + first)
        return Result(200, answer, "accepted")

    def _again(self, call: Call, known: tuple[str, Any], digest: str) -> Result:
        call.case_no, call.dataset = known[1]["case_no"], known[1]["dataset"]
        if known[0] != digest:
            text = "该幂等键已用于其他内容"
            return Result(422, {"code": 422, "message": text, "errors": []}, "refused", text)
        return Result(200, known[1]["answer"], "repeated", "同一幂等键重复到达，返回首次答复")

    def _note(self, call: Call, result: Result) -> None:
        self.store.arrived(
            self.code,
            path=call.path,
            dataset=call.dataset,
            case_no=call.case_no,
            key=call.key,
            outcome=result.outcome,
            status=result.status,
            note=result.note,
            payload=call.body,
            answer=result.body,
        )


def _recognise(call: Call) -> None:
    """What a call is about, as far as its address and body tell before anybody has handled it."""
    call.dataset = call.parameters.get("dataset") or call.path.rsplit("/", 1)[-1].replace("-", "_")
    data = call.body.get("data")
    body = {**call.body, **data} if isinstance(data, dict) else call.body
    found = (body.get(name) for name in CASE_FIELDS)
    call.case_no = next((value[:64] for value in found if isinstance(value, str) and value), "")


async def _json_of(request: Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def text_of(call: Call, name: str, longest: int = 500) -> str:
    """A required text of the body; refuses when it is missing or too long."""
    value = call.body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"缺少 {name}", [{"field": name, "label": name, "message": "必填"}])
    if len(value) > longest:
        raise Refused(f"{name} 超长", [{"field": name, "label": name, "message": f"最长 {longest} 字"}])
    return value.strip()
