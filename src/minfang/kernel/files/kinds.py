"""What a file is, told by its content and never by its name. Free of the framework."""

import zipfile
from dataclasses import dataclass
from typing import BinaryIO

from minfang.kernel.base.errors import Refusal

HEAD_BYTES = 1024
OLE_DIRECTORY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Kind:
    """A recognised kind of file."""

    extension: str
    media_type: str
    label: str


PDF = Kind("pdf", "application/pdf", "PDF 文档")
OFD = Kind("ofd", "application/ofd", "OFD 版式文件")
JPG = Kind("jpg", "image/jpeg", "JPG 图片")
PNG = Kind("png", "image/png", "PNG 图片")
DWG = Kind("dwg", "image/vnd.dwg", "DWG 图纸")
ZIP = Kind("zip", "application/zip", "ZIP 压缩包")
DOCX = Kind("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word 文档")
XLSX = Kind("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel 表格")
DOC = Kind("doc", "application/msword", "旧版 Word 文档")
XLS = Kind("xls", "application/vnd.ms-excel", "旧版 Excel 表格")
EXE = Kind("exe", "application/x-msdownload", "可执行程序")
UNKNOWN = Kind("", "application/octet-stream", "无法识别的文件")

BY_EXTENSION = {k.extension: k for k in (PDF, OFD, JPG, PNG, DWG, ZIP, DOCX, XLSX, DOC, XLS, EXE)}
ARCHIVES = (ZIP, OFD, DOCX, XLSX)
OLD_OFFICE = (DOC, XLS)
_SIGNATURES = [
    (b"\xff\xd8\xff", JPG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"MZ", EXE),
    (b"\x7fELF", EXE),
    (b"AC10", DWG),
]
_ARCHIVE_MARKERS = (("OFD.xml", OFD), ("word/document.xml", DOCX), ("xl/workbook.xml", XLSX))


def damaged(label: str) -> Refusal:
    """The file cannot be opened as what it claims to be."""
    return Refusal(
        "FILE_DAMAGED",
        f"文件无法打开：{label}已损坏或不完整。",
        "请用原软件打开确认后重新导出上传。",
        status=422,
    )


def dangerous(reason: str, advice: str = "请去除后重新上传。") -> Refusal:
    """The file carries something that could act by itself, or more than can be checked."""
    return Refusal("FILE_REFUSED", f"文件未被接收：{reason}。", advice, status=422)


def recognise(content: BinaryIO) -> Kind:
    """The kind of a seekable file by its first bytes; archives and old office files are looked into."""
    content.seek(0)
    head = content.read(HEAD_BYTES)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _archive_kind(content)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _old_office_kind(content)
    return PDF if b"%PDF-" in head else UNKNOWN


def _archive_kind(content: BinaryIO) -> Kind:
    try:
        with zipfile.ZipFile(content) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise damaged(ZIP.label) from None
    return next((kind for marker, kind in _ARCHIVE_MARKERS if marker in names), ZIP)


def holds_stream(content: BinaryIO, name: str) -> bool:
    """Whether an old office file (a compound file) has a part of this name near its beginning or end."""
    wanted = name.encode("utf-16-le")
    content.seek(0, 2)
    size = content.tell()
    for start in {0, max(0, size - OLE_DIRECTORY_BYTES)}:
        content.seek(start)
        if wanted in content.read(OLE_DIRECTORY_BYTES):
            return True
    return False


def _old_office_kind(content: BinaryIO) -> Kind:
    if holds_stream(content, "EncryptedPackage"):
        raise dangerous("Office 文件设有密码", "请取消密码另存后上传。")
    if holds_stream(content, "WordDocument"):
        return DOC
    return XLS if holds_stream(content, "Workbook") else UNKNOWN
