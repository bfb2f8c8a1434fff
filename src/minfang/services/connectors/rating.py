"""好差评: pass on the applicant's judgement of one service (handbook §6.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minfang.kernel.exchange.actions import enqueue
from minfang.kernel.exchange.connectors import Connector, Delivery
from minfang.kernel.exchange.models import OutboxMessage
from minfang.services.connectors.case_repository import CaseFacts
from minfang.services.connectors.outside import call, case_number, definition, look_up_numbers, moment_text

CODE, DATASET = "rating", "rating"


@dataclass(frozen=True)
class RatingFacts:
    """One rating. ``satisfaction`` is GB/T 39046: 1 best … 5 worst; ``number`` counts the case's services."""

    number: int
    satisfaction: int
    text: str
    tags: tuple[str, ...]
    rated_at: datetime
    served_at: datetime
    state_code: str
    state_name: str
    region_name: str
    judged_people: tuple[str, ...] = ()


class Ratings(Connector):
    """The city's rating platform."""

    code = CODE
    name = "好差评"

    def prepare(self, messages: Sequence[OutboxMessage]) -> None:
        """The numbers of the cases, asked for once."""
        look_up_numbers(messages)

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Push one rating with satisfaction as this platform counts it."""
        record = {**message.payload, "projNo": case_number(message)}
        record["satisfaction"] = platform_satisfaction(int(record["satisfaction"]))
        answer = call(CODE, "/rating", body=record, key=message.key)
        return Delivery({"message": answer.body.get("message", "")}, answer.exchanged)


def platform_satisfaction(value: int) -> int:
    """Our 1 (best) … 5 (worst) as the platform counts; platforms differ, so the map is data."""
    return int(definition()[CODE]["satisfaction_direction"][str(value)])


def record_of(case: CaseFacts, facts: RatingFacts) -> dict[str, Any]:
    """The rating's data set, satisfaction still in our own direction."""
    rules, applicant, item = definition()[CODE], case.applicant, case.item
    return {
        "projName": f"关于{applicant.name}的{item.name}",
        "serviceName": item.name,
        "serviceCode": item.item_code,
        "serviceVersion": item.version,
        "serviceDepartment": case.office.name,
        "serviceDepartmentCode": case.office.uscc,
        "applicantName": applicant.contact_name,
        "applyTime": moment_text(case.applied_at),
        "applicantCardNumber": applicant.contact_id_no,
        "applicantPhone": applicant.contact_mobile,
        "handleStateCode": facts.state_code,
        "handleStateName": facts.state_name,
        "regionCode": case.office.region,
        "regionName": facts.region_name,
        "source": rules["source"],
        "serviceCategory": item.item_type,
        "infoTypeName": item.name,
        "userProp": applicant.kind,
        "userPageType": applicant.contact_id_type,
        "transactionTime": moment_text(facts.served_at),
        "evaluatedPersonInfo": list(facts.judged_people),
        "evaluateChannel": rules["channel"],
        "serviceNumber": facts.number,
        "satisfaction": facts.satisfaction,
        "evaluation": facts.text,
        "tags": list(facts.tags),
        "evaluateTime": moment_text(facts.rated_at),
    }


def push(case: CaseFacts, facts: RatingFacts) -> OutboxMessage:
    """Write down a rating to be passed on; one service is rated once."""
    return enqueue(
        CODE,
        DATASET,
        subject=case.subject,
        payload=record_of(case, facts),
        key=f"rating:{case.internal_no}:{facts.number}",
    )
