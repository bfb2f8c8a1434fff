"""Draw up the documents of a case: notices, decisions, the application form, the receipt."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from minfang.kernel.base import clock, masking
from minfang.kernel.documents import actions as documents
from minfang.kernel.documents.models import Document
from minfang.kernel.iam.models import OrganizationKind, PartyKind
from minfang.kernel.numbering import actions as numbering
from minfang.registry import districts
from minfang.services import calculations, mapping, materials, pushing
from minfang.services.matters import MatterDefinition, definition_of, engine_of
from minfang.services.models import Case
from minfang.services.presenting import district_name

HOTLINE = "12345"
DECLARATION = "申请人承诺：所填内容和所交材料真实、准确、完整，如有不实，愿意承担相应法律责任。"


def is_city(case: Case) -> bool:
    """Whether the city office decides this case."""
    return bool(case.organization and case.organization.kind == OrganizationKind.MUNICIPAL_OFFICE)


def number_context(case: Case) -> dict[str, Any]:
    """What number patterns may use of a case."""
    assert case.organization is not None
    region = districts.district(case.organization.district_code).number_names
    matter = definition_of(case.matter_version_id).number
    return {"region": region, "matter": matter, "date": clock.today()}


def _entry(definition: MatterDefinition, doc_type: str) -> dict[str, Any]:
    return next(row for row in definition.raw["documents"] if row["doc_type"] == doc_type)


def holder_of(case: Case) -> str:
    """The holder as the public page names it; natural persons are masked."""
    return masking.name(case.applicant_name) if _is_natural(case) else case.applicant_name


def _is_natural(case: Case) -> bool:
    return case.party is None or case.party.kind == PartyKind.NATURAL


def common(case: Case) -> dict[str, Any]:
    """What every document of a case says."""
    organization = case.organization
    name = organization.name if organization else ""
    submitted = clock.day_of(case.submitted_at) if case.submitted_at else clock.today()
    return {
        "issuer": name,
        "agency": name,
        "recipient": case.applicant_name,
        "applicant_name": case.applicant_name,
        "matter": case.matter.name,
        "project_name": case.project_name,
        "case_no": case.internal_no or "",
        "applied_at": submitted.isoformat(),
        "accepted_at": clock.day_of(case.accepted_at).isoformat() if case.accepted_at else "",
        "date": clock.today().isoformat(),
        "hotline": HOTLINE,
        "you": "你" if _is_natural(case) else "你单位",
        "review_organ": "上海市人民政府" if is_city(case) else f"{district_name(case.district_code)}人民政府",
        "court": "有管辖权的人民法院",
    }


def number_rule(case: Case, doc_type: str) -> str:
    """The rule that numbers this kind of document at the deciding office; empty when it has no number."""
    entry = _entry(definition_of(case.matter_version_id), doc_type)
    return str(entry.get("number") or entry.get("number_city" if is_city(case) else "number_district", ""))


def context_of(case: Case, doc_type: str, context: dict[str, Any], number: str) -> dict[str, Any]:
    """Everything a document says: what all say, what the form fills in, and what is special to it."""
    engine = engine_of(case.matter_version_id)
    entry = _entry(definition_of(case.matter_version_id), doc_type)
    mapped = mapping.build(entry.get("context", {}), case.form_data, partial(calculations.label_of, engine))
    return {**common(case), **mapped, **context, "number": number}


def draw_up(case: Case, doc_type: str, context: dict[str, Any]) -> Document:
    """Number, render and keep one document; a sealed kind goes to the seal platform by the outbox."""
    entry = _entry(definition_of(case.matter_version_id), doc_type)
    rule = number_rule(case, doc_type)
    number = ""
    if rule:
        assert case.organization is not None
        number = numbering.issue(
            rule, context=number_context(case), scope=case.organization.code, target=case.subject
        )
    document = documents.draw_up(
        doc_type,
        subject=case.subject,
        title=entry["title"],
        template_code=f"{case.matter.code}.{entry['template']}",
        context=context_of(case, doc_type, context, number),
        number=number,
        organization=case.organization,
        holder=holder_of(case),
        valid_until=date.fromisoformat(context["valid_until"]) if context.get("valid_until") else None,
    )
    if entry.get("seal"):
        pushing.seal(case, document, entry["seal"])
    return document


def application_context(case: Case) -> dict[str, Any]:
    """The content of the application form as it stands."""
    engine, data = engine_of(case.matter_version_id), case.form_data
    lines = calculations.of_case(engine, data)
    present = {material.code: material for material in calculations.handed_in(case)}
    rules = materials.rules(definition_of(case.matter_version_id), data)
    required = next((line for line in lines if line.path == "required_area"), None)
    context: dict[str, Any] = {
        "title": _entry(definition_of(case.matter_version_id), "APPLICATION")["title"],
        "case_no": case.internal_no or "",
        "agency": case.organization.name if case.organization else "",
        "sections": [_printed(section) for section in engine.presentation(data)],
        "materials": [
            {"code": rule.code, "name": rule.name, "state": _state(rule, present)}
            for rule in rules
            if rule.required or rule.code in present
        ],
        "declaration": DECLARATION,
        "applicant_name": case.applicant_name,
        "signed_at": "",
    }
    if required is not None:
        context["calculation"] = {
            "lines": [line.dict() for line in required.lines],
            "total": required.total,
            "required_label": "应建面积",
        }
    return context


def _printed(section: dict[str, Any]) -> dict[str, Any]:
    """A section as the template prints it: column headings as texts, totals as a last line."""
    tables = []
    for table in section["tables"]:
        headings = [c["label"] + (f"（{c['unit']}）" if c["unit"] else "") for c in table["columns"]]
        totals = [["合计", *table["summary"][1:]]] if table["summary"] else []
        tables.append({"title": table["title"], "columns": headings, "rows": [*table["rows"], *totals]})
    return {"title": section["title"], "rows": section["rows"], "tables": tables}


def _state(rule: materials.MaterialRule, present: dict[str, Any]) -> str:
    if rule.generated:
        return "系统生成"
    material = present.get(rule.code)
    if material is None:
        return "未提交"
    return materials.WAIVER_LABELS[material.waiver] if material.waiver else "电子件"


def supplement_context(case: Case, items: list[dict[str, str]], due: date, days: int) -> dict[str, Any]:
    """What has to be completed, by when."""
    return {
        "items": [
            {
                "code": item["path"] if item["kind"] == "material" else "",
                "name": item["label"],
                "problem": item["request"],
            }
            for item in items
        ],
        "due": due.isoformat(),
        "days": days,
    }


def accept_context(case: Case) -> dict[str, Any]:
    """The promised and the legal limit."""
    definition = definition_of(case.matter_version_id)
    assert case.promise_due is not None
    return {
        "promise_days": definition.limit("promise").days,
        "promise_due": case.promise_due.isoformat(),
        "legal_days": definition.limit("legal").days,
    }


def approval_context() -> dict[str, Any]:
    """The approval is valid for two years [A], until the day before."""
    today = clock.today()
    try:
        end = today.replace(year=today.year + 2)
    except ValueError:
        end = today.replace(year=today.year + 2, day=28)
    return {"valid_until": (end - timedelta(days=1)).isoformat()}


def receipt_context(case: Case) -> dict[str, Any]:
    """What was handed in."""
    definition = definition_of(case.matter_version_id)
    return {
        "received_at": clock.now().strftime("%Y-%m-%d %H:%M"),
        "query_password": case.query_password,
        "materials": [
            {
                "code": m.code,
                "name": definition.material(m.code)["name"],
                "form": materials.WAIVER_LABELS[m.waiver] if m.waiver else "电子件",
                "copies": 1,
            }
            for m in calculations.handed_in(case)
        ],
    }
