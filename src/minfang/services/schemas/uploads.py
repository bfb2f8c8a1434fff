"""Files in pieces, as the uploading page sends and sees them."""

from uuid import UUID

from minfang.services.schemas.common import FileOut, Schema


class UploadIn(Schema):
    """A file somebody wants to hand in for one line of the checklist of their application.

    ``modified`` is when the file was changed last (milliseconds); an unfinished upload goes on with that.
    """

    name: str
    size: int
    case_id: int
    code: str
    modified: int = 0


class UploadProblem(Schema):
    """Why a finished upload was not taken."""

    code: str
    message: str
    hint: str


class UploadOut(Schema):
    """Where an upload stands: ``received`` is where the next piece begins, ``piece`` how long it may be."""

    id: UUID
    code: str
    name: str
    size: int
    received: int
    piece: int
    state: str
    state_label: str
    problem: UploadProblem | None
    file: FileOut | None


class AttachIn(Schema):
    """A finished upload to be handed in."""

    upload_id: UUID
