"""办件库: the five data sets of a case (handbook §6.3), built from plain facts, and their delivery.

Builders are pure. ``projid`` is left to the delivery: the number may not be issued yet when the event
happens, and once issued it never changes.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings

from minfang.kernel.crypto import sm2_envelope
from minfang.kernel.exchange.actions import enqueue
from minfang.kernel.exchange.connectors import Connector, Delivery, Undelivered
from minfang.kernel.exchange.models import OutboxMessage, OutboxState
from minfang.services.connectors.outside import (
    address,
    call,
    case_number,
    definition,
    look_up_numbers,
    moment_text,
)

CODE = "case_repository"
OPINION_LENGTH = 2000
Record = dict[str, Any]


class CaseRepository(Connector):
    """The city's repository of cases; messages of one case go in the order of its events."""

    code = CODE
    name = "办件库"
    lane = "case_repository"

    def prepare(self, messages: Sequence[OutboxMessage]) -> None:
        """The numbers of the cases, asked for once."""
        look_up_numbers(messages)

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Push one record under the case's number, encrypted to the platform's key."""
        record = {**message.payload, "projid": case_number(message)}
        path, body = f"/case-repository/{message.dataset}", {"data": _sealed(record)}
        try:
            answer = call(CODE, path, body=body, key=message.key, shown={"data": record})
        except Undelivered:
            _platform_key.cache_clear()
            raise
        return Delivery({"projid": record["projid"], "version": answer.body.get("version")}, answer.exchanged)


@lru_cache(maxsize=4)
def _platform_key(configured: str, url: str) -> bytes:
    """The platform's SM2 key: configured for a real one, asked of the platform in a demonstration."""
    named = configured or str(call(CODE, "/case-repository/public-key", method="GET").body["public_key"])
    return bytes.fromhex(named)


def _sealed(record: Record) -> str:
    """``SM2(publicKey, json)`` of §6.3: Base64 of the ciphertext."""
    key = _platform_key(settings.CASE_REPOSITORY_KEY, address(CODE, ""))
    plain = orjson.dumps(record)
    return base64.b64encode(sm2_envelope.encrypt(key, plain)).decode()


@dataclass(frozen=True)
class ItemFacts:
    """The matter as the city's list of items knows it."""

    item_code: str
    name: str
    catalog_code: str
    task_code: str
    task_handle_item: str
    version: str
    item_type: str


@dataclass(frozen=True)
class ApplicantFacts:
    """Who applies and who handles it for them. ``kind`` 1 natural person, 2 legal person."""

    kind: str
    name: str
    id_type: str
    id_no: str
    legal_rep: str
    contact_name: str
    contact_id_no: str
    contact_mobile: str
    address: str
    contact_id_type: str = "111"


@dataclass(frozen=True)
class OfficeFacts:
    """The deciding office; ``region`` is its 12-digit area code."""

    id: str
    name: str
    uscc: str
    region: str


@dataclass(frozen=True)
class CaseFacts:
    """What the data sets say of a case."""

    internal_no: str
    query_password: str
    item: ItemFacts
    applicant: ApplicantFacts
    office: OfficeFacts
    applied_at: datetime
    promise_days: int
    legal_days: int
    is_agent: bool = False

    @property
    def subject(self) -> str:
        """The name of the case in the kernel's rooms."""
        return f"case:{self.internal_no}"


@dataclass(frozen=True)
class MaterialFacts:
    """One material handed in. ``method`` 1 paper, 2 electronic, 3 licence repository, 4 shared, 9 other."""

    record_id: str
    code: str
    name: str
    method: str
    taken_at: datetime
    filename: str = ""
    amount: int = 1
    memo: str = ""
    usage_id: str = ""


@dataclass(frozen=True)
class ServiceFacts:
    """A step that is a service to the applicant, and may be rated."""

    name: str
    at: datetime
    number: int


@dataclass(frozen=True)
class StepFacts:
    """One finished step. ``outcome`` is the process's word for how it ended."""

    node: str
    name: str
    outcome: str
    person: str
    started_at: datetime
    ended_at: datetime
    opinion: str
    accepted_at: datetime | None = None
    promise_due: date | None = None
    service: ServiceFacts | None = None


