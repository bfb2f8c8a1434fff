"""What must not come in, each with a sample made here; and what a file loses on its way in."""

import io
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image
from tests.support.uploads import archive, pdf, picture

from minfang.kernel.base.errors import Refusal
from minfang.kernel.files import actions, checkroom, kinds, limits
from minfang.kernel.files.buffers import Buffer
from minfang.kernel.files.models import StoredFile

pytestmark = pytest.mark.django_db


def keep(content: bytes, *allowed: str) -> StoredFile:
    return actions.store("样本", content, owner=None, allowed=allowed, purpose="material")


def refused(content: bytes, *allowed: str) -> str:
    with pytest.raises(Refusal) as caught:
        keep(content, *allowed)
    assert not StoredFile.objects.exists()
    assert caught.value.hint
    return caught.value.message


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Other limits, in this process and in the checking process started for the test."""

    def change(**figures: dict[str, int]) -> None:
        import tomllib

        raw = tomllib.loads(limits.DEFINITION.read_text())
        for section, values in figures.items():
            raw[section] |= values
        monkeypatch.setattr(limits, "_all", lambda: raw)

    return change


def action(**entries: object) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(**entries)


@pytest.mark.parametrize(
    "catalogue",
    [
        {"OpenAction": action(S=pikepdf.Name.JavaScript, JS="app.alert(1)")},
        {"OpenAction": action(S=pikepdf.Name.Launch, F="calc.exe")},
        {"AA": action(WC=action(S=pikepdf.Name.ImportData, F="x"))},
        {"Names": action(EmbeddedFiles=action(Names=pikepdf.Array([])))},
        {"AcroForm": action(XFA="<x/>")},
        {"X": action(Y=pikepdf.Array([pikepdf.Array([action(Subtype=pikepdf.Name.FileAttachment)])]))},
    ],
)
def test_a_pdf_that_could_act_by_itself_is_refused(catalogue: dict[str, object]) -> None:
    assert "脚本、自动执行动作或附件" in refused(pdf(**catalogue), "pdf")


def test_active_content_below_any_number_of_nested_dictionaries_is_not_overlooked() -> None:
    inner = action(S=pikepdf.Name.Launch)
    for _ in range(40):
        inner = action(Next=inner)
    assert "自动执行" in refused(pdf(Deep=inner), "pdf")
    for _ in range(40):
        inner = action(Next=inner)
    assert "嵌套过深" in refused(pdf(Deep=inner), "pdf")


def test_a_script_in_an_encoded_name_and_a_compressed_object_is_found() -> None:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.Root.OpenAction = made.make_indirect(action(S=pikepdf.Name.JavaScript, JS="1"))
        made.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert b"JavaScript" not in out.getvalue()
    assert "脚本" in refused(out.getvalue(), "pdf")
    plain = pdf(OpenAction=action(S=pikepdf.Name.JavaScript, JS="1"))
    assert "脚本" in refused(plain.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/J#53"), "pdf")


@pytest.mark.parametrize("passwords", [{"owner": "a", "user": "b"}, {"owner": "a", "user": ""}])
def test_a_pdf_with_a_password_or_restrictions_is_refused(passwords: dict[str, str]) -> None:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(out, encryption=pikepdf.Encryption(**passwords))
    assert "密码" in refused(out.getvalue(), "pdf")


def test_a_truncated_pdf_is_refused_though_a_reader_could_mend_it() -> None:
    assert "损坏" in refused(pdf()[:-60], "pdf")
    assert "损坏" in refused(b"%PDF-1.7 broken", "pdf")


def test_the_pages_of_a_pdf_are_counted() -> None:
    out = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(60):
            made.add_blank_page()
        made.save(out)
    assert keep(out.getvalue(), "pdf").pages == 60


def test_more_pages_than_allowed_are_refused(limited: Callable[..., None]) -> None:
    from minfang.kernel.files import checks

    limited(content={"pdf_pages": 0})
    with pytest.raises(Refusal, match="FILE_REFUSED"):
        checks.inspect(io.BytesIO(pdf()), kinds.PDF)


def photograph() -> bytes:
    """A photograph taken with the camera on its side, with position, comment and a tail."""
    out = io.BytesIO()
    image = Image.new("RGB", (40, 20), "red")
    image.putpixel((0, 0), (0, 0, 255))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    image.save(out, "JPEG", quality=95, exif=exif, comment=b"SecretComment")
    return out.getvalue() + b"<?php SecretTail"


def test_a_photograph_comes_through_upright_and_without_what_came_with_it() -> None:
    content = photograph()
    file = keep(content, "jpg")
    kept = actions.read(file)
    assert b"Secret" in content
    assert b"Secret" not in kept
    with Image.open(io.BytesIO(kept)) as picture_kept:
        assert picture_kept.size == (20, 40)
        assert not picture_kept.getexif()
    assert file.original_size == len(content)
    assert file.original_sm3 not in ("", file.sm3)


def test_an_upright_photograph_keeps_its_quality() -> None:
    out = io.BytesIO()
    Image.effect_noise((200, 200), 80).convert("RGB").save(out, "JPEG", quality=60)
    with Image.open(io.BytesIO(out.getvalue())) as before:
        tables = before.quantization
        with Image.open(io.BytesIO(actions.read(keep(out.getvalue(), "jpg")))) as after:
            assert after.quantization == tables


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    content = bytearray(picture("PNG"))
    content[16:24] = struct.pack("!II", 30_000, 30_000)
    content[29:33] = struct.pack("!I", zlib.crc32(content[12:29]))
    assert "像素过大" in refused(bytes(content), "png")


def test_a_vector_drawing_named_like_a_picture_is_no_picture() -> None:
    assert "无法识别" in refused(b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "png", "jpg")


WORD = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}


@pytest.mark.parametrize(
    ("members", "allowed", "reason"),
    [
        ({"a": b"\0" * 60_000_000}, "zip", "压缩比异常"),
        ({f"{n}": b"" for n in range(5001)}, "zip", "文件过多"),
        ({"OFD.xml": b"<x/>", "p.bin": b"\0" * 60_000_000}, "ofd", "压缩比异常"),
        ({"a.zip": archive({"b.zip": archive({"c": b"1"})})}, "zip", "层数过多"),
        (WORD | {"e.zip": archive({"b.zip": archive({"c": b"1"})})}, "docx", "层数过多"),
        ({"../../etc/passwd": b"1"}, "zip", "路径异常"),
        ({"安装.exe": b"MZ\0\0"}, "zip", "可执行程序"),
        (WORD | {"word/vbaProject.bin": b"1"}, "docx", "宏"),
        (WORD | {"word/x.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}, "docx", "外部实体"),
        (
            WORD | {"word/_rels/settings.xml.rels": b'<R Type="attachedTemplate" TargetMode="External"/>'},
            "docx",
            "外部模板",
        ),
        ({"OFD.xml": b"\xff\xfe" + "<!DOCTYPE a>".encode("utf-16-le")}, "ofd", "外部实体"),
    ],
)
def test_an_archive_is_refused_by_what_is_in_it(members: dict[str, bytes], allowed: str, reason: str) -> None:
    assert reason in refused(archive(members), allowed)


def test_a_directory_that_lies_about_sizes_is_not_believed() -> None:
    content = archive({"a.txt": b"\0" * 30_000_000})
    lied = content.replace((30_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lied != content
    assert refused(lied, "zip")


def test_an_archive_with_a_password_is_refused() -> None:
    content = bytearray(archive({"a.txt": b"1"}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    assert "密码" in refused(bytes(content), "zip")


def compound(*streams: str) -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 600
        + b"\0\0".join(name.encode("utf-16-le") for name in streams)
    )


def test_old_word_files_are_known_and_refused_with_macros_or_a_password() -> None:
    assert keep(compound("WordDocument"), "doc").media_type == "application/msword"
    StoredFile.objects.all().delete()
    assert "宏" in refused(compound("WordDocument", "Macros", "_VBA_PROJECT"), "doc")
    assert "密码" in refused(compound("EncryptedPackage"), "docx")


def test_a_check_that_dies_or_hangs_harms_nobody() -> None:
    """The checking process is killed from outside; the next file is checked as ever."""
    room = checkroom.Checkroom()
    with Buffer.of([pdf()], 10_000_000) as content:
        assert room.look("check", content, kinds.PDF).facts == {"pages": 1}
        assert room._process is not None
        room._process.kill()
        room._process.wait()
        assert room.look("check", content, kinds.PDF).facts == {"pages": 1}
        with pytest.raises(Refusal, match="FILE_CHECK_FAILED"):
            room.look("no such work", content, kinds.PDF)
        assert room.look("check", content, kinds.PDF).facts == {"pages": 1}
    process = room._process
    room.close()
    assert process is not None
    assert process.poll() is not None


def test_the_checking_child_may_not_take_all_memory() -> None:
    code = (
        "import sys; from minfang.kernel.files import checkroom_process as c;"
        "c._bound(); sys.stdout.write('bound'); sys.stdout.flush(); x = bytearray(3_000_000_000)"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.stdout == b"bound"
    assert b"MemoryError" in done.stderr


def test_the_checking_process_ends_with_its_parent() -> None:
    import subprocess
    import sys

    code = (
        "import os, signal\n"
        "from minfang.kernel.files import checkroom, kinds\n"
        "from minfang.kernel.files.buffers import Buffer\n"
        "room = checkroom.Checkroom(); room._open(); print(room._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    pid = int(done.stdout)
    end = time.monotonic() + 10
    while time.monotonic() < end and _alive(pid):
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_clear_content_never_lies_in_a_file_while_it_is_checked() -> None:
    with Buffer.of([b"x" * 100], 1000) as content:
        assert "memfd" in os.readlink(f"/proc/self/fd/{content.fileno()}")


def test_words_beside_a_picture_in_a_zip_do_no_harm() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("图纸/一层.png", picture())
        made.writestr("说明.txt", "x")
    assert keep(out.getvalue(), "zip").extension == "zip"
