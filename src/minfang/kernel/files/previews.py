"""Word documents inside the page: HTML made once in the checking process, kept encrypted beside the files."""

import html
import time
from pathlib import Path

from minfang.kernel.base.errors import Refusal
from minfang.kernel.files import checkroom, kinds, queries, storage
from minfang.kernel.files.buffers import Buffer
from minfang.kernel.files.models import StoredFile

FOLDER = "previews"
VERSION = 1
STYLE = (
    "body{font:16px/1.7 'Noto Serif SC',SimSun,serif;max-width:46em;margin:0 auto;padding:24px;color:#1a1a1a}"
    "table{border-collapse:collapse;max-width:100%}td,th{border:1px solid #888;padding:4px 8px}"
    "img{max-width:100%;height:auto}"
)


def _path(file: StoredFile) -> Path:
    return storage.root() / FOLDER / f"{file.pk.hex}.{VERSION}"


def of_word(file: StoredFile) -> str:
    """A whole HTML document showing a Word file; refuses other kinds."""
    if file.extension != kinds.DOCX.extension:
        raise Refusal("NO_PREVIEW", "这种格式不能在页面内预览。", "请下载后用专用软件打开。", status=409)
    path, place = _path(file), f"preview|{file.pk.hex}"
    if not path.exists():
        with (
            Buffer.of(queries.stream(file), file.size) as content,
            checkroom.word_as_html(content, kinds.DOCX) as made,
        ):
            storage.write_sealed(path, place, made.pieces(), file.key())
    body = b"".join(storage.read_sealed(path, place, file.key())).decode()
    return _page(body)


def _page(body: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>预览</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>"
    )


def sentence(text: str) -> str:
    """The same kind of page with a sentence of ours: why there is no preview."""
    return _page(f"<p>{html.escape(text)}</p>")


def drop_old(seconds: float) -> int:
    """Forget previews made long ago; they are made again when somebody looks."""
    dropped = 0
    for path in (storage.root() / FOLDER).glob("*"):
        if time.time() - path.stat().st_mtime > seconds:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
