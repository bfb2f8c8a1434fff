"""A database server of a test's own, a copy of the shared one, that may be killed and started again."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlparse

from django.conf import settings
from django.db import connections

from minfang.project.postgres import BINARIES, EmbeddedPostgres

MOVED = ("HOST", "PORT", "USER", "PASSWORD")


class OwnServer:
    """A copy of the test server with all its databases; durable, as in the product."""

    def __init__(self, folder: Path) -> None:
        shared = settings.DATABASES["default"]
        folder.mkdir(parents=True)
        home = Path(os.environ["MINFANG_TEST_HOME"]) / "postgres"
        for name in ("password", "app_password"):
            if (home / name).exists():
                shutil.copy(home / name, folder / name)
        source = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/postgres".format(**shared)
        subprocess.run(
            [
                str(BINARIES / "pg_basebackup"),
                *("-d", source, "-D", str(folder / "data"), "--checkpoint=fast", "--no-sync", "-X", "fetch"),
            ],
            check=True,
            capture_output=True,
        )
        (folder / "data").chmod(0o700)
        self._server = EmbeddedPostgres(folder)
        self.start()

    def start(self) -> None:
        """Start it, after a kill at the same address."""
        self.address = urlparse(self._server.start())
        self._server.preferred_port = int(self.address.port or 0)

    def kill(self) -> None:
        """kill -9 of the server and everything it started."""
        os.killpg(self._server._process.pid, signal.SIGKILL)
        self._server._process.wait()

    def close(self) -> None:
        """Take it away."""
        with suppress(ProcessLookupError):
            self.kill()


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    """All connections of this process go to a server of its own for the time of a test."""
    place = connections["default"].settings_dict
    before = {name: place[name] for name in MOVED}
    server = OwnServer(folder)
    connections.close_all()
    address = server.address
    there = (address.hostname, str(address.port), address.username, address.password)
    place.update(zip(MOVED, there, strict=True))
    try:
        yield server
    finally:
        connections.close_all()
        place.update(before)
        server.close()
