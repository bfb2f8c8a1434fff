"""法人一证通签名: shows what is to be signed, and signs with the holder's certificate once confirmed."""

import hashlib
import re
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from minfang.sandbox import keys
from minfang.sandbox.base import Platform
from minfang.sandbox.html import form_of, is_address, problem, render, with_parameters
from minfang.sandbox.people import code_of, holder
from minfang.sandbox.store import Store, now_text

TICKET_SECONDS = 600
DIGEST = re.compile(r"[0-9a-f]{64}")


class Signatures(Platform):
    """The applicant's certificate service. What is signed is the digest's 32 bytes, SM2 with SM3."""

    code = "signature"
    name = "法人一证通签名"
    about = "确认后返回一次性票据，凭票据取签名"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._tickets: dict[str, tuple[dict[str, Any], float]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/ca/sign", self.page, methods=["GET"]),
            Route("/ca/sign", self.confirm, methods=["POST"]),
            Route("/ca/signatures/{ticket}", self.fetch),
        ]

    async def page(self, request: Request) -> Response:
        """What is to be signed, by whom, with its digest."""
        wanted = {name: request.query_params.get(name, "") for name in FIELDS}
        wrong = _wrong(wanted)
        if wrong:
            return problem(wrong)
        name = holder(wanted["holder"])
        wanted["holder_name"] = name.common_name if name else ""
        wanted["holder_code"] = code_of(wanted["holder"]) or "—"
        wanted["digest_shown"] = " ".join(re.findall("........", wanted["digest"]))
        return render("sign.html", wanted)

    async def confirm(self, request: Request) -> Response:
        """Sign and go back with a ticket; or go back without, when the person declined."""
        form = await form_of(request)
        wanted = {name: form.get(name, "") for name in FIELDS}
        wrong = _wrong(wanted)
        if wrong:
            return problem(wrong)
        if form.get("decision") != "sign":
            back = with_parameters(wanted["return"], error="declined", state=wanted["state"])
            return RedirectResponse(back, 303)
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = (self._sign(wanted), time.monotonic() + TICKET_SECONDS)
        self.store.arrived(
            self.code,
            path="/ca/sign",
            dataset="sign",
            outcome="accepted",
            status=302,
            note=f"签署《{wanted['document']}》",
            payload=wanted,
            answer={},
        )
        return RedirectResponse(with_parameters(wanted["return"], ticket=ticket, state=wanted["state"]), 303)

    def _sign(self, wanted: dict[str, str]) -> dict[str, Any]:
        name = holder(wanted["holder"])
        assert name is not None
        ring = keys.ring(self.store.folder / "keys")
        signed = ring.sign(
            f"HOLDER-{hashlib.sha256(wanted['holder'].encode()).hexdigest()[:24]}",
            name,
            bytes.fromhex(wanted["digest"]),
        )
        signer = {"code": wanted["holder"], "name": name.common_name}
        return {"digest": wanted["digest"], "signer": signer, "signed_at": now_text(), **signed}

    async def fetch(self, request: Request) -> Response:
        """The signature of a ticket, once; asking again needs the key of the first asking (a lost answer)."""
        disturbed = await self.disturb("/ca/signatures")
        if disturbed is not None:
            return disturbed
        ticket, key = request.path_params["ticket"], request.headers.get("idempotency-key", "")
        signature, until = self._tickets.pop(ticket, ({}, 0.0))
        known = self.store.answer(self.code, f"{ticket}/{key}") if key else None
        found = signature if signature and time.monotonic() <= until else (known[1] if known else None)
        outcome = "accepted" if found else "refused"
        self.store.arrived(
            self.code,
            path="/ca/signatures",
            dataset="fetch",
            outcome=outcome,
            status=200 if found else 404,
            note="取回签名" if found else "票据无效、已使用或已过期",
            payload={"ticket": ticket},
            answer=found,
        )
        if not found:
            return JSONResponse({"code": 404, "message": "票据无效、已使用或已过期"}, 404)
        if key:
            self.store.remember(self.code, f"{ticket}/{key}", "", found)
        return JSONResponse({"code": 200, **found})


FIELDS = ("digest", "document", "return", "state", "holder")


def _wrong(wanted: dict[str, str]) -> str:
    if not DIGEST.fullmatch(wanted["digest"]):
        return "摘要应为 64 位小写十六进制（SM3）。"
    if not wanted["document"]:
        return "缺少待签文件名称。"
    if not is_address(wanted["return"]):
        return "回跳地址缺失或不是网址。"
    return "" if holder(wanted["holder"]) else "未找到该签名主体的证书。"