@dataclass(frozen=True)
class SpecialFacts:
    """A special procedure begins or ends. ``kind`` 1 extension, 2 other."""

    kind: str
    begins: bool
    at: datetime
    person: str
    opinion: str
    basis: str
    result: str


@dataclass(frozen=True)
class DoneFacts:
    """The end of a case. ``result`` is 办结结果 (§5.4); 1, 4 and 5 need a ``reason``."""

    result: str
    at: datetime
    person: str
    reason: str = ""
    document_name: str = ""
    document_no: str = ""
    valid: str = ""
    publisher: str = ""
    is_licence: bool = False


def base_info(case: CaseFacts) -> Record:
    """基本信息 ``baseInfo``."""
    item, office, rules = case.item, case.office, definition()[CODE]
    return {
        "orgbusno": case.internal_no,
        "projpwd": case.query_password,
        "itemno": item.item_code,
        "catalogcode": item.catalog_code,
        "taskcode": item.task_code,
        "taskhandleitem": item.task_handle_item,
        "itemname": item.name,
        "itemversion": item.version,
        "regionid": office.region,
        "itemtype": item.item_type,
        "itemregionid": office.region,
        "projectname": f"关于{case.applicant.name}的{item.name}",
        **_applicant(case.applicant),
        "applydate": moment_text(case.applied_at),
        "submit": rules["submit"],
        "acceptdeptname": office.name,
        "acceptdeptid": office.id,
        "acceptdeptcode": office.uscc,
        "approvaltype": rules["approval_type"],
        "promisetimelimit": case.promise_days,
        "promisetimeunit": rules["unit_working_day"],
        "timelimit": case.legal_days,
        "timeunit": rules["unit_working_day"],
        "datasources": rules["datasources"],
        "isagency": "1" if case.is_agent else "0",
        "isdraft": "0",
        "ischain": "0",
        "datasourcessysname": rules["source_system"],
        "systemlevel": rules["system_level"],
    }


def _applicant(applicant: ApplicantFacts) -> Record:
    return {
        "applicant": applicant.name,
        "applyertype": applicant.kind,
        "applyerpagetype": applicant.id_type,
        "applyerpagecode": applicant.id_no,
        "legalman": applicant.legal_rep if applicant.kind == "2" else "",
        "applicantname": applicant.contact_name,
        "applicanttype": applicant.contact_id_type,
        "applicantcode": applicant.contact_id_no,
        "applicantmobile": applicant.contact_mobile,
        "address": applicant.address,
    }


def material(case: CaseFacts, facts: MaterialFacts) -> Record:
    """材料 ``preFiles``; a licence used in place of a file carries its 用证唯一标识."""
    return {
        "unid": facts.record_id,
        "regionid": case.office.region,
        "attrname": facts.name,
        "attrid": facts.code,
        "gettype": facts.method,
        "istake": "1",
        "amount": facts.amount,
        "taketime": moment_text(facts.taken_at),
        "filename": facts.filename,
        "memo": facts.memo,
        "usageid": facts.usage_id,
    }


def node_result(node: str, outcome: str) -> tuple[str, str]:
    """环节类型 and 处理结果 (§5.2, §5.3) of a step and how it ended."""
    rules = definition()[CODE]
    if outcome in rules["ending"]:
        return "4", rules["ending"][outcome]
    kind = rules["node_types"].get(node, "2")
    results = rules["results"][kind]
    return kind, results.get(outcome, results["default"])


