"""Take one whole file in."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.files import antivirus, checkroom, checks, kinds, queries, storage
from minfang.kernel.files.buffers import PIECE_BYTES, Buffer
from minfang.kernel.files.limits import made_here
from minfang.kernel.files.models import ScanState, StoredFile
from minfang.kernel.iam.models import Person

MAX_NAME = 200


@dataclass(frozen=True)
class Intake:
    """What is known of a file that comes in: whose it is, what it may be, what for."""

    name: str
    owner: Person | None
    allowed: Sequence[str]
    purpose: str


class ScanPending(Exception):
    """The scanner gives no answer at present; the file has not come in."""


def clean_name(name: str, kind: kinds.Kind) -> str:
    """The file's own name without folders or control characters, ending as its content says."""
    base = (
        "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable()).strip() or "未命名"
    )
    stem = base.rsplit(".", 1)[0] if "." in base else base
    return f"{stem[:MAX_NAME]}.{kind.extension}"


def _refuse_kind(kind: kinds.Kind, name: str, allowed: Sequence[str]) -> Refusal:
    wanted = "、".join(extension.upper() for extension in allowed)
    return Refusal(
        "FILE_KIND",
        f"“{name[:60]}”的实际内容是{kind.label}，此处只接收 {wanted}。",
        "文件类型按内容判断，改扩展名无效；请另存为所列格式后上传。",
        status=422,
    )


def _pieces(content: BinaryIO | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while piece := content.read(PIECE_BYTES):
        yield piece


def store(
    name: str, content: BinaryIO | bytes, *, owner: Person | None, allowed: Sequence[str], purpose: str
) -> StoredFile:
    """Check and keep one file; ``allowed`` are extensions such as ``pdf``.

    Refuses empty and oversized files, kinds that are not allowed (by content), damaged, encrypted, scripted,
    explosive and infected ones, and all while the virus scanner does not answer; pictures are encoded anew.
    """
    with Buffer.of(_pieces(content), settings.MAX_UPLOAD_BYTES) as buffer:
        try:
            return take(buffer, Intake(name, owner, allowed, purpose), uuid.uuid4())
        except ScanPending as pending:
            raise Refusal(
                "SCAN_UNAVAILABLE",
                f"{pending}，文件未接收。",
                "为安全起见，文件须先通过病毒扫描；请稍后重试。",
                status=503,
            ) from None


def take(buffer: Buffer, intake: Intake, file_id: uuid.UUID) -> StoredFile:
    """Let a file in under a given id: kind, virus scan, inspection, encrypted bytes, row.

    Raises :class:`ScanPending` while the scanner does not answer; nothing is kept then.
    """
    if not buffer.size:
        raise Refusal("FILE_EMPTY", "文件是空的。", "请确认选对了文件。", status=422)
    with buffer.reopened() as content:
        kind = kinds.recognise(content)
    if kind.extension not in intake.allowed:
        raise _refuse_kind(kind, intake.name, intake.allowed)
    if made_here(intake.purpose):
        with buffer.reopened() as content:
            return _keep(buffer, buffer, intake, kind, file_id, checks.inspect(content, kind))
    scanned = _scanned(buffer, intake, file_id)
    found = checkroom.check(buffer, kind)
    try:
        return _keep(found.made or buffer, buffer, intake, kind, file_id, found.facts, scanned)
    finally:
        if found.made:
            found.made.close()


def _scanned(buffer: Buffer, intake: Intake, file_id: uuid.UUID) -> antivirus.Verdict:
    verdict = antivirus.scan(buffer.pieces())
    if isinstance(verdict, antivirus.Infected):
        raise infected(intake, file_id, verdict.name)
    if isinstance(verdict, antivirus.ScanFailed):
        if verdict.permanent:
            raise Refusal("SCAN_IMPOSSIBLE", f"{verdict.reason}，文件未接收。", "请分册后上传。", status=413)
        raise_alarm("files.scan_failed", target="antivirus", summary=f"{verdict.reason}，新文件暂不接收")
        raise ScanPending(verdict.reason)
    return verdict


def infected(intake: Intake, file_id: uuid.UUID, virus: str) -> Refusal:
    """Note and report a virus; the file does not come in."""
    told = f"上传的文件 {intake.name[:80]} 含病毒 {virus}"
    with transaction.atomic():
        record(
            "files.infected",
            person=intake.owner,
            target=f"file:{file_id}",
            summary=told,
            result="REFUSED",
        )
    raise_alarm("files.infected", target=f"file:{file_id}", summary=told, details={"virus": virus})
    return Refusal(
        "FILE_INFECTED",
        f"文件含有病毒（{virus}），未被接收。",
        "请用杀毒软件检查本机，处理后重新导出上传。",
        status=422,
    )


def _scan_state(verdict: antivirus.Verdict | None) -> dict[str, object]:
    if isinstance(verdict, antivirus.Clean):
        return {"scan_state": ScanState.CLEAN, "scan_detail": verdict.engine, "scanned_at": clock.now()}
    return {"scan_state": ScanState.NOT_SCANNED if verdict else ScanState.MADE_HERE}


def _keep(
    content: Buffer,
    original: Buffer,
    intake: Intake,
    kind: kinds.Kind,
    file_id: uuid.UUID,
    facts: dict[str, int],
    verdict: antivirus.Verdict | None = None,
) -> StoredFile:
    """Write the bytes, then the row and the event; without these the bytes go again."""
    anew = content is not original
    file = StoredFile(
        id=file_id,
        name=clean_name(intake.name, kind),
        size=content.size,
        media_type=kind.media_type,
        extension=kind.extension,
        sm3=content.sm3(),
        original_sm3=original.sm3() if anew else "",
        original_size=original.size if anew else None,
        pages=facts.get("pages"),
        purpose=intake.purpose,
        owner=intake.owner,
        stored_at=clock.now(),
        **_scan_state(verdict),
    )
    storage.write(file.id, content.pieces(), file.make_key())
    try:
        with transaction.atomic():
            file.save(force_insert=True)
            record(
                "files.store",
                person=intake.owner,
                target=f"file:{file.id}",
                summary=f"上传 {file.name}（{file.size} 字节）",
                after={"sm3": file.sm3, "original_sm3": file.original_sm3, "scan": file.scan_state},
            )
    except BaseException:
        storage.remove(file.id)
        raise
    return file


@transaction.atomic
def discard(file: StoredFile, *, person: Person | None, reason: str) -> None:
    """Throw a file away that nothing refers to any more; its bytes go when this is certain.

    Its key goes with the row: what a disk or a copy of it still holds opens no more (B.61).
    """
    file_id = file.pk
    record(
        "files.remove",
        person=person,
        target=f"file:{file_id}",
        summary=f"删除文件 {file.name}",
        reason=reason,
        before={"sm3": file.sm3},
    )
    file.delete()
    transaction.on_commit(lambda: storage.remove(file_id))


def discard_unused(file: StoredFile, *, person: Person | None, reason: str) -> bool:
    """Throw a file away unless something still refers to it; whether it went."""
    try:
        discard(file, person=person, reason=reason)
    except ProtectedError:
        return False
    return True


def read(file: StoredFile) -> bytes:
    """The whole clear content of a file."""
    return b"".join(queries.stream(file))
