"""Matters as data: typed access to what the definition folders say."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.forms.engine import FormEngine
from minfang.kernel.workdays.deadlines import Unit
from minfang.registry.form_functions import FUNCTIONS
from minfang.services.models import MatterVersion
from minfang.services.warning_rules import light_thresholds

DEFINITIONS = Path(__file__).parent / "definitions"


@dataclass(frozen=True)
class Limit:
    """A time limit in working or natural days."""

    days: int
    unit: Unit


@dataclass(frozen=True)
class MatterDefinition:
    """What a published version of a matter says; ``raw`` is the merged content of its folder."""

    raw: dict[str, Any]

    @property
    def code(self) -> str:
        """The matter's code, e.g. BASEMENT_SYNC."""
        return str(self.raw["code"])

    @property
    def number(self) -> str:
        """Its two-digit number inside case numbers."""
        return str(self.raw["number"])

    def limit(self, name: str) -> Limit:
        """A named limit: promise, legal, supplement_applicant."""
        value = self.raw["limits"][name]
        return Limit(int(value["days"]), value["unit"])

    @property
    def warning(self) -> tuple[float, int]:
        """From which used share, and from how many days left, the light turns yellow."""
        return light_thresholds(self.code)

    @property
    def materials(self) -> list[dict[str, Any]]:
        """The lines of the material checklist."""
        return list(self.raw["materials"])

    def material(self, code: str) -> dict[str, Any]:
        """One line of the checklist."""
        for line in self.materials:
            if line["code"] == code:
                return line
        raise not_found("材料")

    def phrases(self, node: str) -> list[str]:
        """Ready opinions for a step."""
        return [t for group in self.raw.get("phrases", []) if group["node"] == node for t in group["texts"]]

    def process_code(self, is_city: bool) -> str:
        """Which of the two processes runs."""
        return str(self.raw["process_city" if is_city else "process_district"])


@lru_cache(maxsize=256)
def _definition(version_id: int) -> MatterDefinition:
    return MatterDefinition(MatterVersion.objects.get(pk=version_id).definition)


@lru_cache(maxsize=256)
def _engine(version_id: int) -> FormEngine:
    version = MatterVersion.objects.select_related("form").get(pk=version_id)
    return FormEngine(version.form.definition, FUNCTIONS)


def definition_of(version_id: int) -> MatterDefinition:
    """The definition of a published version; immutable, so kept in memory."""
    return _definition(version_id)


def engine_of(version_id: int) -> FormEngine:
    """The compiled form of a published version."""
    return _engine(version_id)


def current_version(code: str) -> MatterVersion:
    """The version new applications of a matter run on."""
    version = (
        MatterVersion.objects.filter(matter__code=code)
        .select_related("matter", "form")
        .order_by("-version")
        .first()
    )
    if version is None:
        known = any(card["code"] == code for card in catalogue())
        if known:
            raise Refusal("MATTER_NOT_ONLINE", "该事项即将开通网上办理。", "目前请到窗口办理。", status=409)
        raise not_found("事项")
    return version


def catalogue() -> list[dict[str, Any]]:
    """The ten matters in the order the portal shows them."""
    return list(tomllib.loads((DEFINITIONS / "matters.toml").read_text())["matter"])


def forget() -> None:
    """Drop what is kept in memory; definitions were published anew."""
    _definition.cache_clear()
    _engine.cache_clear()