def step(case: CaseFacts, facts: StepFacts, sn: int) -> Record:
    """过程 ``stepProc``; ``sn`` counts the steps of the case from 1 without a gap."""
    kind, result = node_result(facts.node, facts.outcome)
    service = facts.service
    return {
        "regionid": case.office.region,
        "sn": sn,
        "nodename": facts.name,
        "nodecode": facts.node,
        "nodetype": kind,
        "noderesult": result,
        "nodeprocername": facts.person,
        "procunit": case.office.id,
        "procunitname": case.office.name,
        "procdeptcode": case.office.uscc,
        "nodestarttime": moment_text(facts.started_at),
        "nodeendtime": moment_text(facts.ended_at),
        "nodeadv": (facts.opinion.strip() or "同意")[:OPINION_LENGTH],
        "acceptdate": moment_text(facts.accepted_at) if facts.accepted_at else "",
        "promisedate": facts.promise_due.isoformat() if facts.promise_due else "",
        "serviceidentify": "1" if service else "0",
        "servicename": service.name if service else "",
        "servicetime": moment_text(service.at) if service else "",
        "servicenumber": service.number if service else None,
    }


def special(case: CaseFacts, facts: SpecialFacts, sn: int) -> Record:
    """特别程序 ``specialNode``: one record when it begins, one when it ends."""
    return {
        "regionid": case.office.region,
        "sn": sn,
        "specialtype": facts.kind,
        "specialnodetype": "0" if facts.begins else "1",
        "nodetime": moment_text(facts.at),
        "procername": facts.person,
        "nodeprocadv": facts.opinion[:OPINION_LENGTH],
        "nodeprocaccord": facts.basis,
        "result": facts.result,
    }


def done(case: CaseFacts, facts: DoneFacts) -> Record:
    """办结 ``stepDone``."""
    rules = definition()[CODE]
    has_document = bool(facts.document_no)
    kind = "10" if facts.is_licence else "20"
    return {
        "regionid": case.office.region,
        "doneresult": rules["done_result_map"][facts.result],
        "exitres": facts.reason,
        "isdeliveryresults": "1" if has_document else "0",
        "resulttype": kind if has_document else "99",
        "occurtime": moment_text(facts.at),
        "certificatenam": facts.document_name,
        "certificateno": facts.document_no,
        "certificatelimit": facts.valid,
        "publisher": facts.publisher,
        "isfee": "0",
        "fee": "",
        "feestandard": "",
        "feestandaccord": "",
        "paypersonname": "",
        "payperidcard": "",
        "payermobile": "",
        "transactor": facts.person,
    }


def _sent(subject: str, dataset: str) -> int:
    """How many records of a data set a case has, not counting those a person gave up."""
    messages = OutboxMessage.objects.filter(subject=subject, connector=CODE, dataset=dataset)
    return messages.exclude(state=OutboxState.CANCELLED).count()


def _push(case: CaseFacts, dataset: str, record: Record, event: str) -> OutboxMessage:
    """Write down one record. The key is (case, data set, number of the event), handbook §6.3."""
    return enqueue(
        CODE, dataset, subject=case.subject, payload=record, key=f"{case.internal_no}:{dataset}:{event}"
    )


def push_base_info(case: CaseFacts) -> OutboxMessage:
    """Push the basic information, or its next version after a change."""
    return _push(case, "baseInfo", base_info(case), f"v{_sent(case.subject, 'baseInfo') + 1}")


def push_material(case: CaseFacts, facts: MaterialFacts) -> OutboxMessage:
    """Push one material; a replaced file is a record of its own."""
    return _push(case, "preFiles", material(case, facts), facts.record_id)


def push_step(case: CaseFacts, facts: StepFacts, event: str) -> OutboxMessage:
    """Push one finished step under the next number; ``event`` names it once and for all (work item id)."""
    key = f"{case.internal_no}:stepProc:{event}"
    known = OutboxMessage.objects.filter(key=key).first()
    return known or _push(case, "stepProc", step(case, facts, _sent(case.subject, "stepProc") + 1), event)


def push_special(case: CaseFacts, facts: SpecialFacts) -> OutboxMessage:
    """Push the beginning or the end of a special procedure."""
    sn = _sent(case.subject, "specialNode") + 1
    return _push(case, "specialNode", special(case, facts, sn), str(sn))


def push_done(case: CaseFacts, facts: DoneFacts) -> OutboxMessage:
    """Push the end of the case, or its next version (voided, corrected)."""
    return _push(case, "stepDone", done(case, facts), f"v{_sent(case.subject, 'stepDone') + 1}")
