"""The sandbox as an ASGI application, and how it is served."""

import asyncio
import logging
import signal
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette

from minfang.kernel.crypto import certificates
from minfang.sandbox import base, keys
from minfang.sandbox.console import Console
from minfang.sandbox.devices.bench import Bench
from minfang.sandbox.devices.console import DeviceConsole
from minfang.sandbox.platforms import build
from minfang.sandbox.platforms.case_repository import CaseRepository
from minfang.sandbox.store import Store

log = logging.getLogger(__name__)


def application(folder: Path, product: str = "", bench: Bench | None = None) -> Starlette:
    """The whole outside world over one folder; ``product`` is the address the console links back to.

    ``roots/root.pem`` in the folder is the root certificate a product has to trust to believe its seals.
    """
    store = Store(folder)
    roots = folder / "roots"
    roots.mkdir(exist_ok=True)
    (roots / "root.pem").write_text(certificates.to_pem(keys.ring(folder / "keys").root))
    platforms = build(store)
    busiest_first = sorted(platforms.values(), key=lambda platform: platform.code != CaseRepository.code)
    routes = [route for platform in busiest_first for route in platform.routes()]
    pages = DeviceConsole(bench).routes() + Console(store, platforms, product).routes()
    return Starlette(routes=[*routes, *pages])


async def _serve(app: Starlette, host: str, port: int) -> None:
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        base.close()
        server.stop()

    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop)
    await server.serve()


def serve(folder: Path, *, host: str, port: int, product: str = "", devices: bool = False) -> None:
    """Serve until told to stop, with simulated devices where they are wanted."""
    bench = Bench(folder) if devices else None
    if bench is not None:
        bench.start()
    try:
        asyncio.run(_serve(application(folder, product, bench), host, port))
    finally:
        if bench is not None:
            bench.stop()
