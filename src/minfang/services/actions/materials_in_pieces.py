"""Materials too large for one request: judged before a byte is sent, handed in when the last has come."""

from uuid import UUID

from minfang.kernel.base.errors import Refusal
from minfang.kernel.files.actions import uploads
from minfang.kernel.files.limits import limit
from minfang.kernel.files.models import Upload, UploadState
from minfang.kernel.iam.access import Access
from minfang.services.access import own_case
from minfang.services.actions import materials
from minfang.services.models import Case, CaseMaterial
from minfang.services.presenting import file_out
from minfang.services.schemas import MaterialOut
from minfang.services.schemas.uploads import UploadOut, UploadProblem

PURPOSE = "material"
MEBIBYTE = 1024 * 1024


def _subject(case: Case, code: str) -> str:
    return f"case:{case.pk}/{code}"


def upload_out(upload: Upload) -> UploadOut:
    """An upload as the page that sends it sees it."""
    refusal = upload.refusal or {}
    problem = None
    if upload.state in (UploadState.REFUSED, UploadState.WAITING_SCAN):
        problem = UploadProblem(
            code=refusal.get("code", "SCAN_PENDING"),
            message=refusal.get("message", ""),
            hint=refusal.get("hint", "扫描服务恢复后自动完成，无需重新上传。"),
        )
    return UploadOut(
        id=upload.pk,
        code=upload.subject.rpartition("/")[2],
        name=upload.name,
        size=upload.size,
        received=upload.received,
        piece=limit("upload", "chunk_mb") * MEBIBYTE,
        state=upload.state,
        state_label=UploadState(upload.state).label,
        problem=problem,
        file=file_out(upload.file),
    )


def begin(access: Access, case_id: int, code: str, name: str, size: int, modified: int) -> UploadOut:
    """Whether this file may come in here at all, and where to go on if part of it has."""
    case, line = materials.place_for(access, case_id, code, size)
    wanted = uploads.Wanted(name, size, _subject(case, code), PURPOSE, line["formats"], str(modified))
    return upload_out(uploads.begin(access.person, wanted))


def add(access: Access, upload_id: UUID, offset: int, content: bytes) -> UploadOut:
    """The next piece."""
    return upload_out(uploads.add(access.person, upload_id, offset, content))


def of_case(access: Access, case_id: int) -> list[UploadOut]:
    """What was begun for this application and has not been handed in yet."""
    case = own_case(access, case_id)
    found = uploads.unsettled(access.person, _subject(case, ""))
    attached = set(CaseMaterial.objects.filter(case=case).values_list("file_id", flat=True))
    return [upload_out(upload) for upload in found if upload.file_id not in attached or not upload.file_id]


def look(access: Access, upload_id: UUID) -> UploadOut:
    """Where the upload stands."""
    return upload_out(uploads.find(access.person, upload_id))


def finish(access: Access, upload_id: UUID) -> UploadOut:
    """All has been sent: have it checked."""
    return upload_out(uploads.finish(access.person, upload_id))


def give_up(access: Access, upload_id: UUID) -> None:
    """The person does not want to go on."""
    uploads.give_up(access.person, upload_id)


def attach(access: Access, case_id: int, code: str, upload_id: UUID) -> MaterialOut:
    """Hand in what has been uploaded for this line; a second time gives the same material."""
    upload = uploads.find(access.person, upload_id)
    case, _ = materials.place_for(access, case_id, code, 0)
    if upload.subject != _subject(case, code):
        raise Refusal("WRONG_PLACE", "该文件是为另一项材料上传的。", "请在本项重新选择文件。", status=409)
    if upload.state != UploadState.DONE or upload.file is None:
        label = UploadState(upload.state).label
        raise Refusal("UPLOAD_STATE", f"该文件{label}，还不能提交为材料。", "请待检查完成。", status=409)
    return materials.hand_in(access, case_id, code, upload.file)
