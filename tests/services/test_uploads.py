"""Large files in pieces over HTTP: interrupted, repeated, out of place, foreign, too many; then handed in."""

import gc
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.db import connection
from tests.services.conftest import User
from tests.support.uploads import large_pdf, pdf

from minfang.kernel.base import clock
from minfang.kernel.files import antivirus, janitor, parts, storage
from minfang.kernel.files import queries as files
from minfang.kernel.files.actions import storing, uploads
from minfang.kernel.files.models import StoredFile, Upload
from minfang.kernel.operations import findings
from minfang.services.models import CaseMaterial

MEBIBYTE = 1024 * 1024
PIECE = 4 * MEBIBYTE
LINE = "M4-03"


@pytest.fixture
def applicant(user: Callable[[str], User]) -> User:
    return user("gu.shuyan")


@pytest.fixture
def case_id(applicant: User) -> int:
    found: int = applicant.post("/portal/cases", {"matter": "BASEMENT_SYNC", "again": True})["id"]
    return found


def begin(someone: User, case_id: int, size: int, name: str = "总图.pdf", status: int = 200) -> Any:
    body = {"name": name, "size": size, "case_id": case_id, "code": LINE}
    return someone.post("/uploads", body, status)


def put(someone: User, upload_id: str, offset: int, content: bytes, status: int = 200, **headers: str) -> Any:
    answer = someone.http.patch(
        f"/api/uploads/{upload_id}?offset={offset}",
        content,
        content_type="application/octet-stream",
        headers=headers,
    )
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.json()


def pieces_of(content: bytes, size: int = PIECE) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(content), size):
        yield start, content[start : start + size]


def send(someone: User, case_id: int, content: bytes) -> str:
    upload_id: str = begin(someone, case_id, len(content))["id"]
    for offset, piece in pieces_of(content):
        put(someone, upload_id, offset, piece)
    return upload_id


def attach(someone: User, case_id: int, upload_id: str, status: int = 200, code: str = LINE) -> Any:
    path = f"/portal/cases/{case_id}/materials/{code}/from-upload"
    return someone.post(path, {"upload_id": upload_id}, status)


@pytest.mark.django_db
def test_a_file_in_pieces_becomes_a_material_however_often_things_are_repeated(
    applicant: User, case_id: int
) -> None:
    content = b"".join(large_pdf(9 * MEBIBYTE))
    first = begin(applicant, case_id, len(content))
    upload_id = first["id"]
    assert put(applicant, upload_id, 0, content[:PIECE])["received"] == PIECE
    assert put(applicant, upload_id, 0, content[:PIECE])["received"] == PIECE
    early = put(applicant, upload_id, 2 * PIECE, content[2 * PIECE :], 409)
    assert early["code"] == "WRONG_OFFSET"
    assert str(PIECE) in early["message"]
    assert begin(applicant, case_id, len(content))["id"] == upload_id
    assert applicant.get(f"/uploads/{upload_id}")["received"] == PIECE
    assert applicant.post(f"/uploads/{upload_id}/finish", status=409)["code"] == "INCOMPLETE"
    assert attach(applicant, case_id, upload_id, 409)["code"] == "UPLOAD_STATE"
    for _ in range(2):
        for key in ({}, {"Idempotency-Key": "piece-0002-of-3"}):
            put(applicant, upload_id, PIECE, content[PIECE : 2 * PIECE], **key)
    put(applicant, upload_id, 2 * PIECE, content[2 * PIECE :])
    done = [applicant.post(f"/uploads/{upload_id}/finish") for _ in range(2)]
    assert done[0]["state"] == done[1]["state"] == "DONE"
    materials = [attach(applicant, case_id, upload_id) for _ in range(2)]
    assert materials[0]["id"] == materials[1]["id"]
    answer = applicant.http.get(f"/api/files/{materials[0]['file']['id']}")
    assert b"".join(answer.streaming_content) == content
    assert not parts.folder_of(Upload.objects.get().pk).exists()


@pytest.mark.django_db
def test_pieces_lie_encrypted_where_only_the_product_looks(applicant: User, case_id: int) -> None:
    content = b"".join(large_pdf(5 * MEBIBYTE))
    upload_id = begin(applicant, case_id, len(content))["id"]
    put(applicant, upload_id, 0, content[:PIECE])
    found = [path for path in storage.root().rglob("*") if path.is_file()]
    assert len(found) == 1
    assert found[0].stat().st_mode & 0o077 == 0
    assert found[0].parent.stat().st_mode & 0o077 == 0
    kept = found[0].read_bytes()
    assert b"%PDF" not in kept
    assert bytes(range(64)) not in kept


