"""What anyone may read: matters and their guides, verification of documents, a trial calculation."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.iam.access import requires
from minfang.services import queries
from minfang.services.schemas import (
    AreaTrialIn,
    Calculation,
    FormOut,
    GuideOut,
    MatterCard,
    Problem,
    VerificationOut,
)

router = Router(tags=["公开"], auth=None)
PROBLEMS = {400: Problem, 404: Problem, 422: Problem}


@router.get("/matters", response=list[MatterCard], auth=[requires("public")], operation_id="list_matters")
def list_matters(request: HttpRequest) -> list[MatterCard]:
    """The ten matters; ``online`` says which may be applied for here."""
    return queries.matter_cards()


@router.get(
    "/matters/{code}",
    response={200: GuideOut, **PROBLEMS},
    auth=[requires("public")],
    operation_id="get_guide",
)
def get_guide(request: HttpRequest, code: str) -> GuideOut:
    """The guide of one matter."""
    return queries.guide(code)


@router.get(
    "/forms/{code}/{version}",
    response={200: FormOut, **PROBLEMS},
    auth=[requires("public")],
    operation_id="get_form",
)
def get_form(request: HttpRequest, code: str, version: int) -> FormOut:
    """A published form definition."""
    return queries.form_definition(code, version)


@router.get(
    "/verify/{code}", response=VerificationOut, auth=[requires("public")], operation_id="verify_document"
)
def verify_document(request: HttpRequest, code: str) -> VerificationOut:
    """Whether a document with this verification code is genuine and in force."""
    return queries.verification(code)


@router.post(
    "/required-area",
    response={200: Calculation, **PROBLEMS},
    auth=[requires("public")],
    operation_id="try_area",
)
def try_area(request: HttpRequest, body: AreaTrialIn) -> Calculation:
    """Required shelter area of some land uses, line by line (沪国动规〔2025〕4号 附表1)."""
    return queries.trial_area(body.land_use, body.build_nature)
