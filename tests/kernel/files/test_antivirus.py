"""The scanner behind one function: a daemon that answers, hangs, hangs up, is full, or is not there."""

import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.uploads import pdf

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.files import actions, antivirus, limits, queries
from minfang.kernel.files.actions import scanning, storing
from minfang.kernel.files.models import ScanState, StoredFile

pytestmark = pytest.mark.django_db
VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Daemon:
    """Speaks clamd's INSTREAM over TCP."""

    def __init__(self) -> None:
        self.longest = 10_000_000
        self.silent = False
        self.garbled = False
        self.seen: list[int] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"clamd://127.0.0.1:{self.socket.getsockname()[1]}"

    def stop(self) -> None:
        self.socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client:
                self._answer(client)

    def _answer(self, client: socket.socket) -> None:
        stream = client.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!L", stream.read(4))[0]:
            content += stream.read(size)
            if len(content) > self.longest:
                client.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.seen.append(len(content))
        if self.silent:
            time.sleep(3)
        elif self.garbled:
            client.sendall(b"what?\0")
        else:
            client.sendall(b"stream: Eicar-Test FOUND\0" if VIRUS in content else b"stream: OK\0")


@pytest.fixture
def daemon(settings: Any) -> Iterator[Daemon]:
    made = Daemon()
    settings.ANTIVIRUS_URL = made.url
    yield made
    made.stop()


@pytest.fixture
def alarms(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    for module in (storing, scanning):
        monkeypatch.setattr(module, "raise_alarm", lambda kind, **_: told.append(kind))
    return told


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    plain: Callable[[str, str], int] = limits.limit
    monkeypatch.setattr(antivirus, "limit", lambda s, n: 1 if n == "answer_seconds" else plain(s, n))


def keep(content: bytes) -> StoredFile:
    return actions.store("x.pdf", content, owner=None, allowed=["pdf"], purpose="material")


def infected_pdf() -> bytes:
    return pdf() + b"\n%" + VIRUS


def test_a_clean_file_comes_in_and_says_who_looked(daemon: Daemon) -> None:
    file = keep(pdf())
    assert (file.scan_state, file.scan_detail) == (ScanState.CLEAN, "clamd")
    assert daemon.seen == [file.size]


def test_a_long_file_is_sent_whole(daemon: Daemon) -> None:
    assert antivirus.scan([b"x" * 1_000_000, b"y" * 7]) == antivirus.Clean("clamd")
    assert daemon.seen == [1_000_007]


def test_an_infected_file_is_refused_noted_and_reported(daemon: Daemon, alarms: list[str]) -> None:
    with pytest.raises(Refusal, match="FILE_INFECTED") as caught:
        keep(infected_pdf())
    assert "Eicar-Test" in caught.value.message
    assert not StoredFile.objects.exists()
    assert alarms == ["files.infected"]
    assert AuditEvent.objects.filter(action="files.infected").count() == 1


@pytest.mark.parametrize("fault", ["silent", "garbled"])
def test_no_answer_is_not_clean(daemon: Daemon, alarms: list[str], impatient: None, fault: str) -> None:
    setattr(daemon, fault, True)
    with pytest.raises(Refusal, match="SCAN_UNAVAILABLE") as caught:
        keep(pdf())
    assert caught.value.status == 503
    assert not StoredFile.objects.exists()
    assert alarms == ["files.scan_failed"]


def test_a_dead_daemon_lets_nothing_in(settings: Any, alarms: list[str]) -> None:
    settings.ANTIVIRUS_URL = "clamd://127.0.0.1:1"
    with pytest.raises(Refusal, match="SCAN_UNAVAILABLE"):
        keep(pdf())
    settings.ANTIVIRUS_URL = "clamd:///nowhere/clamd.sock"
    with pytest.raises(Refusal, match="SCAN_UNAVAILABLE"):
        keep(pdf())


def test_a_file_too_long_for_the_daemon_is_refused_for_good(daemon: Daemon) -> None:
    daemon.longest = 100
    with pytest.raises(Refusal, match="SCAN_IMPOSSIBLE"):
        keep(pdf())


def test_without_a_scanner_only_a_demonstration_takes_files(settings: Any, alarms: list[str]) -> None:
    settings.ANTIVIRUS_URL = "none"
    assert keep(pdf()).scan_state == ScanState.NOT_SCANNED
    settings.DEMO = False
    with pytest.raises(Refusal, match="SCAN_UNAVAILABLE"):
        keep(pdf())
    settings.ANTIVIRUS_URL = "nonsense"
    with pytest.raises(Refusal, match="SCAN_UNAVAILABLE"):
        keep(pdf())


def test_files_kept_before_are_scanned_later_and_infected_ones_disappear(
    daemon: Daemon, settings: Any, alarms: list[str]
) -> None:
    settings.ANTIVIRUS_URL = "none"
    good, bad = keep(pdf()), keep(infected_pdf())
    settings.ANTIVIRUS_URL = daemon.url
    assert scanning.rescan() == 2
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.scan_state, bad.scan_state) == (ScanState.CLEAN, ScanState.INFECTED)
    assert not queries.is_visible(bad)
    assert alarms == ["files.infected"]
    assert AuditEvent.objects.filter(action="files.infected").count() == 1
    assert scanning.rescan() == 0
    with clock.moved_to(clock.now() + timedelta(days=31)):
        assert scanning.rescan() == 1


@pytest.mark.skipif(shutil.which("clamd") is None, reason="clamd is not installed")
def test_the_real_daemon_finds_the_test_virus(settings: Any, tmp_path: Path) -> None:
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "own.ndb").write_text(f"Own.Test:0:*:{VIRUS[:40].hex()}\n")
    address = tmp_path / "clamd.sock"
    (tmp_path / "clamd.conf").write_text(
        f"LocalSocket {address}\nDatabaseDirectory {signatures}\nForeground yes\nStreamMaxLength 120M\n"
    )
    process = subprocess.Popen(["clamd", f"--config-file={tmp_path}/clamd.conf"], stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not address.exists() and time.monotonic() < end:
            time.sleep(0.1)
        settings.ANTIVIRUS_URL = f"clamd://{address}"
        assert antivirus.scan([pdf()]) == antivirus.Clean("clamd")
        assert isinstance(antivirus.scan([b"..", VIRUS]), antivirus.Infected)
    finally:
        process.terminate()
        process.wait()
