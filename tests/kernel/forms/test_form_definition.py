"""What is published is checked first and never changes afterwards."""

import copy
from typing import Any

import pytest
from tests.kernel.forms.conftest import SMALL, SMALL_FUNCTIONS

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base.errors import Refusal
from minfang.kernel.forms.actions import publish
from minfang.kernel.forms.definition import FaultyDefinition, faults
from minfang.kernel.forms.models import FormDefinition, FormState, FrozenDefinition
from minfang.kernel.forms.queries import current, engine_of


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    definition = copy.deepcopy(SMALL)
    place: Any = definition
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return definition


FIRST = ["steps", 0, "groups", 0, "fields"]


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({}, "code"),
        (changed([*FIRST, 0, "type"], "file"), "file"),
        (changed([*FIRST, 0, "colour"], "red"), "colour"),
        (changed([*FIRST, 0, "path"], "Name"), "Name"),
        (changed([*FIRST, 1, "path"], "name"), "字段“name”重复"),
        (changed([*FIRST, 2, "options_from"], "nosuch"), "nosuch"),
        (changed([*FIRST, 3, "options_group"], "nosuch"), "nosuch"),
        (changed([*FIRST, 5, "visible_when"], "kind = 'B'"), "visible_when"),
        (changed([*FIRST, 5, "visible_when"], "nosuch == 'B'"), "不存在的字段 nosuch"),
        (changed([*FIRST, 5, "required"], "uses.nosuch == 'B'"), "uses.nosuch"),
        (changed([*FIRST, 5, "required"], "row.code == 'B'"), "row.code"),
        (changed([*FIRST, 5, "required"], "launch() == 1"), "未登记的函数 launch"),
        (changed([*FIRST, 10, "format"], "qq"), "qq"),
        (changed([*FIRST, 0, "pattern"], "["), "正则"),
        (changed([*FIRST, 9, "checks", 0, "message"], "早于 {begin}"), "begin"),
        (changed([*FIRST, 6, "computed"], "planned"), ""),
        (changed([*FIRST, 0, "visible_when"], "planned > 1 and note != null"), ""),
        (changed(["steps", 1, "groups", 0, "fields", 0, "columns"], []), "没有列"),
        (changed(["steps", 1, "groups", 0, "fields", 0, "summary", 0, "column"], "zz"), "zz"),
        (changed(["steps", 1, "groups", 0, "fields", 1, "explain"], "zz"), "zz"),
    ],
)
def test_faults_are_named(definition: dict[str, Any], words: str) -> None:
    found = faults(definition, SMALL_FUNCTIONS.keys())
    if words:
        assert any(words in fault for fault in found)
    else:
        assert found == []


def test_fields_deciding_each_other_in_a_circle_are_refused() -> None:
    definition = changed([*FIRST, 0, "visible_when"], "note != null")
    definition["steps"][0]["groups"][0]["fields"][1]["visible_when"] = "name != null"
    assert any("循环" in fault for fault in faults(definition, SMALL_FUNCTIONS.keys()))


@pytest.mark.django_db
def test_publishing_the_same_twice_makes_one_version() -> None:
    first = publish("SMALL", SMALL, functions=SMALL_FUNCTIONS)
    assert publish("SMALL", copy.deepcopy(SMALL)) == first
    assert FormDefinition.objects.count() == 1
    assert AuditEvent.objects.filter(action="forms.publish").count() == 1


@pytest.mark.django_db
def test_a_new_version_retires_the_old_one_which_stays_usable() -> None:
    first = publish("SMALL", SMALL)
    second = publish("SMALL", changed(["title"], "小表（修订）"))
    first.refresh_from_db()
    assert (first.state, second.state, second.version) == (FormState.RETIRED, FormState.PUBLISHED, 2)
    assert current("SMALL") == second
    assert engine_of(first, SMALL_FUNCTIONS).definition["title"] == "小表"
    assert engine_of(first, SMALL_FUNCTIONS) is engine_of(first, SMALL_FUNCTIONS)


@pytest.mark.django_db
def test_a_published_definition_cannot_be_changed_or_removed() -> None:
    row = publish("SMALL", SMALL)
    row.definition = changed(["title"], "改")
    with pytest.raises(FrozenDefinition):
        row.save()
    with pytest.raises(FrozenDefinition):
        row.delete()
    with pytest.raises(FrozenDefinition):
        FormDefinition.objects.filter(pk=row.pk).update(title="改")
    with pytest.raises(FrozenDefinition):
        FormDefinition.objects.all().delete()
    row.refresh_from_db()
    row.state = FormState.DRAFT
    with pytest.raises(FrozenDefinition):
        row.save()


@pytest.mark.django_db
def test_a_faulty_definition_is_not_published() -> None:
    with pytest.raises(FaultyDefinition) as caught:
        publish("SMALL", changed([*FIRST, 2, "options_from"], "nosuch"))
    assert caught.value.faults
    with pytest.raises(Refusal):
        current("SMALL")
