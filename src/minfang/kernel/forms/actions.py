"""Publishing form definitions."""

import hashlib
from collections.abc import Collection
from typing import Any

import orjson
from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.forms.definition import require_valid
from minfang.kernel.forms.formats import has_format
from minfang.kernel.forms.models import FormDefinition, FormState
from minfang.kernel.iam.models import Person


def definition_hash(definition: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, by which equal definitions are known."""
    return hashlib.sha256(orjson.dumps(definition, option=orjson.OPT_SORT_KEYS)).hexdigest()


def publish(
    code: str,
    definition: dict[str, Any],
    *,
    functions: Collection[str] | None = None,
    person: Person | None = None,
) -> FormDefinition:
    """Put a definition in force and retire the one before it; publishing the same twice changes nothing.

    ``functions`` are the domain functions it may call (None: names unchecked). Cases keep the version they
    began with. Raises ``FaultyDefinition`` listing everything wrong.
    """
    names = None if functions is None else {has_format.__name__, *functions}
    require_valid(definition, names)
    digest = definition_hash(definition)
    with transaction.atomic():
        versions = list(FormDefinition.objects.select_for_update().filter(code=code))
        current = next((row for row in versions if row.state == FormState.PUBLISHED), None)
        if current and current.hash == digest:
            return current
        if current:
            current.state = FormState.RETIRED
            current.save(update_fields=["state"])
        made = FormDefinition.objects.create(
            code=code,
            version=max((row.version for row in versions), default=0) + 1,
            state=FormState.PUBLISHED,
            title=definition["title"],
            definition=definition,
            hash=digest,
            published_at=clock.now(),
        )
        record("forms.publish", person=person, target=made, summary=f"发布{made}", after={"hash": digest})
    return made
