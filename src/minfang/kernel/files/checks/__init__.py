"""Look into a file for what must not come in. Runs where hostile files do no harm (see ``checkroom``)."""

from typing import BinaryIO

from minfang.kernel.files import kinds
from minfang.kernel.files.checks import archives, office, pdf, pictures


def inspect(content: BinaryIO, kind: kinds.Kind) -> dict[str, int]:
    """Refuse what is damaged, encrypted, scripted or made to explode; returns facts such as ``pages``."""
    content.seek(0)
    if kind is kinds.PDF:
        return {"pages": pdf.inspect(content)}
    if kind in (kinds.JPG, kinds.PNG):
        pictures.inspect(content, kind)
    elif kind in kinds.ARCHIVES:
        archives.inspect(content, kind)
    elif kind in kinds.OLD_OFFICE:
        office.inspect(content)
    return {}


def clean(content: BinaryIO, kind: kinds.Kind, out: BinaryIO) -> bool:
    """Write a picture anew to ``out``; other kinds stay as they are (``False``)."""
    if kind not in (kinds.JPG, kinds.PNG):
        return False
    pictures.encode_anew(content, kind, out)
    return True
