"""The platforms the sandbox plays."""

from minfang.sandbox.base import Platform
from minfang.sandbox.platforms.apply_no import ApplyNumbers
from minfang.sandbox.platforms.case_repository import CaseRepository
from minfang.sandbox.platforms.disposal import CityDisposal, ShelterCode
from minfang.sandbox.platforms.ecert import LicenceRepository
from minfang.sandbox.platforms.eseal import ElectronicSeals
from minfang.sandbox.platforms.gov_staff import GovernmentCloud, StaffIdentity
from minfang.sandbox.platforms.identity import Identity
from minfang.sandbox.platforms.password_service import PasswordService
from minfang.sandbox.platforms.rating import Ratings
from minfang.sandbox.platforms.signature import Signatures
from minfang.sandbox.platforms.sms import ShortMessages
from minfang.sandbox.platforms.staff_ca import StaffCertificates
from minfang.sandbox.store import Store

KINDS: tuple[type[Platform], ...] = (
    Identity,
    StaffIdentity,
    GovernmentCloud,
    StaffCertificates,
    Signatures,
    ApplyNumbers,
    CaseRepository,
    LicenceRepository,
    ShortMessages,
    Ratings,
    ElectronicSeals,
    PasswordService,
    ShelterCode,
    CityDisposal,
)


def build(store: Store) -> dict[str, Platform]:
    """All platforms over one memory, in the order of the console."""
    return {kind.code: kind(store) for kind in KINDS}
