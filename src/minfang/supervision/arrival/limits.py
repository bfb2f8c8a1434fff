"""How often a device, a third system or a stranger may call over HTTP; counted in each web process."""

from django.conf import settings
from django.http import HttpRequest

from minfang.kernel.base.errors import Refusal
from minfang.kernel.rates.actions import too_many
from minfang.supervision.arrival.definitions import load

MINUTE = 60
WORDS = {"device": "设备报送", "source": "事件报送", "stranger": "未通过验证的请求"}


def keep_within(who: str, name: str) -> None:
    """Count one call. Refuses with 429 and the seconds to wait what comes too often.

    ``who`` is ``device``, ``source`` or ``stranger`` (calls without valid proof, by address).
    """
    if not settings.RATE_LIMITS:
        return
    most = int(load("arrival")["http"][f"{who}_per_minute"])
    wait = too_many(f"arrival-{who}|{name}", most, MINUTE)
    if wait:
        raise Refusal(
            "TOO_OFTEN",
            f"{WORDS[who]}过于频繁（每分钟 {most} 次），本次未接收。",
            f"请 {wait} 秒后重发；读数可合并成批报送。",
            status=429,
            wait_seconds=wait,
        )


def stranger(request: HttpRequest) -> str:
    """The address of somebody who has proven nothing."""
    return str(request.META.get("REMOTE_ADDR", ""))
