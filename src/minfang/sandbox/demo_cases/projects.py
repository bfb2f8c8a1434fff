"""Who builds what: invented companies, projects and complete form contents of believable sizes."""

import json
import random
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal
from functools import lru_cache
from typing import Any

from minfang.kernel.base.identifiers import (
    id_card_check_character,
    organization_check_character,
    uscc_check_character,
)
from minfang.kernel.forms.engine import FormEngine
from minfang.sandbox.checks import DEFINITIONS
from minfang.services.matters import DEFINITIONS as MATTERS

Form = dict[str, Any]
UNIT_GFA = Decimal("1990")
SCALED = {
    "total_investment",
    "land_area",
    "gfa_above",
    "gfa_below",
    "far_area_residential",
    "cd_cost_estimate",
}
SCALED_ROWS = {
    "buildings": ("gfa_above", "gfa_below", "far_area"),
    "land_use": ("far_area", "exempt_area", "base"),
}


@dataclass(frozen=True)
class Company:
    """An invented applicant and the person who acts for it."""

    number: int
    name: str
    legal_rep: str
    contact: str
    uscc: str
    id_no: str
    mobile: str
    address: str


@lru_cache(maxsize=1)
def names() -> dict[str, Any]:
    """The words invented names are made of."""
    return tomllib.loads((DEFINITIONS / "demo_cases.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def sample() -> Form:
    """The complete, valid application of the matter."""
    form: Form = json.loads((MATTERS / "BASEMENT_SYNC" / "samples" / "valid.json").read_text())
    return form


@lru_cache(maxsize=1)
def companies() -> tuple[Company, ...]:
    """The invented applicants, always the same ones."""
    made = []
    for number, line in enumerate(names()["companies"], start=1):
        name, legal_rep, contact = line.split("|")
        body = f"MA1DM{number:03d}"
        first17 = f"91310115{body}{organization_check_character(body)}"
        card = f"3101151986{number % 12 + 1:02d}15{number:03d}"
        made.append(
            Company(
                number,
                name,
                legal_rep,
                contact,
                first17 + uscc_check_character(first17),
                card + id_card_check_character(card),
                f"138000{10000 + number}",
                f"上海市浦东新区示例路 {100 + number} 号",
            )
        )
    return tuple(made)


def person_name(chance: random.Random) -> str:
    """An invented person."""
    return chance.choice(names()["surnames"]) + str(chance.choice(names()["given"]))


def _times(value: Any, share: Decimal) -> str:
    return str((Decimal(str(value)) * share).quantize(Decimal("0.01")))


def _scaled(form: Form, share: Decimal) -> Form:
    """Every floor area times the share."""
    out: Form = json.loads(json.dumps(form))
    for name in SCALED:
        out[name] = _times(out[name], share)
    for table, columns in SCALED_ROWS.items():
        for row in out[table]:
            for column in columns:
                if row.get(column) is not None:
                    row[column] = _times(row[column], share)
    out["gfa_above"] = str(sum(Decimal(row["gfa_above"]) for row in out["buildings"]))
    return out


def _fit_units(form: Form) -> None:
    """A design area a little above what is owed, in as few protective units as may be."""
    design = (Decimal(str(form["required_area"])) / 10).to_integral_value(ROUND_UP) * 10
    count = int((design / UNIT_GFA).to_integral_value(ROUND_UP))
    form["design_area"] = f"{design}.00"
    form["use_mix"] = [{"wartime_use": "SHELTER_2", "area": form["design_area"]}]
    unit = form["protective_units"][0]
    area = design // count
    form["protective_units"] = [
        {
            **unit,
            "unit_no": f"F{number:02d}",
            "unit_gfa": f"{area}.00",
            "unit_net_area": _times(area, Decimal("0.81")),
            "shelter_area": str(int(area * 2 // 3)) + ".00",
            "capacity_person": int(area * 2 // 3),
        }
        for number in range(1, count + 1)
    ]
    kept = {row["unit_no"] for row in form["protective_units"]}
    form["entrances"] = [row for row in form["entrances"] if row["unit_no"] in kept]
    form["connections"] = [{**row, "unit_no": max(kept)} for row in form["connections"]]


def variants(engine: FormEngine) -> list[Form]:
    """Complete valid contents of different sizes; what the form would refuse is left out."""
    found = []
    for size in names()["sizes"]:
        form = engine.compute(_scaled(sample(), Decimal(size)))
        _fit_units(form)
        form = engine.compute(form)
        if not engine.validate(form):
            found.append(form)
    return found or [engine.compute(sample())]


@lru_cache(maxsize=64)
def _subdistricts(district: str) -> tuple[str, ...]:
    form = json.loads((MATTERS / "BASEMENT_SYNC" / "form.json").read_text())
    return tuple(row["value"] for row in form["dictionaries"]["subdistrict"] if row.get("group") == district)


def project_form(
    chance: random.Random, variant: Form, company: Company | None, district: str, *, city: bool, on: date
) -> Form:
    """A complete application of this company for an invented plot of the district."""
    place, road = str(chance.choice(names()["places"][district])).split("|")
    plot = f"{chance.choice('ABCHNST')}{chance.randint(1, 14):02d}-{chance.randint(1, 9):02d}"
    form: Form = {
        **variant,
        "project_name": f"{place}社区 {plot} 地块{chance.choice(names()['kinds'])}",
        "national_project_code": f"{on:%y%m}-{district}-04-01-{chance.randint(100000, 999999)}",
        "construction_report_no": f"{on:%y%m}SH{chance.randint(1000, 9999)}",
        "planning_authority": "CITY" if city else "DISTRICT",
        "district_code": district,
        "subdistrict_code": chance.choice(_subdistricts(district)),
        "project_address": f"上海市{road} {chance.randint(18, 990)} 号地块",
        "bounds_west": road,
        "lng": f"{121.2 + chance.random() * 0.5:.7f}",
        "lat": f"{30.9 + chance.random() * 0.45:.7f}",
        "consult_doc_no": f"沪国动协〔{on.year}〕{chance.randint(1, 999):04d}号",
        "plan_start": f"{on.year + 1}-03-01",
        "plan_finish": f"{on.year + 3}-09-30",
    }
    if company is not None:
        form |= _of_company(form, company)
    return form


def _of_company(form: Form, company: Company) -> Form:
    """The applicant's own lines of the form."""
    builder = {"name": company.name, "uscc": company.uscc, "leader_name": company.legal_rep}
    return {
        "applicant_name": company.name,
        "id_no": company.uscc,
        "legal_rep_name": company.legal_rep,
        "registered_address": company.address,
        "contact_name": company.contact,
        "contact_id_no": company.id_no,
        "contact_mobile": company.mobile,
        "contact_address": company.address,
        "contact_email": f"contact{company.number:02d}@example.com",
        "recipient": company.contact,
        "recipient_mobile": company.mobile,
        "delivery_address": company.address,
        "participants": [
            {**row, **builder} if row["role"] == "BUILDER" else row for row in form["participants"]
        ],
    }
