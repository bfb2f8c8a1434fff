"""人防码平台 and 市级处置平台: take alarms as tasks a person works on, report by signed call backs."""

import asyncio
import html
import json
import secrets
import time
from datetime import datetime
from typing import Any, ClassVar

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from minfang.kernel.crypto.local import hmac_sm3
from minfang.sandbox.base import TOKEN, Call, Platform, Refused, Result, pause, text_of
from minfang.sandbox.html import Markup, render
from minfang.sandbox.store import SHANGHAI, Store

WORDS = {
    "NEW": "待接单",
    "ACCEPTED": "已接单",
    "WORKING": "处置中",
    "FINISHED": "已完成",
    "RETURNED": "已退回",
}
NEXT = {"NEW": ("ACCEPTED", "RETURNED"), "ACCEPTED": ("WORKING", "RETURNED"), "WORKING": ("FINISHED",)}
VERBS = {"ACCEPTED": "接单", "WORKING": "开始处置", "FINISHED": "完成", "RETURNED": "退回"}
NOTES = {"FINISHED": "现场已处置，设备恢复正常", "RETURNED": "不属本单位处置范围"}
TRIES = 4
MOST_SHOWN = 100


class Disposal(Platform):
    """What both have in common: one alarm is one task; every change of a task is reported with a number."""

    path: ClassVar[str]
    number: ClassVar[str]
    prefix: ClassVar[str]
    handler: ClassVar[str]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._running: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        return [
            self.post(self.path, self.take),
            Route(f"/desk/{self.code}", self.desk, methods=["GET"]),
            Route(f"/desk/{self.code}/{{task}}/{{status}}", self.work, methods=["POST"]),
        ]

    def take(self, call: Call) -> dict[str, Any]:
        """Take one push of an alarm; a later push of the same alarm adds to its task."""
        call.dataset = "alarm"
        alarm = text_of(call, "alarmNo", 30)
        text_of(call, "worksNo", 40)
        if call.body.get("level") not in (1, 2, 3, 4):
            raise Refused("级别不对", [{"field": "level", "label": "级别", "message": "应为 1–4"}])
        call.case_no = alarm
        known = self.store.get(self.code, "alarm", alarm)
        if known is not None:
            task = self.store.get(self.code, "task", known["task"])
            self.store.put(self.code, "task", known["task"], {**task, "latest": call.body}, alarm)
            return {self.number: known["task"], "message": "已并入原任务"}
        task_no = f"{self.prefix}{datetime.now(SHANGHAI):%Y%m%d}{self.store.count_up(self.code):05d}"
        kept = {"task": task_no, "status": "NEW", "alarm": call.body, "latest": call.body}
        self.store.put(self.code, "task", task_no, kept, alarm)
        self.store.put(self.code, "alarm", alarm, {"task": task_no}, alarm)
        return {self.number: task_no, "message": "已建任务"}

    async def desk(self, request: Request) -> Response:
        """The tasks of this platform in the browser, with what a person may do."""
        tasks = self.store.records(self.code, "task")[-MOST_SHOWN:][::-1]
        rows = "".join(self._row(record["data"]) for record in tasks)
        empty = '<tr><td colspan="6" class="empty">还没有任务。</td></tr>'
        return render("disposal.html", {"name": self.name, "rows": Markup(rows or empty)})

    def _row(self, task: dict[str, Any]) -> str:
        said = task["latest"]
        buttons = "".join(
            f'<form method="post" action="/desk/{self.code}/{task["task"]}/{status}">'
            f"<button>{VERBS[status]}</button></form>"
            for status in NEXT.get(task["status"], ())
        )
        cells = (task["task"], said.get("levelName"), said.get("worksName"), said.get("message"))
        shown = "".join(f"<td>{html.escape(str(cell or ''))}</td>" for cell in cells)
        return f"<tr>{shown}<td>{WORDS[task['status']]}</td><td>{buttons}</td></tr>"

    async def work(self, request: Request) -> Response:
        """A person moves a task on; the product is told."""
        task_no, status = request.path_params["task"], request.path_params["status"]
        task = self.store.get(self.code, "task", task_no)
        if task is None or status not in NEXT.get(task["status"], ()):
            return JSONResponse({"code": 409, "message": "任务不存在或不能这样办"}, 409)
        self.move(task, status)
        return RedirectResponse(f"/desk/{self.code}", 303)

    def move(self, task: dict[str, Any], status: str, note: str = "") -> None:
        """Change a task and report it."""
        task = {**task, "status": status}
        said = task["latest"]
        self.store.put(self.code, "task", task["task"], task, said["alarmNo"])
        report = {
            "reportNo": f"{task['task']}-{self.store.count_up(f'{self.code}.report')}",
            "alarmNo": said["alarmNo"],
            "externalNo": task["task"],
            "status": status,
            "handler": self.handler,
            "note": note or NOTES.get(status, ""),
            "at": datetime.now(SHANGHAI).isoformat(),
        }
        callback = str(said.get("callback", ""))
        if callback.startswith(("http://", "https://")):
            for _ in range(2 if self.switches.faults.twice else 1):
                running = asyncio.create_task(self._report(callback, report))
                self._running.add(running)
                running.add_done_callback(self._running.discard)

    async def _report(self, callback: str, report: dict[str, Any]) -> None:
        body = json.dumps(report, ensure_ascii=False).encode()
        status, note = 0, ""
        for number in range(TRIES):
            await pause(0.2 * 2**number)
            try:
                async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
                    status = (await client.post(callback, content=body, headers=signed(body))).status_code
                    note = f"反馈送达 {callback}" if status < 300 else f"反馈被拒（{status}）"
            except httpx.HTTPError as error:
                note = f"反馈未送达：{type(error).__name__}"
            if 200 <= status < 300:
                break
        self.store.arrived(
            self.code,
            path="→ 反馈",
            dataset="report",
            case_no=report["alarmNo"],
            outcome="sent" if 200 <= status < 300 else "unsent",
            status=status,
            note=note,
            payload=report,
            answer={},
        )


def signed(body: bytes) -> dict[str, str]:
    """Headers that prove one sending: time, a number used once, and the MAC over both and the body."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    proof = hmac_sm3(TOKEN.encode(), f"{timestamp}\n{nonce}\n".encode() + body).hex()
    return {
        "Content-Type": "application/json",
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": proof,
    }


class ShelterCode(Disposal):
    """人防码平台: a person accepts, starts and finishes the task."""

    code = "rfm"
    name = "人防码平台"
    about = "预警建处置任务；任务台 /desk/rfm"
    path = "/rfm/tasks"
    number = "taskNo"
    prefix = "RFM"
    handler = "民防工程管理员"


class CityDisposal(Disposal):
    """市级处置平台: answers grave alarms by itself; a person reports the handling."""

    code = "city_disposal"
    name = "市级处置平台"
    about = "红、橙级应急处置，自动接收；任务台 /desk/city_disposal"
    path = "/city-disposal/alarms"
    number = "eventNo"
    prefix = "CZ"
    handler = "市级处置席"

    async def after(self, call: Call, result: Result) -> None:
        """The duty desk accepts what is new."""
        task = self.store.get(self.code, "task", str(result.body.get(self.number, "")))
        if result.outcome == "accepted" and task is not None and task["status"] == "NEW":
            self.move(task, "ACCEPTED", "值班席已接收")
