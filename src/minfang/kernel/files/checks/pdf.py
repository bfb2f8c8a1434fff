"""PDF: no password, no script, no action that starts something, no attachment, not damaged, not endless."""

from typing import BinaryIO

import pikepdf

from minfang.kernel.files.kinds import PDF, damaged, dangerous
from minfang.kernel.files.limits import limit

_KEYS = frozenset({"/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA"})
_VALUES = {
    "/S": frozenset({"/JavaScript", "/Launch", "/ImportData", "/GoToE", "/Rendition", "/Movie", "/Sound"}),
    "/Subtype": frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/3D"}),
}
_ACTIVE = "PDF 内含脚本、自动执行动作或附件"
_ADVICE = "请用“打印为 PDF”重新生成后上传。"
_REBUILT = ("file is damaged", "reconstruct")


def inspect(content: BinaryIO) -> int:
    """The number of pages; refuses by what the file holds."""
    try:
        with pikepdf.open(content) as document:
            return _inspect(document)
    except pikepdf.PasswordError:
        raise _locked() from None
    except (pikepdf.PdfError, RecursionError, ValueError, TypeError):
        raise damaged(PDF.label) from None


def _locked() -> Exception:
    return dangerous("PDF 设有密码或使用限制", "请取消密码和权限限制，另存后上传。")


def _inspect(document: pikepdf.Pdf) -> int:
    if document.is_encrypted:
        raise _locked()
    for item in document.objects:
        _walk(item, 0)
    pages = len(document.pages)
    told = " ".join(str(warning).lower() for warning in document.get_warnings())
    if pages == 0 or any(word in told for word in _REBUILT):
        raise damaged(PDF.label)
    most = limit("content", "pdf_pages")
    if pages > most:
        raise dangerous(f"PDF 有 {pages} 页，超过 {most} 页", "请分册后上传。")
    return pages


def _walk(item: object, depth: int) -> None:
    """Look for active content, also in dictionaries that stand directly inside others."""
    if depth > limit("content", "pdf_nesting"):
        raise dangerous("PDF 结构异常（嵌套过深）", _ADVICE)
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key in item.keys():  # noqa: SIM118 - a pikepdf dictionary does not iterate over its keys
            value = item.get(key)
            if key in _KEYS or (key in _VALUES and _is_name_of(value, _VALUES[key])):
                raise dangerous(_ACTIVE, _ADVICE)
            _descend(value, depth)
    elif isinstance(item, pikepdf.Array):
        for value in item:
            _descend(value, depth)


def _is_name_of(value: object, names: frozenset[str]) -> bool:
    return isinstance(value, pikepdf.Name) and str(value) in names


def _descend(value: object, depth: int) -> None:
    """Referred objects come by themselves; only what stands directly inside is followed."""
    if isinstance(value, pikepdf.Object) and not value.is_indirect:
        _walk(value, depth + 1)
