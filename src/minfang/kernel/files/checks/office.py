"""Old office files (compound files): macros are refused, the rest cannot be looked into."""

from typing import BinaryIO

from minfang.kernel.files.kinds import dangerous, holds_stream

MACRO_PARTS = ("_VBA_PROJECT", "Macros")


def inspect(content: BinaryIO) -> None:
    """Refuse a file that carries macros."""
    if any(holds_stream(content, part) for part in MACRO_PARTS):
        raise dangerous("文件内含宏", "请另存为不含宏的文件（docx、xlsx 或 PDF）后上传。")
