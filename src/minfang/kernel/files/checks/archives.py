"""Archives and what is made of them (OFD, OOXML): really unpacked, counted while doing so, looked into."""

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from minfang.kernel.files.kinds import DOCX, OFD, XLSX, ZIP, Kind, damaged, dangerous
from minfang.kernel.files.limits import MEBIBYTE, limit, megabytes

_DOCUMENTS = (OFD, DOCX, XLSX)
_PROGRAMS = (b"MZ", b"\x7fELF")
_BOMB = "请去除异常内容，重新打包或另存后上传。"


@dataclass
class _Budget:
    """What may still be unpacked, over all levels together."""

    entries: int
    size: int


def inspect(content: BinaryIO, kind: Kind) -> None:
    """Refuse archives with a password, with too much in them or too deep, with programs or macros."""
    content.seek(0, 2)
    packed = content.tell()
    budget = _Budget(limit("content", "archive_entries"), megabytes("content", "archive"))
    whole = budget.size
    _look_into(content, kind, budget, 1)
    unpacked = whole - budget.size
    free = limit("content", "archive_ratio_from_mb") * MEBIBYTE
    if unpacked > free and unpacked > limit("content", "archive_ratio") * packed:
        raise dangerous("压缩包压缩比异常", _BOMB)


def _look_into(content: BinaryIO, kind: Kind, budget: _Budget, depth: int) -> None:
    if depth > limit("content", "archive_depth"):
        raise dangerous("压缩包层数过多", "请解开内层压缩包后重新打包。")
    content.seek(0)
    try:
        with zipfile.ZipFile(content) as archive:
            for entry in archive.infolist():
                budget.entries -= 1
                if budget.entries < 0:
                    raise dangerous("压缩包内文件过多", _BOMB)
                _check_entry(archive, entry, kind, budget, depth)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise damaged(kind.label) from None


def _check_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, kind: Kind, budget: _Budget, depth: int
) -> None:
    name = entry.filename.replace("\\", "/")
    if entry.flag_bits & 0x1:
        raise dangerous("压缩包设有密码", "请取消密码后重新打包上传。")
    if name.startswith("/") or ".." in name.split("/") or ":" in name[:3]:
        raise dangerous("压缩包内的文件路径异常", _BOMB)
    if kind in _DOCUMENTS and name.lower().endswith("vbaproject.bin"):
        raise dangerous("文件内含宏", "请另存为不含宏的文件后上传。")
    if entry.is_dir():
        return
    inner = _unpack(archive, entry, budget)
    head = inner[:4]
    if head.startswith(_PROGRAMS):
        raise dangerous("压缩包内含可执行程序")
    if kind in _DOCUMENTS and name.lower().endswith((".xml", ".rels")):
        _check_markup(inner, name)
    if head == b"PK\x03\x04":
        _look_into(io.BytesIO(inner), ZIP, budget, depth + 1)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> bytearray:
    """The entry's content; what the directory says of its size is not believed."""
    kept = bytearray()
    with archive.open(entry) as source:
        while piece := source.read(MEBIBYTE):
            budget.size -= len(piece)
            if budget.size < 0:
                raise dangerous("压缩包解压后过大", _BOMB)
            kept += piece
    return kept


def _check_markup(content: bytearray, name: str) -> None:
    """No document types (entities can name files or explode), no template fetched from elsewhere."""
    plain = content.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise dangerous("文件内含外部实体声明", "请用原软件另存后上传。")
    if name.lower().endswith(".rels") and b"attachedTemplate" in plain and b"External" in plain:
        raise dangerous("文件引用了外部模板", "请在 Word 中去除附加模板后另存上传。")
