"""一网通办统一身份: sign in there, come back with a code, exchange it once (handbook §6.10)."""

import html
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from minfang.sandbox.base import Call, Platform, Refused, text_of
from minfang.sandbox.html import Markup, form_of, is_address, problem, render, with_parameters
from minfang.sandbox.people import Somebody, everybody
from minfang.sandbox.store import Store

CODE_SECONDS = 300


class Identity(Platform):
    """Real-name identity of persons and companies; here one chooses who to be."""

    code = "identity"
    name = "一网通办统一身份"
    about = "个人与法人实名登录"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._codes: dict[str, tuple[str, float]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/sso/authorize", self.page),
            Route("/sso/choose", self.choose, methods=["POST"]),
            self.post("/sso/token", self.token),
        ]

    async def page(self, request: Request) -> Response:
        """The platform's sign-in page, listing the demonstration's people."""
        back = request.query_params.get("redirect_uri", "")
        if not is_address(back):
            return problem("回跳地址 redirect_uri 缺失或不是网址。")
        people = list(everybody().values())
        values = {
            "redirect_uri": back,
            "state": request.query_params.get("state", ""),
            "companies": Markup("".join(_card(p) for p in people if p.company)),
            "people": Markup("".join(_card(p) for p in people if not p.company)),
        }
        return render("authorize.html", values)

    async def choose(self, request: Request) -> Response:
        """The chosen person goes back with a code that works once, for five minutes."""
        form = await form_of(request)
        back, person = form.get("redirect_uri", ""), everybody().get(form.get("user", ""))
        if not is_address(back) or person is None:
            return problem("登录请求不完整，请从业务系统重新进入。")
        code = secrets.token_urlsafe(24)
        self._codes[code] = (person.id, time.monotonic() + CODE_SECONDS)
        self.store.arrived(
            self.code,
            path="/sso/choose",
            dataset="login",
            outcome="accepted",
            status=302,
            note=f"{person.name} 登录",
            payload={"redirect_uri": back},
            answer={},
        )
        return RedirectResponse(with_parameters(back, code=code, state=form.get("state", "")), 303)

    def token(self, call: Call) -> dict[str, Any]:
        """Exchange a code for the person behind it; it works once."""
        call.dataset = "token"
        person, until = self._codes.pop(text_of(call, "code", 100), ("", 0.0))
        if not person or time.monotonic() > until:
            raise Refused("授权码无效、已使用或已过期")
        return {"user": everybody()[person].as_user()}


def _card(person: Somebody) -> str:
    name, number = html.escape(person.name), f"{person.id_no[:6]}********{person.id_no[-4:]}"
    company = person.company
    title = html.escape(company.name) if company else name
    lines = f"统一社会信用代码 {company.uscc} · 经办人 {name}" if company else f"身份证 {number}"
    return (
        f'<button class="card" name="user" value="{html.escape(person.id)}">'
        f"<strong>{title}</strong><span>{lines}</span></button>"
    )