@pytest.mark.django_db
def test_what_cannot_come_in_is_refused_before_a_byte_is_sent(applicant: User, case_id: int) -> None:
    assert begin(applicant, case_id, 101 * MEBIBYTE, status=413)["code"] == "FILE_TOO_LARGE"
    assert begin(applicant, case_id, 100, "程序.exe", 422)["code"] == "FILE_KIND"
    assert begin(applicant, case_id, 0, status=422)["code"] == "FILE_EMPTY"
    upload_id = begin(applicant, case_id, 6 * MEBIBYTE)["id"]
    assert put(applicant, upload_id, 0, b"x" * (5 * MEBIBYTE + 1), 413)["code"] == "PIECE_SIZE"
    assert put(applicant, upload_id, 0, b"", 413)["code"] == "PIECE_SIZE"


@pytest.mark.django_db
def test_an_upload_belongs_to_its_owner_and_its_place(
    applicant: User, user: Callable[[str], User], case_id: int
) -> None:
    content = pdf()
    upload_id = send(applicant, case_id, content)
    other = user("zhou.mingyu")
    assert other.get(f"/uploads/{upload_id}", 404)["code"] == "NOT_FOUND"
    put(other, upload_id, 0, content, 404)
    other.post(f"/uploads/{upload_id}/finish", status=404)
    assert other.call("DELETE", f"/uploads/{upload_id}", status=404)
    assert begin(other, case_id, 100, status=404)["code"] == "NOT_FOUND"
    user("huang.siqi").get(f"/uploads/{upload_id}", 403)
    applicant.post(f"/uploads/{upload_id}/finish")
    assert attach(applicant, case_id, upload_id, 409, code="M4-04")["code"] == "WRONG_PLACE"


@pytest.mark.django_db
def test_a_refused_file_says_why_and_leaves_nothing(applicant: User, case_id: int) -> None:
    upload_id = send(applicant, case_id, b"MZ" + b"\0" * 5000)
    answer = applicant.post(f"/uploads/{upload_id}/finish")
    assert answer["state"] == "REFUSED"
    assert "可执行程序" in answer["problem"]["message"]
    assert [path for path in storage.root().rglob("*") if path.is_file()] == []
    assert attach(applicant, case_id, upload_id, 409)["code"] == "UPLOAD_STATE"


@pytest.mark.django_db
def test_unfinished_uploads_are_limited_and_can_be_given_up(applicant: User, case_id: int) -> None:
    ids = [begin(applicant, case_id, 50 + number)["id"] for number in range(20)]
    assert begin(applicant, case_id, 10, status=409)["code"] == "TOO_MANY_UPLOADS"
    applicant.call("DELETE", f"/uploads/{ids[0]}", status=204)
    begin(applicant, case_id, 10)
    for upload_id in ids[1:]:
        applicant.call("DELETE", f"/uploads/{upload_id}", status=204)
    for number in range(9):
        begin(applicant, case_id, 100 * MEBIBYTE, f"{number}.pdf")
    assert begin(applicant, case_id, 100 * MEBIBYTE, "x.pdf", 409)["code"] == "TOO_MANY_UPLOADS"


