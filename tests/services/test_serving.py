"""Files as they are handed out: to whom, with which headers, in parts, as previews; always in the trail."""

import base64
import io
import re
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from tests.services.conftest import User
from tests.support.uploads import pdf, picture

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.files import previews, storage
from minfang.kernel.files.models import ScanState, StoredFile
from minfang.services.models import CaseMaterial

PDF_LINE, PICTURE_LINE = "M4-03", "M4-08"


@pytest.fixture
def applicant(user: Callable[[str], User]) -> User:
    return user("gu.shuyan")


@pytest.fixture
def case_id(applicant: User) -> int:
    found: int = applicant.post("/portal/cases", {"matter": "BASEMENT_SYNC", "again": True})["id"]
    return found


def hand_in(someone: User, case_id: int, content: bytes, line: str = PDF_LINE) -> str:
    path = f"/portal/cases/{case_id}/materials/{line}"
    file_id: str = someone.upload(path, "图.pdf", content)["file"]["id"]
    return file_id


def get(someone: User, path: str, **headers: str) -> Any:
    return someone.http.get(f"/api{path}", headers=headers)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.django_db
def test_parts_of_a_file_are_served_as_asked_for(applicant: User, case_id: int) -> None:
    content = pdf()
    file_id, size = hand_in(applicant, case_id, content), len(content)
    whole = get(applicant, f"/files/{file_id}")
    assert body(whole) == content
    assert whole["Accept-Ranges"] == "bytes"
    for asked, start, stop in (
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, size),
        ("bytes=-20", size - 20, size),
        (f"bytes={size - 1}-999999", size - 1, size),
    ):
        part = get(applicant, f"/files/{file_id}", Range=asked)
        assert (part.status_code, body(part)) == (206, content[start:stop]), asked
        assert part["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert part["Content-Length"] == str(stop - start)
    beyond = get(applicant, f"/files/{file_id}", Range=f"bytes={size}-")
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{size}")
    for asked in ("bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"):
        assert get(applicant, f"/files/{file_id}", Range=asked).status_code == 200
    changed = {"Range": "bytes=0-9", "If-Range": '"another"'}
    assert get(applicant, f"/files/{file_id}", **changed).status_code == 200
    same = {"Range": "bytes=0-9", "If-Range": whole["ETag"]}
    assert get(applicant, f"/files/{file_id}", **same).status_code == 206


@pytest.mark.django_db
def test_part_of_a_file_of_several_pieces_is_read_from_the_middle(applicant: User, case_id: int) -> None:
    from tests.support.uploads import large_pdf

    content = b"".join(large_pdf(3 * storage.PIECE_BYTES + 17))
    file_id = hand_in(applicant, case_id, content)
    for start, stop in (
        (storage.PIECE_BYTES - 5, storage.PIECE_BYTES + 5),
        (2 * storage.PIECE_BYTES, len(content)),
    ):
        part = get(applicant, f"/files/{file_id}", Range=f"bytes={start}-{stop - 1}")
        assert body(part) == content[start:stop]


@pytest.mark.django_db
def test_every_reading_is_in_the_trail_and_no_answer_may_act(applicant: User, case_id: int) -> None:
    file_id = hand_in(applicant, case_id, pdf())
    for path, how in (("", "inline"), ("?download=true", "attachment")):
        before = AuditEvent.objects.filter(action="files.read").count()
        answer = get(applicant, f"/files/{file_id}{path}")
        assert AuditEvent.objects.filter(action="files.read").count() == before + 1
        assert answer["Content-Disposition"].startswith(f"{how}; filename*=UTF-8''")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, no-store"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "script-src" not in answer["Content-Security-Policy"]
        assert ("sandbox" in answer["Content-Security-Policy"]) == (how == "attachment")


@pytest.mark.django_db
def test_files_and_previews_of_others_do_not_exist(
    applicant: User, case_id: int, user: Callable[[str], User]
) -> None:
    file_id = hand_in(applicant, case_id, pdf())
    for name in ("zhou.mingyu", "pt.he.wen", "huang.siqi", "sys.admin", "audit.admin"):
        for path in (f"/files/{file_id}", f"/files/{file_id}?download=true", f"/files/{file_id}/preview"):
            answer = get(user(name), path)
            assert answer.status_code in (403, 404), (name, path)
            assert b"PDF" not in body(answer)
    nobody = User("gu.shuyan")
    nobody.http.logout()
    assert get(nobody, f"/files/{file_id}").status_code == 401


def word(text: str = "第一条 民防工程", extra: str = "", relations: str = "", media: bytes = b"") -> bytes:
    """A Word file made by hand."""
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    names += 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        made.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        made.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{package}">{relations.replace("OFFICE", office)}</Relationships>',
        )
        made.writestr(
            "word/document.xml",
            f"<w:document {names}><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
            f"{extra}</w:body></w:document>",
        )
    return out.getvalue()


