"""HTTP services that answer JSON, by pages or by cursor."""

import json
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from minfang.kernel.base.errors import Refusal
from minfang.supervision.links import addresses
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import DataLink, DataSource
from minfang.supervision.links.readers.base import Page
from minfang.supervision.links.readers.scanned import ScannedReader
from minfang.supervision.links.refusals import unusable

TRIES = 3
PAUSE_SECONDS = 0.2
LONGEST_CHAIN = 100_000


class WebReader(ScannedReader):
    """Asks one page after the other; connects to the checked address only and follows no redirects.

    ``options``: ``records`` (path to the rows in the answer), ``total`` (path to their number), ``paging``
    NONE, PAGE or CURSOR with ``page_param``, ``size_param``, ``first`` and ``next`` (path to the cursor).
    """

    def __init__(self, link: DataLink, source: DataSource) -> None:
        super().__init__(link, source)
        self.service = Service(source)
        self.total: int | None = None
        self.seen = 0

    def __enter__(self) -> "WebReader":
        self.service.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.service.close()

    def pages(self, position: dict[str, Any]) -> Iterator[Page]:
        token = position.get("token")
        for rows, next_token, total in self.service.pages(token, self.link.page_size):
            self.total = total
            begin = position["rows"]
            numbered = (
                (begin + n, tuple(row.get(name) for name in self.columns)) for n, row in enumerate(rows, 1)
            )
            behind = {**position, "rows": begin + len(rows), "token": next_token}
            for page in self.chosen(numbered, position):
                position = page.position
                last = position["rows"] >= behind["rows"]
                yield Page(page.rows, page.first, {**position, **(behind if last else {})}, page.watermark)
            position = {**position, **behind}
        self.seen = position["rows"]

    def count(self, position: dict[str, Any], whole: bool = False) -> int | None:
        """The service's own total counts only where every row is taken."""
        if whole and self.total is None:
            _, _, self.total = next(iter(self.service.pages(None, 1)), ([], None, None))
        return self.total if "lower" not in position else None


class Service:
    """One HTTP source."""

    def __init__(self, source: DataSource) -> None:
        self.source, self.options = source, source.options
        self.client: httpx.Client
        self.base = ""
        self.headers: dict[str, str] = {}
        self.extensions: dict[str, str] = {}

    def open(self) -> None:
        """Check the address and connect to nothing else."""
        source, https = self.source, bool(self.options.get("https"))
        port = source.port or (443 if https else 80)
        address = addresses.resolve(source.host or "", port)
        ip = f"[{address.ip}]" if ":" in address.ip else address.ip
        self.base = (
            f"{'https' if https else 'http'}://{ip}:{port}/{quote((source.path or '').lstrip('/'), safe='/')}"
        )
        self.headers = {"Host": f"{address.host}:{port}", "Accept": "application/json"}
        if source.password:
            self.headers["Authorization"] = f"Bearer {source.password}"
        self.extensions = {"sni_hostname": address.host} if https else {}
        wait = limits()["connect_seconds"]
        self.client = httpx.Client(
            timeout=httpx.Timeout(wait * 4, connect=wait), follow_redirects=False, trust_env=False
        )

    def close(self) -> None:
        """End the connection."""
        self.client.close()

    def pages(self, token: Any, size: int) -> Iterator[tuple[list[dict[str, Any]], Any, int | None]]:
        """Rows, the token of the next page (None behind the last) and the total, page by page."""
        style = self.options.get("paging", "NONE")
        token = self.options.get("first", 1) if token is None and style == "PAGE" else token
        for _ in range(LONGEST_CHAIN):
            answer = self._ask(style, token, size)
            rows = self._rows(answer)
            total = inside(answer, self.options.get("total", ""))
            token = self._next(style, token, answer, rows, size)
            yield rows, token, total if isinstance(total, int) else None
            if token is None:
                return

    def _next(self, style: str, token: Any, answer: Any, rows: list[Any], size: int) -> Any:
        if style == "PAGE":
            return token + 1 if rows else None
        return inside(answer, self.options.get("next", "")) or None if style == "CURSOR" else None

    def _rows(self, answer: Any) -> list[Any]:
        path = self.options.get("records", "")
        rows = inside(answer, path) if path else answer
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refusal(
                "NO_ROWS",
                f"回答中“{path or '根'}”处不是记录列表。",
                "请核对记录所在路径，例如 data.rows。",
                status=422,
            )
        return rows

    def _ask(self, style: str, token: Any, size: int) -> Any:
        asked = {str(key): str(value) for key, value in self.options.get("query", {}).items()}
        if style != "NONE":
            asked[self.options.get("size_param") or "size"] = str(size)
            if token is not None:
                asked[self.options.get("page_param") or "page"] = str(token)
        for attempt in range(1, TRIES + 1):
            try:
                return self._once(asked)
            except (httpx.TransportError, _Again) as error:
                if attempt == TRIES:
                    raise _unanswered(error) from error
                time.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, asked: dict[str, str]) -> Any:
        longest, body = limits()["download_bytes"], bytearray()
        with self.client.stream(
            "GET", self.base, params=asked, headers=self.headers, extensions=self.extensions
        ) as answer:
            if answer.status_code >= 500 or answer.status_code == 429:
                raise _Again(f"HTTP {answer.status_code}")
            if answer.status_code != 200:
                raise _status(answer.status_code)
            for part in answer.iter_bytes():
                body += part
                if len(body) > longest:
                    raise unusable("TOO_LARGE", "对方一次回答的数据太多。", "请减小每页行数。")
        try:
            return json.loads(bytes(body))
        except (ValueError, RecursionError) as error:
            raise unusable("NOT_JSON", "对方的回答不是 JSON。", "请核对接口地址。") from error


class _Again(Exception):
    """The service asks to be asked again."""


def _unanswered(error: Exception) -> Refusal:
    if isinstance(error, httpx.ConnectError):
        return unusable("REFUSED", "对方拒绝连接。", "请核对主机和端口，以及服务是否已启动。")
    if isinstance(error, httpx.TimeoutException):
        return unusable("TIMEOUT", "对方在限定时间内没有回答。", "请稍后重试，或减小每页行数。")
    return unusable("SOURCE_FAILED", f"接口暂时不可用（{error}）。", "稍后将自动重试。")


def _status(code: int) -> Refusal:
    if code in (401, 403):
        return unusable("WRONG_PASSWORD", "接口拒绝访问，令牌不对或无权限。", "请核对访问令牌。")
    if code == 404:
        return unusable("NO_TABLE", "没有这个接口地址。", "请核对路径。")
    return unusable("SOURCE_FAILED", f"接口回答 HTTP {code}。", "请核对接口地址和参数；不跟随跳转。")


def inside(answer: Any, path: str) -> Any:
    """What stands at a dotted path of an answer; None where nothing does."""
    for part in path.split(".") if path else []:
        answer = answer.get(part) if isinstance(answer, dict) else None
    return answer if path else None
