"""A password service over HTTP: time-outs, retries, a circuit breaker, answers that prove themselves."""

import secrets
import threading
import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import httpx
import orjson
from asn1crypto import x509
from django.conf import settings

from minfang.kernel.base import clock
from minfang.kernel.crypto.adapters import ntv
from minfang.kernel.crypto.adapters.ntv import Unpacked, Values
from minfang.kernel.crypto.port import CryptoMisconfigured, CryptoUnavailable

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
OK = "0"


@dataclass(frozen=True)
class ServiceSettings:
    """Where the service stands and how long it is waited for; ``keys`` maps our names to the service's.

    Seconds throughout. After ``breaker_failures`` calls without answer in a row, nobody asks for
    ``breaker_seconds``. ``paths`` names operations that a service calls otherwise.
    """

    url: str
    app_id: str
    secret_file: str
    keys: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    timeout: float = 3.0
    retries: int = 2
    retry_pause: float = 0.2
    breaker_failures: int = 5
    breaker_seconds: float = 30.0
    skew_seconds: float = 300.0

    def secret(self) -> bytes:
        """The secret shared with the service, from its file."""
        try:
            found = Path(self.secret_file).read_bytes().strip()
        except OSError as error:
            raise CryptoMisconfigured(f"无法读取密码服务口令文件 {self.secret_file}。") from error
        if len(found) < 16:
            raise CryptoMisconfigured("密码服务口令不足 16 字节。")
        return found


def read_settings() -> ServiceSettings:
    """From ``CRYPTO_SERVICE``; raises :class:`CryptoMisconfigured` with what is missing or unknown."""
    given: dict[str, Any] = settings.CRYPTO_SERVICE
    unknown = set(given) - {item.name for item in fields(ServiceSettings)}
    missing = {"url", "app_id", "secret_file"} - set(given)
    if unknown or missing:
        parts = [f"缺少 {'、'.join(sorted(missing))}"] if missing else []
        parts += [f"不认识 {'、'.join(sorted(unknown))}"] if unknown else []
        raise CryptoMisconfigured(f"MINFANG_CRYPTO_SERVICE {'，'.join(parts)}。")
    found = ServiceSettings(**given)
    address = urlparse(found.url)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        raise CryptoMisconfigured("密码服务地址须为 https（或经 TLCP 网关的本机地址）。")
    return found


class Reply(Unpacked):
    """An answer; a value missing in it raises :class:`CryptoUnavailable`."""

    fault = CryptoUnavailable

    def certificates(self, name: str) -> list[x509.Certificate]:
        """The certificates of a PEM value, the holder's first."""
        from minfang.kernel.crypto import certificates

        try:
            found = certificates.from_pem(self.text(name))
        except ValueError:
            found = []
        if not found:
            raise CryptoUnavailable("密码服务没有给出证书。")
        return found


class Service:
    """The service as the adapter sees it. Thread-safe."""

    def __init__(self, given: ServiceSettings) -> None:
        self.given, self.skew_seconds = given, given.skew_seconds
        self._secret = given.secret()
        self._client = httpx.Client(trust_env=False, timeout=given.timeout)
        self._lock = threading.Lock()
        self._failures, self._closed_until = 0, 0.0

    def key(self, name: str) -> str:
        """What the service calls one of our keys."""
        return self.given.keys.get(name, name)

    def ask(self, operation: str, values: Values) -> Reply:
        """Carry out one operation; raises :class:`CryptoUnavailable` when there is no usable answer."""
        if time.monotonic() < self._closed_until:
            raise CryptoUnavailable("密码服务连续无答复，暂停访问，请稍后重试。")
        reason = ""
        for attempt in range(self.given.retries + 1):
            if attempt:
                time.sleep(self.given.retry_pause * attempt)
            try:
                reply = self._once(operation, values)
            except _Silent as silent:
                reason = str(silent)
                continue
            self._note(answered=True)
            return reply
        self._note(answered=False)
        raise CryptoUnavailable(f"密码服务没有答复（{reason}），本次操作未生效。")

    def _note(self, *, answered: bool) -> None:
        with self._lock:
            self._failures = 0 if answered else self._failures + 1
            if self._failures >= self.given.breaker_failures:
                self._closed_until = time.monotonic() + self.given.breaker_seconds
                self._failures = 0

    def _once(self, operation: str, values: Values) -> Reply:
        nonce = secrets.token_hex(16)
        message = {
            "AppId": self.given.app_id,
            "TimeStamp": clock.now().isoformat(),
            "Nonce": nonce,
            "Data": ntv.packed(values),
        }
        path = self.given.paths.get(operation, f"/shf/v1/{operation}")
        try:
            body = orjson.dumps(ntv.sealed(message, self._secret))
            headers = {"Content-Type": "application/json"}
            response = self._client.post(self.given.url.rstrip("/") + path, content=body, headers=headers)
        except httpx.TimeoutException as error:
            raise _Silent(f"超过 {self.given.timeout:g} 秒") from error
        except httpx.HTTPError as error:
            raise _Silent(type(error).__name__) from error
        if response.status_code >= 500:
            raise _Silent(f"状态 {response.status_code}")
        return self._believed(response, nonce)

    def _believed(self, response: httpx.Response, nonce: str) -> Reply:
        try:
            answer = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict) or not ntv.holds(answer, self._secret):
            raise CryptoUnavailable("密码服务的答复未通过校验，未采用。")
        if answer.get("Nonce") != nonce:
            raise CryptoUnavailable("密码服务的答复与请求不符，未采用。")
        if answer.get("Code") != OK:
            raise CryptoUnavailable(f"密码服务拒绝：{answer.get('Message', '')}")
        return Reply(answer.get("Data"))


class _Silent(Exception):
    """No answer this time; it may be asked again."""
