"""Everything that changes who exists and what they may do; other rooms import from here."""

from minfang.kernel.iam.actions.certificates import (
    bind_certificate,
    challenge,
    prove_certificate,
    unbind_certificate,
)
from minfang.kernel.iam.actions.credentials import (
    change_password,
    confirm_totp,
    link_identity,
    remove_totp,
    reset_password,
    reset_second_factor,
    set_lasting_password,
    start_totp,
)
from minfang.kernel.iam.actions.establishing import (
    DEFINITIONS,
    ensure_organization,
    ensure_staff,
    load_roles,
)
from minfang.kernel.iam.actions.lockout import unlock
from minfang.kernel.iam.actions.outside import OutsidePerson, ensure_party, recognise
from minfang.kernel.iam.actions.policies import approve_policy, propose_policy, refuse_policy, withdraw_policy
from minfang.kernel.iam.actions.proving import prove_own_password, prove_password, prove_totp
from minfang.kernel.iam.actions.sessions import (
    begin,
    complete,
    confirm,
    end_session,
    end_sessions_of,
    keep_session_after_password,
    rotate,
    sign_out,
    use_ticket,
)

__all__ = [
    "DEFINITIONS",
    "OutsidePerson",
    "approve_policy",
    "begin",
    "bind_certificate",
    "challenge",
    "change_password",
    "complete",
    "confirm",
    "confirm_totp",
    "end_session",
    "end_sessions_of",
    "ensure_organization",
    "ensure_party",
    "ensure_staff",
    "keep_session_after_password",
    "link_identity",
    "load_roles",
    "propose_policy",
    "prove_certificate",
    "prove_own_password",
    "prove_password",
    "prove_totp",
    "recognise",
    "refuse_policy",
    "remove_totp",
    "reset_password",
    "reset_second_factor",
    "rotate",
    "set_lasting_password",
    "sign_out",
    "start_totp",
    "unbind_certificate",
    "unlock",
    "use_ticket",
    "withdraw_policy",
]
