"""What a file is, told by its content and never by its name."""

import io
import zipfile
from dataclasses import dataclass

import pikepdf
from PIL import Image

from minfang.kernel.base.errors import Refusal

MAX_PIXELS = 120_000_000
MAX_ARCHIVE_ENTRIES = 5_000
MAX_ARCHIVE_BYTES = 1_000_000_000
MAX_ARCHIVE_RATIO = 200


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
EXE = Kind("exe", "application/x-msdownload", "可执行程序")
UNKNOWN = Kind("", "application/octet-stream", "无法识别的文件")

_SIGNATURES = [
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"MZ", EXE),
    (b"\x7fELF", EXE),
]
_FORBIDDEN_PDF_KEYS = {"/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/RichMedia"}


def damaged(label: str) -> Refusal:
    """The file cannot be opened as what it claims to be."""
    return Refusal(
        "FILE_DAMAGED",
        f"文件无法打开：{label}已损坏或不完整。",
        "请用原软件打开确认后重新导出上传。",
        status=422,
    )


def dangerous(reason: str) -> Refusal:
    """The file carries something that could act by itself."""
    return Refusal("FILE_REFUSED", f"文件未被接收：{reason}。", "请去除后重新上传。", status=422)


def recognise(content: bytes) -> Kind:
    """The kind of a file by its first bytes; archives are looked into."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature) or (kind is PDF and signature in content[:1024]):
            return kind
    if content[:4] == b"AC10":
        return DWG
    if content[:4] == b"PK\x03\x04":
        return _archive_kind(content)
    return UNKNOWN


def _archive_kind(content: bytes) -> Kind:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise damaged(ZIP.label) from None
    for marker, kind in (("OFD.xml", OFD), ("word/document.xml", DOCX), ("xl/workbook.xml", XLSX)):
        if marker in names:
            return kind
    return ZIP


def inspect(content: bytes, kind: Kind) -> None:
    """Refuse files that are damaged, encrypted, scripted or made to explode."""
    if kind is PDF:
        _inspect_pdf(content)
    elif kind in (JPG, PNG):
        _inspect_picture(content, kind)
    elif kind in (ZIP, OFD, DOCX, XLSX):
        _inspect_archive(content)


def _inspect_pdf(content: bytes) -> None:
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise dangerous("PDF 设有密码")
            for item in pdf.objects:
                _walk(item, 0)
    except pikepdf.PasswordError:
        raise dangerous("PDF 设有密码") from None
    except pikepdf.PdfError:
        raise damaged(PDF.label) from None


def _walk(item: object, depth: int) -> None:
    """Look for active content, also in dictionaries that stand directly inside others."""
    if depth > 12:
        return
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key in item.keys():  # noqa: SIM118 - a pikepdf dictionary does not iterate over its keys
            if key in _FORBIDDEN_PDF_KEYS:
                raise dangerous("PDF 内含脚本、自动执行动作或附件")
            value = item.get(key)
            if not getattr(value, "is_indirect", False):
                _walk(value, depth + 1)
    elif isinstance(item, pikepdf.Array):
        for value in item:
            if not getattr(value, "is_indirect", False):
                _walk(value, depth + 1)


def _inspect_picture(content: bytes, kind: Kind) -> None:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise dangerous("图片像素过大（超过 1.2 亿）")
            picture.load()
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise dangerous("图片像素过大（超过 1.2 亿）") from None
    except Exception:
        raise damaged(kind.label) from None


def _inspect_archive(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        total = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ARCHIVE_ENTRIES or total > MAX_ARCHIVE_BYTES:
        raise dangerous("压缩包内文件过多或解压后过大")
    if total > 10_000_000 and total > MAX_ARCHIVE_RATIO * len(content):
        raise dangerous("压缩包压缩比异常")


def clean_picture(content: bytes, kind: Kind) -> bytes:
    """Encode a picture anew, which drops whatever was appended to it; other kinds pass unchanged."""
    if kind not in (JPG, PNG):
        return content
    with Image.open(io.BytesIO(content)) as picture:
        out = io.BytesIO()
        if kind is JPG:
            picture.convert("RGB").save(out, "JPEG", quality=92)
        else:
            picture.save(out, "PNG")
    return out.getvalue()
