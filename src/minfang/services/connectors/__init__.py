"""What this wing says to outside platforms, one module a platform.

Importing this package makes every platform known to the exchange.
"""

from minfang.kernel.exchange import wire
from minfang.kernel.exchange.connectors import register
from minfang.services.connectors.apply_no import ApplyNumbers
from minfang.services.connectors.case_repository import CaseRepository
from minfang.services.connectors.ecert import LicenceRepository
from minfang.services.connectors.eseal import ElectronicSeals
from minfang.services.connectors.rating import Ratings
from minfang.services.connectors.sms import ShortMessages

__all__ = ["wire"]

for kind in (ApplyNumbers, CaseRepository, LicenceRepository, ElectronicSeals, ShortMessages, Ratings):
    register(kind())
