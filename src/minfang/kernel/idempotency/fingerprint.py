"""Recognising a call: who makes it, and a keyed digest of what it asks."""

from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from minfang.kernel.crypto import local
from minfang.kernel.idempotency import rules

MULTIPART = "multipart/form-data"


def owner_of(request: HttpRequest) -> str:
    """The person, or the browser of somebody who has not signed in; empty when it cannot be told."""
    if request.user.is_authenticated:
        return f"person:{request.user.pk}"
    session = request.session.session_key or ""
    visitor = session or request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    return "visitor:" + local.sm3(visitor.encode()).hex() if visitor else ""


def fingerprint_of(request: HttpRequest) -> str | None:
    """HMAC-SM3 over method, address and body; ``None`` for a body too large to be compared.

    Forms with files are digested file by file in pieces: no upload is ever held in memory for this.
    """
    digest = hashes.Hash(hashes.SM3())
    for part in (request.method or "", request.get_full_path(), request.content_type or ""):
        digest.update(_framed(part.encode()))
    if request.content_type == MULTIPART:
        if request.method != "POST":
            return None
        for piece in _form(request):
            digest.update(piece)
    elif int(request.META.get("CONTENT_LENGTH") or 0) > rules.current().longest_body:
        return None
    else:
        digest.update(_framed(request.body))
    return local.hmac_sm3(local.purpose_key("idempotency"), digest.finalize()).hex()


def _framed(content: bytes) -> bytes:
    """The content with its length before it, so that two parts cannot be read as two others."""
    return len(content).to_bytes(8, "big") + content


def _form(request: HttpRequest) -> Iterator[bytes]:
    for name, values in sorted(request.POST.lists()):
        for text in (name, *map(str, values)):
            yield _framed(text.encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            yield _framed(name.encode()) + _framed(str(file.name).encode())
            yield _framed(_digest(file))


def _digest(file: UploadedFile) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    chunks: Iterable[bytes] = file.chunks()
    for chunk in chunks:
        digest.update(chunk)
    file.seek(0)
    return digest.finalize()
