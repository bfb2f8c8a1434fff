"""Take files in."""

import uuid
from collections.abc import Sequence
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import local
from minfang.kernel.files import kinds, queries, storage
from minfang.kernel.files.models import StoredFile
from minfang.kernel.iam.models import Person

MAX_NAME = 200


def _clean_name(name: str, kind: kinds.Kind) -> str:
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


@transaction.atomic
def store(
    name: str, content: BinaryIO | bytes, *, owner: Person | None, allowed: Sequence[str], purpose: str
) -> StoredFile:
    """Check and keep one file; ``allowed`` are extensions such as ``pdf``.

    Refuses empty and oversized files, kinds that are not allowed (by content), and damaged, encrypted,
    scripted or explosive ones; pictures are encoded anew.
    """
    data = content if isinstance(content, bytes) else content.read(settings.MAX_UPLOAD_BYTES + 1)
    if len(data) > settings.MAX_UPLOAD_BYTES:
        raise Refusal("FILE_TOO_LARGE", "文件超过 100 MB。", "请压缩或分册后上传。", status=413)
    if not data:
        raise Refusal("FILE_EMPTY", "文件是空的。", "请确认选对了文件。", status=422)
    kind = kinds.recognise(data)
    if kind.extension not in allowed:
        raise _refuse_kind(kind, name, allowed)
    kinds.inspect(data, kind)
    data = kinds.clean_picture(data, kind)
    file = StoredFile(
        id=uuid.uuid4(),
        name=_clean_name(name, kind),
        size=len(data),
        media_type=kind.media_type,
        extension=kind.extension,
        sm3=local.sm3(data).hex(),
        purpose=purpose,
        owner=owner,
        stored_at=clock.now(),
    )
    storage.write(file.id, data)
    try:
        file.save(force_insert=True)
        record(
            "files.store",
            person=owner,
            target=f"file:{file.id}",
            summary=f"上传 {file.name}（{file.size} 字节）",
        )
    except BaseException:
        storage.remove(file.id)
        raise
    return file


def read(file: StoredFile) -> bytes:
    """The whole clear content of a file."""
    return b"".join(queries.stream(file))
