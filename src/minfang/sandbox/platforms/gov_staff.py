"""公务人员统一身份认证 and 随申办政务云: a code or a ticket, exchanged once (handbook §6.10)."""

import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from minfang.sandbox import staff
from minfang.sandbox.base import Call, Platform, Refused, text_of
from minfang.sandbox.html import Markup, form_of, is_address, problem, render, with_parameters
from minfang.sandbox.store import Store

SECONDS = 300


class _OneTime:
    """Secrets that stand for somebody once, for five minutes."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[dict[str, str], float]] = {}

    def give(self, values: dict[str, str]) -> str:
        secret = secrets.token_urlsafe(24)
        self._held[secret] = (values, time.monotonic() + SECONDS)
        return secret

    def take(self, secret: str, what: str) -> dict[str, str]:
        values, until = self._held.pop(secret, ({}, 0.0))
        if not values or time.monotonic() > until:
            raise Refused(f"{what}无效、已使用或已过期")
        return values


class StaffIdentity(Platform):
    """Sign-in of public servants in the browser, by authorization code."""

    code = "gov_staff"
    name = "公务人员统一身份认证"
    about = "工作人员登录（授权码）"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._codes = _OneTime()

    def routes(self) -> list[Route]:
        return [
            Route("/gov-staff/authorize", self.page),
            Route("/gov-staff/choose", self.choose, methods=["POST"]),
            self.post("/gov-staff/token", self.token),
        ]

    async def page(self, request: Request) -> Response:
        """The sign-in page, listing the demonstration's staff."""
        back = request.query_params.get("redirect_uri", "")
        if not is_address(back) or request.query_params.get("response_type") != "code":
            return problem("登录请求不完整，请从业务系统重新进入。")
        values = {"redirect_uri": back, "people": Markup(staff.cards())}
        values |= {name: request.query_params.get(name, "") for name in ("state", "nonce")}
        return render("staff.html", values)

    async def choose(self, request: Request) -> Response:
        """Back to the product with a code that works once, for five minutes."""
        form = await form_of(request)
        back, number = form.get("redirect_uri", ""), form.get("user", "")
        if not is_address(back) or number not in staff.everybody():
            return problem("登录请求不完整，请从业务系统重新进入。")
        code = self._codes.give({"number": number, "nonce": form.get("nonce", "")})
        _note(self, "/gov-staff/choose", staff.everybody()[number]["name"])
        return RedirectResponse(with_parameters(back, code=code, state=form.get("state", "")), 303)

    def token(self, call: Call) -> dict[str, Any]:
        """Exchange a code for the servant behind it; it works once and carries the nonce back."""
        call.dataset = "token"
        held = self._codes.take(text_of(call, "code", 100), "授权码")
        return {"user": staff.everybody()[held["number"]], "nonce": held["nonce"]}


class GovernmentCloud(Platform):
    """The mobile container of public servants: it opens the product with a one-time ticket."""

    code = "gov_cloud"
    name = "随申办政务云"
    about = "移动办公（一次性票据）"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._tickets = _OneTime()

    def routes(self) -> list[Route]:
        return [
            Route("/gov-cloud/", self.page),
            Route("/gov-cloud/open", self.open, methods=["POST"]),
            self.post("/gov-cloud/ticket", self.exchange),
        ]

    async def page(self, request: Request) -> Response:
        """The container's home page; ``to`` is the product's mobile address."""
        to = request.query_params.get("to", "")
        if not is_address(to):
            return problem("缺少轻应用地址 to。")
        return render("cloud.html", {"to": to, "people": Markup(staff.cards())})

    async def open(self, request: Request) -> Response:
        """Open the light application for the chosen servant."""
        form = await form_of(request)
        to, number = form.get("to", ""), form.get("user", "")
        if not is_address(to) or number not in staff.everybody():
            return problem("打开轻应用的请求不完整。")
        _note(self, "/gov-cloud/open", staff.everybody()[number]["name"])
        return RedirectResponse(with_parameters(to, ticket=self._tickets.give({"number": number})), 303)

    def exchange(self, call: Call) -> dict[str, Any]:
        """Exchange a ticket for the servant it was made for; it works once."""
        call.dataset = "ticket"
        held = self._tickets.take(text_of(call, "ticket", 100), "票据")
        return {"user": staff.everybody()[held["number"]]}


def _note(platform: Platform, path: str, name: str) -> None:
    platform.store.arrived(
        platform.code, path=path, dataset="login", outcome="accepted", status=303, note=f"{name} 登录"
    )
