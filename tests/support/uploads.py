"""Files to hand in: small, large and hostile ones, made where they are needed."""

import io
import zipfile
from collections.abc import Iterator

import pikepdf
from PIL import Image

PIECE = 1024 * 1024


def pdf(**keys: object) -> bytes:
    """A page, and whatever is to stand in the document's catalogue."""
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        for name, value in keys.items():
            made.Root[f"/{name}"] = value
        made.save(out)
    return out.getvalue()


def large_pdf(size: int) -> Iterator[bytes]:
    """A sound PDF of exactly ``size`` bytes, in pieces: one page and one long stream."""
    head = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>>>",
        ),
        1,
    ):
        places.append(len(head))
        head += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    places.append(len(head))
    tail_bytes = 400
    filler = size - len(head) - tail_bytes - 60
    head += b"4 0 obj\n<</Length %010d>>\nstream\n" % filler
    yield head
    left, block = filler, bytes(range(256)) * (PIECE // 256)
    while left > 0:
        yield block[: min(left, PIECE)]
        left -= PIECE
    tail = b"\nendstream\nendobj\n"
    start = len(head) + filler + len(tail)
    tail += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    tail += b"trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    yield tail + b" " * (size - len(head) - filler - len(tail))


def picture(kind: str = "PNG", size: tuple[int, int] = (30, 20)) -> bytes:
    """A blue rectangle."""
    out = io.BytesIO()
    Image.new("RGB", size, "blue").save(out, kind)
    return out.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    """A zip file of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()
