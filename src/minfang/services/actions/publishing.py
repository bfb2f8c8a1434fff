"""Bring definitions into the database: organisations, roles, calendar, numbers, forms, processes, matters.

Publishing is idempotent: what did not change keeps its version; what did becomes a new one, and cases
that run stay on theirs.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import orjson
from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.crypto import local
from minfang.kernel.documents import actions as documents
from minfang.kernel.forms import actions as forms
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam.models import OrganizationKind
from minfang.kernel.messaging import actions as messaging
from minfang.kernel.numbering import actions as numbering
from minfang.kernel.workdays import actions as workdays
from minfang.kernel.workflow.publishing import publish_shipped
from minfang.registry import districts
from minfang.registry.form_functions import FUNCTIONS
from minfang.services import matters
from minfang.services.actions import warning_rules
from minfang.services.clock_models import LimitOverride
from minfang.services.matters import DEFINITIONS
from minfang.services.models import Matter, MatterVersion


def load_all() -> None:
    """Everything, in the order it depends on each other; one transaction."""
    with transaction.atomic():
        load_organizations()
        iam.load_roles()
        workdays.load_official_years()
        numbering.load_rules(DEFINITIONS / "numbers.toml")
        messaging.load_templates(DEFINITIONS / "messages.toml")
        warning_rules.load_defaults()
        for position, entry in enumerate(matters.catalogue()):
            Matter.objects.update_or_create(
                code=entry["code"],
                defaults={"name": entry["name"], "short_name": entry["short_name"], "position": position},
            )
        for folder in sorted(DEFINITIONS.iterdir()):
            if (folder / "matter.toml").exists():
                publish_matter(folder)
    matters.forget()


def load_organizations() -> None:
    """The city office, the 16 district offices, and an approval section in each (handbook §1.1)."""
    codes = tomllib.loads((DEFINITIONS / "offices.toml").read_text())["uscc"]
    for district in districts.all_regions():
        is_city = district.is_city
        code = "SH-CITY" if is_city else f"SH-{district.code}"
        office = iam.ensure_organization(
            code,
            name="上海市国防动员办公室" if is_city else f"{district.name}国防动员办公室",
            short_name="市国动办"
            if is_city
            else f"{district.name.removesuffix('新区').removesuffix('区')}国动办",
            kind=OrganizationKind.MUNICIPAL_OFFICE if is_city else OrganizationKind.DISTRICT_OFFICE,
            district_code=district.code,
            uscc=codes[district.code],
        )
        iam.ensure_organization(
            f"{code}-APPROVAL",
            name="行政审批处" if is_city else "行政审批科",
            short_name="行政审批处" if is_city else "审批科",
            kind=OrganizationKind.SECTION,
            district_code=district.code,
            parent=office,
        )


def _read_folder(folder: Path) -> dict[str, Any]:
    definition = tomllib.loads((folder / "matter.toml").read_text())
    definition["materials"] = tomllib.loads((folder / "materials.toml").read_text())["material"]
    definition["documents"] = tomllib.loads((folder / "documents.toml").read_text())["document"]
    for override in LimitOverride.objects.filter(matter_code=definition["code"]).order_by("name"):
        definition["limits"][override.name] = {"days": override.days, "unit": override.unit}
    return definition


@transaction.atomic
def publish_matter(folder: Path) -> MatterVersion:
    """Publish one matter's folder: templates, processes, form, and the version that binds them."""
    definition = _read_folder(folder)
    matter = Matter.objects.get(code=definition["code"])
    for template in sorted((folder / "templates").glob("*.typ")):
        sample = folder / "templates" / "samples" / f"{template.stem}.json"
        documents.publish_template(
            f"{matter.code}.{template.stem}",
            title=template.stem,
            source=template.read_text(),
            sample=json.loads(sample.read_text()) if sample.exists() else {},
        )
    for name in ("city", "district"):
        graph = json.loads((folder / f"process.{name}.json").read_text())
        publish_shipped(definition[f"process_{name}"], graph)
    form = forms.publish(
        matter.code, json.loads((folder / "form.json").read_text()), functions=FUNCTIONS.keys()
    )
    digest = local.sm3(orjson.dumps([definition, form.version], option=orjson.OPT_SORT_KEYS)).hex()
    latest = matter.versions.order_by("-version").first()
    if latest is not None and latest.digest == digest:
        return latest
    return MatterVersion.objects.create(
        matter=matter,
        version=(latest.version if latest else 0) + 1,
        form=form,
        definition=definition,
        digest=digest,
        published_at=clock.now(),
    )
