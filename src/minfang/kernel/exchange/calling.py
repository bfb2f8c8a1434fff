"""One way to call an outside platform over HTTP, with typed answers for the three ways it can go wrong."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings

from minfang.kernel.base.errors import Refusal
from minfang.kernel.exchange import wire
from minfang.kernel.exchange.connectors import Exchanged, Rejected, Unreachable

LONGEST_EVIDENCE = 4000
AGAIN = {401, 403, 408, 425, 429}

HEADER_SAFE = "!#$%&'()*+,-./:;=?@[]_~|"
"""Characters of a key that pass in a header as they are; what came from a browser may hold any other."""


@dataclass(frozen=True)
class Answer:
    """What a platform answered, with the evidence of the call."""

    body: dict[str, Any]
    exchanged: Exchanged
    content: bytes = b""


def address(platform: str, path: str) -> str:
    """Where a platform's interface stands: as the installation says, in the demonstration at the sandbox."""
    urls: dict[str, str] = settings.OUTSIDE_URLS
    place = urls.get(platform, settings.SANDBOX_URL)
    if not place:
        raise Refusal(
            "PLATFORM_NOT_CONFIGURED",
            f"未配置外部平台“{platform}”的地址。",
            "请系统运维人员在 MINFANG_OUTSIDE_URLS 中配置后重启。",
            status=503,
        )
    return place.rstrip("/") + path


def _evidence(value: Any) -> Any:
    """The content as kept in the log of tries: whole, but for file contents."""
    if isinstance(value, dict):
        return {name: _evidence(item) for name, item in value.items()}
    if isinstance(value, str) and len(value) > LONGEST_EVIDENCE:
        return f"{value[:40]}…（{len(value)} 字符）"
    return value


def call(
    platform: str, path: str, *, body: Any = None, key: str = "", method: str = "POST", shown: Any = None
) -> Answer:
    """Call a platform, sending ``key`` as ``Idempotency-Key``.

    ``shown`` is what the log of tries keeps in place of a body that is encrypted on the way.
    Raises ``Unreachable`` when there was no usable answer (time-out, 5xx, a token it does not take) and
    ``Rejected``, with every field it named, when it refused the content.
    """
    try:
        target = address(platform, path)
    except Refusal as missing:
        raise Unreachable(missing.message, Exchanged()) from missing
    sent = json.dumps(_evidence(shown or body), ensure_ascii=False) if body is not None else ""
    request = f"{method} {target}\nIdempotency-Key: {key}\n\n{sent}"
    headers = {"token": settings.OUTSIDE_TOKEN}
    if key:
        headers["Idempotency-Key"] = quote(key, safe=HEADER_SAFE)
    content = None if body is None else wire.json_bytes(body)
    try:
        response = wire.send(method, target, headers, content, settings.OUTSIDE_TIMEOUT_SECONDS)
    except TimeoutError as error:
        reason = f"平台未在 {settings.OUTSIDE_TIMEOUT_SECONDS:g} 秒内答复"
        raise Unreachable(reason, Exchanged(request)) from error
    except wire.ConnectionFailed as error:
        raise Unreachable(f"无法连接平台（{error}）", Exchanged(request)) from error
    return _read(response, request)


def _read(response: wire.Response, request: str) -> Answer:
    is_json = "json" in response.media_type
    text = response.text if is_json else f"（{len(response.content)} 字节）"
    exchanged = Exchanged(request, text[:LONGEST_EVIDENCE], response.status)
    if response.status >= 500 or response.status in AGAIN:
        raise Unreachable(f"平台答复 {response.status}：{_message(response)}", exchanged)
    if response.status >= 400:
        raise Rejected(_message(response), exchanged)
    if not is_json:
        return Answer({}, exchanged, response.content)
    body = response.json()
    if not isinstance(body, dict) or body.get("code") != 200:
        raise Rejected(_message(response), exchanged)
    return Answer(body, exchanged)


def _message(response: wire.Response) -> str:
    """What the platform said, with each field it named."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return "平台未说明原因"
    errors = [f"{item.get('label', '')}{item.get('message', '')}" for item in body.get("errors") or []]
    text = str(body.get("message") or "平台未说明原因")
    return text + ("：" + "；".join(errors) if errors else "")
