"""Take a large file in piece by piece: begin, add, finish, give up.

Where an upload stands lies in the database and its pieces on the shared disk, so that any web process may
take the next piece, also after a restart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.files import parts, storage
from minfang.kernel.files.actions.storing import Intake, ScanPending, discard_unused, take
from minfang.kernel.files.buffers import Buffer, too_large
from minfang.kernel.files.limits import limit, megabytes
from minfang.kernel.files.models import StoredFile, Upload, UploadState
from minfang.kernel.iam.models import Person

UNDER_WAY = (UploadState.OPEN, UploadState.CHECKING, UploadState.WAITING_SCAN)


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to upload, and what the place it is for takes (``allowed`` extensions)."""

    name: str
    size: int
    subject: str
    purpose: str
    allowed: Sequence[str]
    stamp: str = ""


@transaction.atomic
def begin(owner: Person, wanted: Wanted) -> Upload:
    """Open an upload, or give the unfinished one of the same file for the same place back.

    Refuses by size, by the ending of the name, by quota and by room on the disk before a byte is sent.
    """
    _check_wanted(wanted)
    Person.objects.select_for_update(of=("self",)).get(pk=owner.pk)
    mine = Upload.objects.filter(owner=owner, state__in=UNDER_WAY)
    same = mine.filter(
        subject=wanted.subject, name=wanted.name[:255], size=wanted.size, stamp=wanted.stamp[:64]
    ).first()
    if same is not None:
        return same
    total = mine.aggregate(total=Sum("size"))["total"] or 0
    if mine.count() >= limit("upload", "open_uploads") or total + wanted.size > megabytes(
        "upload", "open_total"
    ):
        raise Refusal(
            "TOO_MANY_UPLOADS", "未完成的上传过多。", "请先完成或取消正在上传的文件，再上传新的。", status=409
        )
    storage.need_room(wanted.size)
    now = clock.now()
    upload = Upload(
        owner=owner,
        subject=wanted.subject,
        purpose=wanted.purpose,
        name=wanted.name[:255],
        size=wanted.size,
        stamp=wanted.stamp[:64],
        allowed=list(wanted.allowed),
        begun_at=now,
        touched_at=now,
    )
    upload.make_key()
    upload.save(force_insert=True)
    record(
        "files.upload.begin",
        person=owner,
        target=f"upload:{upload.pk}",
        summary=f"开始上传 {upload.name[:100]}（{upload.size} 字节）",
    )
    return upload


def _check_wanted(wanted: Wanted) -> None:
    if wanted.size <= 0:
        raise Refusal("FILE_EMPTY", "文件是空的。", "请确认选对了文件。", status=422)
    if wanted.size > settings.MAX_UPLOAD_BYTES:
        raise too_large(settings.MAX_UPLOAD_BYTES)
    ending = wanted.name.rsplit(".", 1)[-1].lower()
    known = {"jpeg": "jpg"}.get(ending, ending)
    if known not in wanted.allowed:
        kinds = "、".join(extension.upper() for extension in wanted.allowed)
        raise Refusal(
            "FILE_KIND",
            f"“{wanted.name[:60]}”的格式不符，此处只接收 {kinds}。",
            "请另存为所列格式后上传。",
            status=422,
        )


def _own(owner: Person, upload_id: UUID, *, lock: bool = False) -> Upload:
    rows = Upload.objects.filter(pk=upload_id, owner=owner)
    found = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if found is None:
        raise not_found("该上传")
    return found


def find(owner: Person, upload_id: UUID) -> Upload:
    """One's own upload; somebody else's looks as if it did not exist."""
    return _own(owner, upload_id)


def unsettled(owner: Person, subject_prefix: str) -> list[Upload]:
    """One's own uploads for places that begin so and that are under way or done; oldest first."""
    rows = Upload.objects.filter(owner=owner, subject__startswith=subject_prefix)
    return list(rows.exclude(state=UploadState.REFUSED).select_related("file"))


@transaction.atomic
def add(owner: Person, upload_id: UUID, offset: int, content: bytes) -> Upload:
    """Keep the next piece. One that came before changes nothing; one out of place is refused (409)."""
    if not content or len(content) > megabytes("upload", "chunk_max"):
        most = limit("upload", "chunk_max_mb")
        raise Refusal("PIECE_SIZE", f"每次上传的分片须为 1 字节至 {most} MB。", "请重新上传。", status=413)
    upload = _own(owner, upload_id, lock=True)
    if offset >= 0 and offset + len(content) <= upload.received:
        return upload
    if upload.state != UploadState.OPEN:
        raise _wrong_state(upload)
    if offset != upload.received or offset + len(content) > upload.size:
        raise Refusal(
            "WRONG_OFFSET",
            f"分片位置不符，服务器已收到 {upload.received} 字节。",
            "将从该位置继续上传。",
            status=409,
        )
    parts.write(upload.pk, offset, content, upload.key())
    upload.received += len(content)
    upload.touched_at = clock.now()
    upload.save(update_fields=["received", "touched_at"])
    return upload


