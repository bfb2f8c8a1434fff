"""Everything that changes who exists and what they may do; other rooms import from here."""

from minfang.kernel.iam.actions.establishing import (
    DEFINITIONS,
    ensure_organization,
    ensure_staff,
    load_roles,
)
from minfang.kernel.iam.actions.outside import OutsidePerson, ensure_party, recognise
from minfang.kernel.iam.actions.policies import set_policy

__all__ = [
    "DEFINITIONS",
    "OutsidePerson",
    "ensure_organization",
    "ensure_party",
    "ensure_staff",
    "load_roles",
    "recognise",
    "set_policy",
]
