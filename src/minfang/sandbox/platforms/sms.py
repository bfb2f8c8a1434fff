"""短信: takes messages and tells later, by a call back, what became of them."""

import asyncio
import json
import re
import secrets
import time
from typing import Any

import httpx
from starlette.routing import Route

from minfang.kernel.crypto.local import hmac_sm3
from minfang.sandbox.base import TOKEN, Call, Platform, Refused, Result, pause, text_of
from minfang.sandbox.store import Store, now_text

RECEIPT_DELAY_SECONDS = 0.2
RECEIPT_TRIES = 5
UNKNOWN_SUBSCRIBER = "0000"


class ShortMessages(Platform):
    """An SMS operator. Numbers ending in 0000 do not exist: their receipts report failure."""

    code = "sms"
    name = "短信平台"
    about = "受理后回执；尾号 0000 为空号"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._running: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        return [self.post("/sms/send", self.send)]

    def send(self, call: Call) -> dict[str, Any]:
        """Take one message for sending."""
        call.dataset = "send"
        mobile, content = text_of(call, "mobile", 20), text_of(call, "content", 500)
        number = re.search(r"(?<!\d)\d{20}(?!\d)|[A-Z]{2}\d{15}", content)
        call.case_no = number[0] if number else ""
        if not re.fullmatch(r"1[3-9]\d{9}", mobile):
            raise Refused(
                "手机号格式不对", [{"field": "mobile", "label": "手机号", "message": "应为 11 位手机号"}]
            )
        receipt = f"R{self.store.count_up('sms'):010d}"
        kept = {**call.body, "receipt_id": receipt}
        self.store.put(self.code, "message", receipt, kept, call.case_no)
        return {"receipt_id": receipt}

    async def after(self, call: Call, result: Result) -> None:
        """Send the receipt a moment later, twice when the switch says so."""
        callback = str(call.body.get("callback", ""))
        if result.outcome != "accepted" or not callback.startswith(("http://", "https://")):
            return
        failed = str(call.body["mobile"]).endswith(UNKNOWN_SUBSCRIBER)
        receipt = {
            "receipt_id": result.body["receipt_id"],
            "message_id": call.body.get("message_id", ""),
            "status": "FAILED" if failed else "DELIVERED",
            "reason": "空号" if failed else "",
            "at": now_text(),
        }
        for _ in range(2 if self.switches.faults.twice else 1):
            task = asyncio.create_task(self._report(callback, receipt))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _report(self, callback: str, receipt: dict[str, Any]) -> None:
        body = json.dumps(receipt, ensure_ascii=False).encode()
        status, note = 0, ""
        for number in range(RECEIPT_TRIES):
            await pause(RECEIPT_DELAY_SECONDS * 2**number)
            headers = _signed(body)
            try:
                async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
                    status = (await client.post(callback, content=body, headers=headers)).status_code
                    note = f"回执送达 {callback}" if status < 300 else f"回执被拒（{status}）"
            except httpx.HTTPError as error:
                note = f"回执未送达：{type(error).__name__}"
            if 200 <= status < 300:
                break
        outcome = "sent" if 200 <= status < 300 else "unsent"
        self.store.arrived(
            self.code,
            path="→ 回执",
            dataset="receipt",
            outcome=outcome,
            status=status,
            note=note,
            payload=receipt,
            answer={},
        )


def _signed(body: bytes) -> dict[str, str]:
    """Headers that prove one sending: time, a number used once, and the MAC over both and the body."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    proof = hmac_sm3(TOKEN.encode(), f"{timestamp}\n{nonce}\n".encode() + body).hex()
    return {
        "Content-Type": "application/json",
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": proof,
    }