@pytest.mark.django_db
def test_a_file_waits_while_the_scanner_is_silent_and_is_seen_only_afterwards(
    applicant: User, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdicts: list[antivirus.Verdict] = [
        antivirus.ScanFailed("病毒扫描服务连接不上"),
        antivirus.ScanFailed("病毒扫描服务连接不上"),
        antivirus.Clean("clamd"),
    ]
    monkeypatch.setattr(antivirus, "scan", lambda _: verdicts.pop(0))
    monkeypatch.setattr(storing, "raise_alarm", lambda *_, **__: None)
    upload_id = send(applicant, case_id, pdf())
    waiting = applicant.post(f"/uploads/{upload_id}/finish")
    assert (waiting["state"], waiting["state_label"]) == ("WAITING_SCAN", "等待病毒扫描")
    assert not StoredFile.objects.exists()
    assert "1 份文件等待病毒扫描" in [finding.title for finding in findings.today()]
    uploads.retry_waiting()
    assert applicant.get(f"/uploads/{upload_id}")["state"] == "WAITING_SCAN"
    assert uploads.retry_waiting() == 1
    assert applicant.get(f"/uploads/{upload_id}")["state"] == "DONE"
    assert attach(applicant, case_id, upload_id)["file"]["scan_label"] == "病毒扫描通过"


@pytest.mark.django_db
def test_a_full_disk_is_told_and_the_upload_goes_on_later(
    applicant: User, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "raise_alarm", lambda *_, **__: None)
    content = pdf()
    upload_id = begin(applicant, case_id, len(content))["id"]
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert put(applicant, upload_id, 0, content, 507)["code"] == "STORAGE_FULL"
    assert [path for path in storage.root().rglob("*") if path.is_file()] == []
    put(applicant, upload_id, 0, content)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert applicant.post(f"/uploads/{upload_id}/finish", status=507)["code"] == "STORAGE_FULL"
    assert applicant.post(f"/uploads/{upload_id}/finish")["state"] == "DONE"
    assert files.storage_problem() == ""
    monkeypatch.setattr(storage, "free_bytes", lambda: 1000)
    assert "空间不足" in " ".join(finding.title for finding in findings.today())
    assert begin(applicant, case_id, 100, "又一份.pdf", 507)["code"] == "STORAGE_FULL"


@pytest.mark.django_db
def test_what_nobody_finished_is_removed_and_what_was_handed_in_stays(
    applicant: User, case_id: int, django_capture_on_commit_callbacks: Any
) -> None:
    kept = send(applicant, case_id, pdf())
    applicant.post(f"/uploads/{kept}/finish")
    material = attach(applicant, case_id, kept)
    unused = send(applicant, case_id, pdf() + b"\n")
    applicant.post(f"/uploads/{unused}/finish")
    begun = begin(applicant, case_id, 9999)["id"]
    put(applicant, begun, 0, b"x" * 100)
    assert janitor.sweep()["uploads"] == 0
    later = clock.now() + timedelta(hours=25)
    with clock.moved_to(later), django_capture_on_commit_callbacks(execute=True):
        assert janitor.sweep()["uploads"] == 3
    assert [str(file.pk) for file in StoredFile.objects.all()] == [material["file"]["id"]]
    files = [path.name for path in storage.root().rglob("*") if path.is_file()]
    assert files == [material["file"]["id"].replace("-", "")]


@pytest.mark.django_db
def test_bytes_without_a_row_go_but_not_when_the_database_is_the_wrong_one(
    applicant: User, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(applicant, case_id, pdf())
    strays = [storage.root() / f"{n:02x}" / f"{n:032x}" for n in range(1, 80)]
    told: list[str] = []
    monkeypatch.setattr(janitor, "raise_alarm", lambda kind, **_: told.append(kind))
    for path in strays:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (1, 1))
    assert janitor.sweep()["orphans"] == 0
    assert told == ["files.orphans"]
    for path in strays[5:]:
        path.unlink()
    assert janitor.sweep()["orphans"] == 5


def whole_way(someone: User, case_id: int, size: int) -> tuple[float, float]:
    """Send, check, hand in and read a file of that size; the seconds for sending and for checking."""
    begun = time.monotonic()
    upload_id, offset, waiting = begin(someone, case_id, size)["id"], 0, bytearray()
    for given in large_pdf(size):
        waiting += given
        while len(waiting) >= PIECE:
            put(someone, upload_id, offset, bytes(waiting[:PIECE]))
            del waiting[:PIECE]
            offset += PIECE
            gc.collect()  # the test browser keeps its answers in circles
    if waiting:
        put(someone, upload_id, offset, bytes(waiting))
    sent = time.monotonic()
    assert someone.post(f"/uploads/{upload_id}/finish")["state"] == "DONE"
    checked = time.monotonic()
    file_id = attach(someone, case_id, upload_id)["file"]["id"]
    answer = someone.http.get(f"/api/files/{file_id}")
    assert sum(len(piece) for piece in answer.streaming_content) == size
    return sent - begun, checked - sent


@pytest.mark.django_db
@pytest.mark.slow
def test_a_hundred_megabytes_take_no_more_memory_than_ten(applicant: User, case_id: int) -> None:
    process, high, stop = psutil.Process(), [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            high[0] = max(high[0], process.memory_info().rss)

    gc.freeze()  # what other tests left behind is not looked through at every piece
    whole_way(applicant, case_id, 10 * MEBIBYTE)
    before = process.memory_info().rss
    watcher = threading.Thread(target=watch)
    watcher.start()
    seconds = whole_way(applicant, case_id, 100 * MEBIBYTE)
    stop.set()
    watcher.join()
    gc.unfreeze()
    grown = (high[0] - before) / MEBIBYTE
    print(f"grown {grown:.0f} MiB, sent {seconds[0]:.1f} s, checked {seconds[1]:.1f} s")
    assert grown < 40


WORKER = """
import json, os, sys
import django
django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
settings.FILES_ROOT = sys.argv[1]
from django.test import Client
from minfang.kernel.files import storage
plan = json.loads(sys.argv[2])
browser = Client()
browser.cookies[settings.SESSION_COOKIE_NAME] = plan["session"]
content = sys.stdin.buffer.read()
for offset, length, die in plan["pieces"]:
    if die:
        storage.os.fsync = lambda _: os.kill(os.getpid(), 9)
    address = f"/api/uploads/{plan['upload']}?offset={offset}"
    piece = content[offset:offset + length]
    answer = browser.patch(address, piece, content_type="application/octet-stream")
    print(answer.status_code, answer.json()["received"], flush=True)
"""


def another_worker(someone: User, upload_id: str, content: bytes, pieces: list[tuple[int, int, bool]]) -> Any:
    """A web process of its own on the same database and disk; it may be killed in the middle of a piece."""
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "minfang.project.settings"}
    session = someone.http.cookies[settings.SESSION_COOKIE_NAME]
    environment["MINFANG_MASTER_KEY_FILE"] = settings.MASTER_KEY_FILE
    environment["MINFANG_HOME"] = str(settings.HOME)
    return subprocess.run(
        [
            sys.executable,
            "-c",
            WORKER,
            settings.FILES_ROOT,
            json.dumps({"upload": upload_id, "pieces": pieces, "session": session.value}),
        ],
        input=content,
        capture_output=True,
        env=environment,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
def test_an_upload_survives_processes_that_die_in_the_middle_of_it(applicant: User, case_id: int) -> None:
    content = b"".join(large_pdf(10 * MEBIBYTE))
    upload_id = begin(applicant, case_id, len(content))["id"]
    first = another_worker(applicant, upload_id, content, [(0, PIECE, False), (PIECE, PIECE, True)])
    assert first.returncode == -signal.SIGKILL, first.stderr.decode()[-2000:]
    assert first.stdout.decode().split() == ["200", str(PIECE)]
    litter = list(storage.root().rglob(f"*{storage.TEMPORARY}"))
    assert len(litter) == 1
    assert bytes(range(64)) not in litter[0].read_bytes()
    assert applicant.get(f"/uploads/{upload_id}")["received"] == PIECE
    second = another_worker(applicant, upload_id, content, [(PIECE, PIECE, False)])
    assert second.stdout.decode().split() == ["200", str(2 * PIECE)], second.stderr.decode()[-2000:]
    put(applicant, upload_id, 2 * PIECE, content[2 * PIECE :])
    assert applicant.post(f"/uploads/{upload_id}/finish")["state"] == "DONE"
    file_id = attach(applicant, case_id, upload_id)["file"]["id"]
    answer = applicant.http.get(f"/api/files/{file_id}")
    assert b"".join(answer.streaming_content) == content


@pytest.mark.django_db(transaction=True)
def test_litter_of_a_killed_process_is_swept_away(applicant: User, case_id: int) -> None:
    content = b"".join(large_pdf(5 * MEBIBYTE))
    upload_id = begin(applicant, case_id, len(content))["id"]
    died = another_worker(applicant, upload_id, content, [(0, PIECE, True)])
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    litter = list(storage.root().rglob(f"*{storage.TEMPORARY}"))
    assert len(litter) == 1
    assert janitor.sweep()["temporary"] == 0
    os.utime(litter[0], (1, 1))
    assert janitor.sweep()["temporary"] == 1
    assert [path for path in Path(storage.root()).rglob("*") if path.is_file()] == []


@pytest.mark.django_db(transaction=True)
def test_two_processes_sending_the_same_piece_keep_it_once(applicant: User, case_id: int) -> None:
    content = b"".join(large_pdf(5 * MEBIBYTE))
    upload_id = begin(applicant, case_id, len(content))["id"]
    answers: list[int] = []

    def race() -> None:
        someone = User("gu.shuyan")
        answers.append(put(someone, upload_id, 0, content[:PIECE])["received"])
        connection.close()

    racers = [threading.Thread(target=race) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert answers == [PIECE] * 4
    put(applicant, upload_id, PIECE, content[PIECE:])
    assert applicant.post(f"/uploads/{upload_id}/finish")["state"] == "DONE"


@pytest.mark.django_db
def test_a_deleted_material_takes_its_file_with_it(
    applicant: User, case_id: int, django_capture_on_commit_callbacks: Any
) -> None:
    material = applicant.upload(f"/portal/cases/{case_id}/materials/{LINE}", "图.pdf", pdf())
    path = f"/portal/cases/{case_id}/handed-in/{material['id']}"
    with django_capture_on_commit_callbacks(execute=True):
        applicant.call("DELETE", path, status=204)
    assert not StoredFile.objects.exists()
    assert not CaseMaterial.objects.exists()
    assert [p for p in storage.root().rglob("*") if p.is_file()] == []


def test_the_large_sample_is_a_sound_pdf() -> None:
    import pikepdf

    content = b"".join(large_pdf(3 * MEBIBYTE))
    assert len(content) == 3 * MEBIBYTE
    with pikepdf.open(io.BytesIO(content)) as document:
        assert document.get_warnings() == []
