"""A draft that is thrown away takes its files with it, and no file of anybody else."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.services.conftest import User
from tests.services.test_uploads import attach, begin, put, send
from tests.support.uploads import pdf as another_pdf

from minfang.kernel.base import clock
from minfang.kernel.files import storage
from minfang.kernel.files.models import StoredFile, Upload
from minfang.services.models import ApplicationSignature, Case, CaseMaterial

pytestmark = pytest.mark.django_db


@pytest.fixture
def applicant(user: Callable[[str], User]) -> User:
    return user("gu.shuyan")


def draft(applicant: User) -> int:
    found: int = applicant.post("/portal/cases", {"matter": "BASEMENT_SYNC", "again": True})["id"]
    return found


def hand_in(applicant: User, case_id: int) -> str:
    upload_id = send(applicant, case_id, another_pdf())
    applicant.post(f"/uploads/{upload_id}/finish")
    file_id: str = attach(applicant, case_id, upload_id)["file"]["id"]
    return file_id


def on_disk() -> set[str]:
    return {path.name for path in storage.root().rglob("*") if path.is_file()}


def test_materials_signed_forms_and_unfinished_uploads_go_with_the_draft(
    applicant: User, pdf: bytes, django_capture_on_commit_callbacks: Any
) -> None:
    case_id, other = draft(applicant), draft(applicant)
    hand_in(applicant, case_id)
    applicant.upload(f"/portal/cases/{case_id}/materials/M4-03", "图.pdf", pdf)
    begun = begin(applicant, case_id, 9999)["id"]
    put(applicant, begun, 0, b"x" * 100)
    form = applicant.upload(f"/portal/cases/{other}/materials/M4-03", "表.pdf", pdf)["file"]["id"]
    CaseMaterial.objects.filter(file_id=form).delete()
    now = clock.now()
    ApplicationSignature.objects.create(
        case_id=case_id, round=1, state_token="t", digest="", content_digest="", draft_id=form, started_at=now
    )
    kept = hand_in(applicant, other)
    with django_capture_on_commit_callbacks(execute=True):
        applicant.call("DELETE", f"/portal/cases/{case_id}", status=204)
    assert [str(file.pk) for file in StoredFile.objects.all()] == [kept]
    assert on_disk() == {kept.replace("-", "")}
    assert [str(upload.pk) for upload in Upload.objects.all()] == [kept]


def test_a_file_something_else_refers_to_stays(
    applicant: User, django_capture_on_commit_callbacks: Any
) -> None:
    case_id, other = draft(applicant), draft(applicant)
    file_id = hand_in(applicant, case_id)
    CaseMaterial.objects.create(case_id=other, code="M4-03", round=1, file_id=file_id, added_at=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        applicant.call("DELETE", f"/portal/cases/{case_id}", status=204)
    assert not Case.objects.filter(pk=case_id).exists()
    assert on_disk() == {file_id.replace("-", "")}
    assert applicant.http.get(f"/api/files/{file_id}").status_code == 200
