"""Number rules, their ledger, reservations and gaps (证号编码规则管理)."""

from django.http import HttpRequest
from ninja import Query, Router, Schema

from minfang.kernel.iam.access import access_of, requires
from minfang.kernel.numbering import actions as numbering
from minfang.kernel.numbering import queries as reading
from minfang.services import number_queries as queries
from minfang.services.schemas import Problem
from minfang.services.schemas.numbers import (
    LedgerOut,
    NumberRulesOut,
    ReservedOut,
    ReserveIn,
    RuleTrialIn,
    RuleTrialOut,
    RuleVersionIn,
    SeriesOut,
    VoidIn,
)

router = Router(tags=["编号管理"], auth=[requires("number.read")])
MANAGE = [requires("number.manage")]
PROBLEMS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


class LedgerAsked(Schema):
    """Which lines of the ledger."""

    code: str = ""
    state: str = ""
    q: str = ""
    page: int = 1
    size: int = 20


@router.get("/rules", response={200: NumberRulesOut, **PROBLEMS}, operation_id="list_number_rules")
def list_number_rules(request: HttpRequest, region: str = queries.CITY) -> NumberRulesOut:
    """Every rule with what it would give next in a region."""
    return queries.rules(region)


@router.post("/rules/trial", response={200: RuleTrialOut, **PROBLEMS}, operation_id="try_number_rule")
def try_number_rule(request: HttpRequest, body: RuleTrialIn) -> RuleTrialOut:
    """What is wrong with a pattern, and what it would print; nothing is taken."""
    return queries.trial(body.pattern, body.reset, body.region)


@router.post(
    "/rules", response={200: NumberRulesOut, **PROBLEMS}, auth=MANAGE, operation_id="add_number_rule"
)
def add_number_rule(request: HttpRequest, body: RuleVersionIn) -> NumberRulesOut:
    """A new version of a rule from a day on."""
    present = reading.rule_on(body.code, body.effective_from)
    numbering.add_rule(
        body.code,
        present.name,
        body.pattern,
        body.reset,
        body.effective_from,
        reason=body.reason,
        person=access_of(request).person,
    )
    return queries.rules(queries.CITY)


@router.get("/ledger", response={200: LedgerOut, **PROBLEMS}, operation_id="list_numbers")
def list_numbers(request: HttpRequest, asked: Query[LedgerAsked]) -> LedgerOut:
    """The ledger of every number given, reserved or void."""
    return queries.ledger(asked.dict())


@router.get("/gaps", response={200: list[SeriesOut], **PROBLEMS}, operation_id="list_number_gaps")
def list_number_gaps(request: HttpRequest) -> list[SeriesOut]:
    """Every series with what its ledger lacks."""
    return queries.gaps()


@router.post("/reserve", response={200: ReservedOut, **PROBLEMS}, auth=MANAGE, operation_id="reserve_numbers")
def reserve_numbers(request: HttpRequest, body: ReserveIn) -> ReservedOut:
    """Keep the next numbers for later use."""
    numbers = numbering.reserve(
        body.code,
        context=queries.context_of(body.region),
        scope=body.region,
        count=body.count,
        reason=body.reason,
        person=access_of(request).person,
    )
    return ReservedOut(numbers=numbers)


@router.post("/void", response={204: None, **PROBLEMS}, auth=MANAGE, operation_id="void_number")
def void_number(request: HttpRequest, body: VoidIn) -> tuple[int, None]:
    """Mark a reserved number as void; numbers of documents are voided with their document."""
    numbering.release(body.number, body.reason, person=access_of(request).person)
    return 204, None
