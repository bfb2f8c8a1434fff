"""The process that keeps streams to open browsers (server-sent events); granian serves ``application``.

Browsers come with the same session cookie as to the web process: another port of one host is the same site.
Behind a gateway it stands under a path of the product's own origin.
"""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import django
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from minfang.project import processes

processes.end_with_parent(signal.SIGKILL)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minfang.project.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from minfang.kernel.base.errors import Refusal  # noqa: E402
from minfang.project import manifest  # noqa: E402
from minfang.supervision.live import gate, hub  # noqa: E402
from minfang.supervision.live.feed import Feed  # noqa: E402
from minfang.supervision.live.hub import Hub, Viewer  # noqa: E402
from minfang.supervision.live.views import VIEWS  # noqa: E402

BEAT_SECONDS = 15.0
CHECK_SECONDS = 60.0
MOST_VIEWERS = 1000
DATABASE_THREADS = 2
HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def origins() -> set[str]:
    """Origins whose pages may read the stream: the product's own, also under the other names of this host."""
    own = urlsplit(settings.PUBLIC_URL)
    port = f":{own.port}" if own.port else ""
    names = [name for name in settings.ALLOWED_HOSTS if name not in ("*", "testserver") and name[0] != "."]
    return {f"{own.scheme}://{own.netloc}", *(f"{own.scheme}://{name}{port}" for name in names)}


class Streams:
    """All streams of this process. ``check_seconds`` is how often sessions are asked again."""

    def __init__(self, check_seconds: float = CHECK_SECONDS, beat_seconds: float = BEAT_SECONDS) -> None:
        self.hub = Hub()
        self.check_seconds, self.beat_seconds = check_seconds, beat_seconds
        self._threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="gate")

    async def admit(self, session: str) -> frozenset[int]:
        """Ask the gate off the loop."""

        def ask() -> frozenset[int]:
            close_old_connections()
            return gate.admit(session)

        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)

    async def stream(self, request: Request) -> Response:
        """Open a stream; ``works`` and ``view`` name what this browser looks at."""
        origin = request.headers.get("origin", "")
        if origin and origin not in origins():
            return JSONResponse({"code": "FORBIDDEN", "message": "不允许的来源。"}, 403, HEADERS)
        headers = {**HEADERS, "Vary": "Origin"}
        if origin:
            headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
        if len(self.hub.viewers) >= MOST_VIEWERS:
            return JSONResponse({"code": "BUSY", "message": "实时连接已满。"}, 503, headers)
        session = request.cookies.get(settings.SESSION_COOKIE_NAME, "")
        try:
            works = await self.admit(session)
            watches = _watches(request, works)
        except Refusal as no:
            return JSONResponse({"code": no.code, "message": no.message}, no.status, headers)
        viewer = Viewer(session, works, watches)
        self.hub.join(viewer, request.headers.get("last-event-id", ""))
        return StreamingResponse(self._events(viewer), 200, headers, "text/event-stream")

    async def _events(self, viewer: Viewer) -> AsyncIterator[bytes]:
        try:
            yield b"retry: 3000\n\n"
            while True:
                try:
                    await asyncio.wait_for(viewer.news.wait(), self.beat_seconds)
                except TimeoutError:
                    yield b": beat\n\n"
                    continue
                for event in viewer.take():
                    yield self.hub.wire(event)
                if viewer.over:
                    return
        finally:
            self.hub.leave(viewer)

    async def check(self) -> None:
        """Ask again for every session with an open stream; cut those that ended."""
        for session in self.hub.sessions():
            try:
                self.hub.allow(session, await self.admit(session))
            except Refusal as no:
                self.hub.cut(session, no.message)

    async def keep_checking(self) -> None:
        """For as long as the process runs."""
        while True:
            await asyncio.sleep(self.check_seconds)
            await self.check()

    async def health(self, request: Request) -> Response:
        """Ready, and how many look."""
        return JSONResponse({"status": "ok", **hub.hello(self.hub)})


def _watches(request: Request, works: frozenset[int]) -> tuple[int, str] | None:
    asked, view = request.query_params.get("works", ""), request.query_params.get("view", "")
    if not asked:
        return None
    if not asked.isdecimal() or int(asked) not in works or view not in VIEWS:
        raise Refusal("NOT_FOUND", "未找到该工程，或您无权查看。", status=404)
    return int(asked), view


def build(streams: Streams) -> Starlette:
    """The application around these streams: the feed runs in a thread, checks in the loop."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def later(act: Callable[..., None]) -> Callable[..., None]:
            def hand_over(*values: object) -> None:
                loop.call_soon_threadsafe(act, *values)

            return hand_over

        feed = Feed(streams.hub.watched, later(streams.hub.tell), later(streams.hub.show))
        thread = threading.Thread(target=feed.run, args=(stop,), name="feed", daemon=True)
        thread.start()
        checks = asyncio.create_task(streams.keep_checking())
        yield
        stop.set()
        checks.cancel()
        streams.hub.close()
        await loop.run_in_executor(None, thread.join, 3)

    routes = [Route("/live", streams.stream), Route("/healthz", streams.health)]
    return Starlette(routes=routes, lifespan=lifespan)


manifest.refuse_to_serve()
application = build(Streams())