def as_material(someone: User, case_id: int, content: bytes, extension: str) -> str:
    """A file of a kind no line of this matter takes, put there as another matter's would be."""
    from minfang.kernel.base import clock
    from minfang.kernel.files import actions

    file = actions.store("说明", content, owner=someone.person, allowed=[extension], purpose="material")
    CaseMaterial.objects.create(case_id=case_id, code=PDF_LINE, round=1, file=file, added_at=clock.now())
    return str(file.pk)


LINK = '<w:p><w:hyperlink r:id="x"><w:r><w:t>点我</w:t></w:r></w:hyperlink></w:p>'
TARGET = '<Relationship Id="x" Type="OFFICE/hyperlink" Target="javascript:alert(1)" TargetMode="External"/>'


@pytest.mark.django_db
def test_a_word_file_is_shown_as_a_page_that_can_do_nothing(applicant: User, case_id: int) -> None:
    content = word("&lt;script&gt;alert(1)&lt;/script&gt;民防", LINK, TARGET)
    file_id = as_material(applicant, case_id, content, "docx")
    answer = get(applicant, f"/files/{file_id}/preview")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "民防" in page
    assert "点我" in page
    assert "<script" not in page
    assert "javascript:" not in page
    policy = answer["Content-Security-Policy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy
    style = base64.b64encode(sha256(previews.STYLE.encode()).digest()).decode()
    assert f"style-src 'sha256-{style}'" in policy
    assert f"<style>{previews.STYLE}</style>" in page
    assert AuditEvent.objects.filter(action="files.preview").count() == 1
    kept = list((storage.root() / "previews").iterdir())
    assert len(kept) == 1
    assert "民防".encode() not in kept[0].read_bytes()
    assert get(applicant, f"/files/{file_id}/preview").content == answer.content


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<svg><script>alert(1)</script></svg>",
        '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
        "<iframe src=//evil></iframe><style>*{}</style>",
        '<p style="background:url(//evil)" onclick=a()>x</p>',
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        '<td colspan="2 onclick=a()">x</td>',
        "<!--><img src=x onerror=a()>-->",
        "<math><mtext><img src=x onerror=a()></mtext></math>",
    ],
)
def test_nothing_that_acts_or_fetches_comes_through_the_sieve(hostile: str) -> None:
    from minfang.kernel.files.preview import plain

    made = plain(f"<p>前</p>{hostile}<p>后</p>").lower()
    tags = "".join(re.findall(r"<[^>]*>", made))
    for bad in ("script", "onerror", "onclick", "evil", "svg", "style", "href", "iframe", "math"):
        assert bad not in tags
    assert "前" in made


@pytest.mark.django_db
def test_a_word_file_that_cannot_be_shown_and_other_kinds_say_so(applicant: User, case_id: int) -> None:
    broken = as_material(applicant, case_id, word("x</w:t>"), "docx")
    answer = get(applicant, f"/files/{broken}/preview")
    assert answer.status_code == 422
    assert "无法打开" in answer.content.decode()
    file_id = hand_in(applicant, case_id, pdf())
    answer = get(applicant, f"/files/{file_id}/preview")
    assert (answer.status_code, "请下载" in answer.content.decode()) == (409, True)


@pytest.mark.django_db
def test_an_infected_file_is_handed_to_nobody(applicant: User, case_id: int) -> None:
    file_id = hand_in(applicant, case_id, pdf())
    StoredFile.objects.update(scan_state=ScanState.INFECTED)
    for path in (f"/files/{file_id}", f"/files/{file_id}/preview"):
        answer = get(applicant, path)
        assert (answer.status_code, answer.json()["code"]) == (409, "FILE_QUARANTINED")


@pytest.mark.django_db
def test_a_picture_is_shown_in_the_page_and_closed_off(applicant: User, case_id: int) -> None:
    file_id = as_material(applicant, case_id, picture(), "png")
    answer = get(applicant, f"/files/{file_id}")
    assert answer["Content-Type"] == "image/png"
    assert "sandbox" in answer["Content-Security-Policy"]
