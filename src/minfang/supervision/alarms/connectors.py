"""The platforms alarms are pushed to: 人防码 takes tasks, the city's disposal platform grave alarms."""

from typing import ClassVar

from django.conf import settings

from minfang.kernel.exchange.calling import call
from minfang.kernel.exchange.connectors import Connector, Delivery, register
from minfang.kernel.exchange.models import OutboxMessage

CALLBACK = "/api/public/callbacks/alarms/"


class AlarmPlatform(Connector):
    """A platform that takes an alarm, answers with a number of its own, and reports by a call back."""

    path: ClassVar[str]
    number: ClassVar[str]

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Push one alarm; the answer is the number under which its reports will come."""
        body = {**message.payload, "callback": f"{settings.PUBLIC_URL}{CALLBACK}{self.code}"}
        answer = call(self.code, self.path, body=body, key=message.key)
        return Delivery({"external_id": str(answer.body.get(self.number, ""))[:64]}, answer.exchanged)


class ShelterCode(AlarmPlatform):
    """人防码平台: makes a disposal task of an alarm."""

    code = "rfm"
    name = "人防码平台"
    path = "/rfm/tasks"
    number = "taskNo"


class CityDisposal(AlarmPlatform):
    """市级处置平台: emergency disposal of grave alarms."""

    code = "city_disposal"
    name = "市级处置平台"
    path = "/city-disposal/alarms"
    number = "eventNo"


for kind in (ShelterCode, CityDisposal):
    register(kind())
