"""Files: told by content, checked, encrypted on disk, gone when refused."""

import io
import zipfile
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings
from django.test import override_settings
from PIL import Image
from tests.support.uploads import large_pdf

from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto.local import Tampered
from minfang.kernel.files import actions, storage
from minfang.kernel.files.models import StoredFile

pytestmark = pytest.mark.django_db


def pdf(**keys: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        for name, value in keys.items():
            made.Root[f"/{name}"] = value
        made.save(out)
    return out.getvalue()


def picture(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "blue").save(out, kind)
    return out.getvalue()


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def keep(name: str, content: bytes, *allowed: str) -> StoredFile:
    return actions.store(name, content, owner=None, allowed=allowed, purpose="test")


def refused(content: bytes, *allowed: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        keep("x.pdf", content, *allowed)
    assert not StoredFile.objects.exists()
    return caught.value


def test_what_was_stored_comes_back_and_lies_encrypted_on_disk() -> None:
    content = pdf()
    file = keep("../../etc/图纸 一.PDF", content, "pdf")
    assert file.name == "图纸 一.pdf"
    assert actions.read(file) == content
    raw = storage.path_of(file.id).read_bytes()
    assert b"%PDF" not in raw


def test_a_changed_byte_on_disk_is_noticed() -> None:
    file = keep("x.pdf", pdf(), "pdf")
    path = storage.path_of(file.id)
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1
    path.write_bytes(raw)
    with pytest.raises(Tampered):
        actions.read(file)


def test_large_files_pass_through_in_pieces() -> None:
    content = b"".join(large_pdf(3 * storage.PIECE_BYTES + 1))
    file = keep("x.pdf", content, "pdf")
    assert len(list(storage.pieces(file.id, file.key()))) == 4


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (picture("PNG"), "png"),
        (picture("JPEG"), "jpg"),
        (archive(OFD_xml=b"<OFD/>"), "ofd"),
        (archive(word__document_xml=b"<w/>"), "docx"),
        (archive(xl__workbook_xml=b"<x/>"), "xlsx"),
        (archive(a=b"1"), "zip"),
        (b"AC1032" + b"\0" * 200, "dwg"),
    ],
)
def test_kinds_are_told_by_content_whatever_the_name(content: bytes, extension: str) -> None:
    assert keep("名字.exe", content, extension).name == f"名字.{extension}"


def test_scripts_launch_actions_and_attachments_in_a_pdf_are_refused_wherever_they_hide() -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    assert refused(pdf(OpenAction=action), "pdf").code == "FILE_REFUSED"
    nested = pikepdf.Dictionary(Deep=pikepdf.Array([pikepdf.Dictionary(Launch="x")]))
    assert refused(pdf(Custom=nested), "pdf").code == "FILE_REFUSED"


def test_an_encrypted_pdf_is_refused_with_the_reason() -> None:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    assert "密码" in refused(out.getvalue(), "pdf").message


def test_an_archive_made_to_explode_is_refused() -> None:
    assert refused(archive(bomb=b"\0" * 60_000_000), "zip").code == "FILE_REFUSED"


def test_a_truncated_picture_is_refused_and_a_tail_behind_a_picture_is_dropped() -> None:
    assert refused(picture("JPEG")[:200], "jpg").code == "FILE_DAMAGED"
    file = keep("x.png", picture() + b"<?php system($_GET[0]); ?>", "png")
    assert b"php" not in actions.read(file)


@override_settings(MAX_UPLOAD_BYTES=1000)
def test_too_large_and_empty_files_are_refused() -> None:
    assert refused(b"%PDF-" + b"x" * 2000, "pdf").status == 413
    assert refused(b"", "pdf").code == "FILE_EMPTY"


def test_a_full_disk_leaves_neither_row_nor_half_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    told: list[str] = []
    monkeypatch.setattr(storage, "raise_alarm", lambda kind, **_: told.append(kind))
    assert refused(pdf(), "pdf").status == 507
    assert told == ["files.storage_full"]
    assert [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()] == []
