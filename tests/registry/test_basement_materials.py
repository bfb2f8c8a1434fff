"""The material checklist of BASEMENT_SYNC is complete and its conditions fit the form."""

import json
import tomllib
from pathlib import Path
from typing import Any

from minfang.kernel.expressions import parse

MATTER = Path(__file__).parents[2] / "src/minfang/services/definitions/BASEMENT_SYNC"
LINES = tomllib.loads((MATTER / "materials.toml").read_text(encoding="utf-8"))["material"]


def demanded(data: dict[str, Any]) -> list[str]:
    return [
        line["code"]
        for line in LINES
        if (parse(line["required"]).evaluate(data) if isinstance(line["required"], str) else line["required"])
    ]


def test_the_list_has_every_material_of_the_handbook() -> None:
    assert [line["code"] for line in LINES][:10] == [f"M4-{n:02d}" for n in range(1, 11)]


def test_an_ordinary_project_hands_in_eight_of_which_four_can_be_waived() -> None:
    data = json.loads((MATTER / "samples/valid.json").read_text(encoding="utf-8"))
    codes = demanded(data)
    waivable = [line for line in LINES if line["code"] in codes and line["waiver"] != "N"]
    assert (len(codes), len(waivable)) == (8, 4)


def test_conditions_name_fields_of_the_form_and_add_materials() -> None:
    form = json.loads((MATTER / "form.json").read_text(encoding="utf-8"))
    paths = {f["path"] for s in form["steps"] for g in s["groups"] for f in g["fields"]}
    for line in LINES:
        if isinstance(line["required"], str):
            assert parse(line["required"]).names() <= paths
    everything = {
        "pooling_mode": "PLAN",
        "land_contract_has_cd_clause": True,
        "applicant_type": "2",
        "is_agent": True,
        "bim_in_scope": True,
    }
    assert demanded(everything) == [line["code"] for line in LINES]
    assert "M4-09" not in demanded({"applicant_type": "1"})


def test_every_line_says_what_may_be_uploaded_and_what_is_looked_at() -> None:
    for line in LINES:
        assert line["formats"]
        assert 0 < line["max_mb"] <= 100
        assert line["review"]
        assert line["hint"].endswith("。")
        assert ("waiver_gettype" in line) == (line["waiver"] != "N")
