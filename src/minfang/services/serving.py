"""Answers that carry a file: headers that keep it from acting; parts where asked for (RFC 9110 §14)."""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from minfang.kernel.files import queries as files
from minfang.kernel.files.models import StoredFile
from minfang.kernel.files.previews import STYLE

INLINE = {"application/pdf", "image/png", "image/jpeg"}
_CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
PDF_POLICY = f"{_CLOSED}; style-src 'unsafe-inline'"  # the browser's own viewer does not run in a sandbox
PICTURE_POLICY = f"{_CLOSED}; style-src 'unsafe-inline'; img-src 'self'; sandbox"
DOWNLOAD_POLICY = f"{_CLOSED}; sandbox"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def _policy(file: StoredFile, *, inline: bool) -> str:
    if not inline:
        return DOWNLOAD_POLICY
    return PDF_POLICY if file.media_type == "application/pdf" else PICTURE_POLICY


def _dressed(response: HttpResponseBase, file: StoredFile, *, download: bool) -> HttpResponseBase:
    inline = file.media_type in INLINE and not download
    how = "inline" if inline else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(file.name)}"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = _policy(file, inline=inline)
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _tag(file: StoredFile) -> str:
    return f'"{file.sm3}"'


def wanted_part(request: HttpRequest, file: StoredFile) -> tuple[int, int] | None:
    """The bytes asked for as (from, up to); ``None`` for the whole. An empty part cannot be served (416).

    One part only; several at once, other units and a file that has changed meanwhile get the whole.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or asked[0] == "bytes=-" or request.headers.get("If-Range", _tag(file)) != _tag(file):
        return None
    first, last = asked[1], asked[2]
    if not first:
        return max(0, file.size - int(last)), file.size
    return int(first), min(int(last) + 1 if last else file.size, file.size)


def whole_or_part(request: HttpRequest, file: StoredFile, *, download: bool) -> HttpResponseBase:
    """A file with its headers. The tag names its content, so that a viewer can ask for the rest of it."""
    part = wanted_part(request, file)
    if part is not None and part[0] >= part[1]:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{file.size}"
        return _dressed(refused, file, download=download)
    start, stop = part or (0, file.size)
    response = StreamingHttpResponse(
        files.stream(file, start, stop), content_type=file.media_type, status=206 if part else 200
    )
    response["Content-Length"] = str(stop - start)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _tag(file)
    if part:
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    return _dressed(response, file, download=download)


def preview_policy() -> str:
    """For a page of ours that shows somebody's text: only its own style and the pictures within it."""
    style = b64encode(sha256(STYLE.encode()).digest()).decode()
    return f"{_CLOSED}; style-src 'sha256-{style}'; img-src data:; sandbox"


def made_now(content: Iterable[bytes], file: StoredFile, *, download: bool) -> HttpResponseBase:
    """Bytes made for this answer that stand for a file (a marked copy); never in parts."""
    response = StreamingHttpResponse(content, content_type="application/pdf")
    return _dressed(response, file, download=download)