def _wrong_state(upload: Upload) -> Refusal:
    label = UploadState(upload.state).label
    return Refusal("UPLOAD_STATE", f"该文件{label}，不能再上传分片。", "请刷新页面查看结果。", status=409)


def finish(owner: Person, upload_id: UUID) -> Upload:
    """All pieces are there: check the whole and keep it as a file.

    Done once however often it is asked for. While the virus scanner is silent the upload waits
    (``WAITING_SCAN``) and is tried again by :func:`retry_waiting`; nothing is visible until it has answered.
    """
    upload = _claim(lambda: _own(owner, upload_id, lock=True))
    return upload if upload.state != UploadState.CHECKING else _let_in(upload)


@transaction.atomic
def _claim(find_locked: Callable[[], Upload]) -> Upload:
    """Take the check on; a check that was broken off long ago may be taken on again."""
    upload = find_locked()
    if upload.state in (UploadState.DONE, UploadState.REFUSED):
        return upload
    if upload.state == UploadState.CHECKING:
        oldest = clock.now() - timedelta(minutes=limit("upload", "checking_minutes"))
        if upload.touched_at > oldest:
            raise Refusal("CHECKING", "文件正在检查。", "请稍候，检查完成后自动显示。", status=409)
    if upload.received != upload.size:
        raise Refusal(
            "INCOMPLETE",
            f"文件尚未传完（{upload.received}/{upload.size} 字节）。",
            "请继续上传剩余部分。",
            status=409,
        )
    upload.state, upload.touched_at = UploadState.CHECKING, clock.now()
    upload.save(update_fields=["state", "touched_at"])
    return upload


def _let_in(upload: Upload) -> Upload:
    intake = Intake(upload.name, upload.owner, upload.allowed, upload.purpose)
    try:
        file = StoredFile.objects.filter(pk=upload.pk).first() or _take(upload, intake)
    except ScanPending as pending:
        return _settle(upload, UploadState.WAITING_SCAN, refusal={"message": str(pending)})
    except Refusal as refusal:
        if refusal.status >= 500:
            _settle(upload, UploadState.OPEN)
            raise
        told = {name: getattr(refusal, name) for name in ("code", "message", "hint", "status")}
        settled = _settle(upload, UploadState.REFUSED, refusal=told)
        parts.remove(upload.pk)
        return settled
    except BaseException:
        _settle(upload, UploadState.OPEN)
        raise
    settled = _settle(upload, UploadState.DONE, file=file)
    parts.remove(upload.pk)
    return settled


def _take(upload: Upload, intake: Intake) -> StoredFile:
    with Buffer.of(parts.pieces(upload.pk, upload.size, upload.key()), settings.MAX_UPLOAD_BYTES) as buffer:
        return take(buffer, intake, upload.pk)


def _settle(
    upload: Upload, state: UploadState, *, file: StoredFile | None = None, refusal: dict | None = None
) -> Upload:
    upload.state, upload.file, upload.refusal, upload.touched_at = state, file, refusal, clock.now()
    upload.save(update_fields=["state", "file", "refusal", "touched_at"])
    return upload


@transaction.atomic
def give_up(owner: Person, upload_id: UUID) -> None:
    """Forget an unfinished upload and its pieces; a finished one stays what it became."""
    upload = _own(owner, upload_id, lock=True)
    if upload.state == UploadState.CHECKING:
        raise Refusal("CHECKING", "文件正在检查，暂不能取消。", "请稍候再试。", status=409)
    upload.delete()
    transaction.on_commit(lambda: parts.remove(upload_id))


@transaction.atomic
def forget(owner: Person, subject_prefix: str, *, reason: str) -> None:
    """What the uploads were for is gone: forget them, their pieces and the files nothing refers to.

    One that is being checked just now is left to the janitor.
    """
    rows = Upload.objects.select_for_update(of=("self",)).filter(
        owner=owner, subject__startswith=subject_prefix
    )
    for upload in rows.exclude(state=UploadState.CHECKING).select_related("file"):
        number, file = upload.pk, upload.file
        upload.delete()
        transaction.on_commit(partial(parts.remove, number))
        if file is not None:
            discard_unused(file, person=owner, reason=reason)


def retry_waiting() -> int:
    """Check again what waits for the virus scanner; returns how many got an answer."""
    answered = 0
    for waiting in Upload.objects.filter(state=UploadState.WAITING_SCAN).order_by("touched_at")[:20]:
        try:
            upload = _claim(
                lambda pk=waiting.pk: Upload.objects.select_for_update(of=("self",)).get(pk=pk)  # type: ignore[misc]
            )
        except (Refusal, Upload.DoesNotExist):
            continue
        if upload.state == UploadState.CHECKING and _let_in(upload).state == UploadState.WAITING_SCAN:
            break
        answered += 1
    return answered
