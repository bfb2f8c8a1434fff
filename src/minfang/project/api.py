"""The HTTP API: one OpenAPI document, every route closed unless it declares a permission."""

import logging

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from minfang import __version__
from minfang.kernel.base.errors import FieldError, Refusal
from minfang.kernel.crypto.port import CryptoUnavailable
from minfang.kernel.iam.access import requires

log = logging.getLogger(__name__)

api = NinjaAPI(
    title="上海民防一体化平台",
    version=__version__,
    auth=requires("signed_in"),
    docs_url=None,
    urls_namespace="api",
)


def _answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    body = {
        "code": refusal.code,
        "message": refusal.message,
        "hint": refusal.hint,
        "fields": [vars(error) for error in refusal.fields],
        "trace_id": getattr(request, "request_id", ""),
    }
    return api.create_response(request, body, status=refusal.status)


@api.exception_handler(Refusal)
def refuse(request: HttpRequest, error: Refusal) -> HttpResponse:
    """Every refusal of the product in one shape."""
    return _answer(request, error)


@api.exception_handler(ValidationError)
def wrong_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A request whose values have the wrong type or size."""
    fields = [
        FieldError(".".join(str(p) for p in item["loc"][2:] or item["loc"]), "", "填写的类型或长度不对。")
        for item in error.errors
    ]
    return _answer(request, Refusal("WRONG_SHAPE", "提交的内容格式不对。", "请检查后重试。", fields, 422))


@api.exception_handler(CryptoUnavailable)
def without_cryptography(request: HttpRequest, error: CryptoUnavailable) -> HttpResponse:
    """The password service gives no usable answer: nothing was signed, sealed or changed."""
    log.error("request %s: %s", getattr(request, "request_id", ""), error)
    message = "密码服务暂时不可用，本次操作未生效。"
    return _answer(
        request, Refusal("CRYPTO_UNAVAILABLE", message, "请稍后重试；已填内容不受影响。", status=503)
    )


@api.exception_handler(Exception)
def broke(request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: logged with its trace number, told without internals."""
    log.exception("request %s failed", getattr(request, "request_id", ""))
    return _answer(
        request,
        Refusal("INTERNAL", "系统出错，本次操作未生效。", "请稍后重试；仍不行请报追踪号。", status=500),
    )


def _mount() -> None:
    """Hang the routers of both wings into the one API."""
    from minfang.kernel.administration.flows import api as flows_api
    from minfang.kernel.administration.grants import api as grants
    from minfang.kernel.administration.keys import api as keys
    from minfang.kernel.administration.operations import api as operations
    from minfang.kernel.administration.people import api as people
    from minfang.kernel.administration.policies import api as policies
    from minfang.kernel.administration.sessions import api as sessions
    from minfang.kernel.administration.trail import api as trail
    from minfang.registry.api import devices, works
    from minfang.services.api import (
        account,
        callbacks,
        datasets,
        limits,
        numbers,
        office,
        portal,
        public,
        pushes,
        session,
        shared,
    )
    from minfang.services.api import uploads as pieces
    from minfang.supervision.alarms.api import callbacks as alarm_callbacks
    from minfang.supervision.alarms.api import office as alarms
    from minfang.supervision.anomalies import api as anomalies
    from minfang.supervision.indicators import api as indicators
    from minfang.supervision.ledger import api as ledger
    from minfang.supervision.links import api as links
    from minfang.supervision.live import api as live
    from minfang.supervision.rules import api as rules

    api.add_router("/session", session.router)
    api.add_router("/account", account.router)
    api.add_router("/public", public.router)
    api.add_router("/public/callbacks", callbacks.router)
    api.add_router("/public/callbacks/alarms", alarm_callbacks.router)
    api.add_router("/public/iot", "minfang.supervision.alarms.api.events.router")
    api.add_router("/public/iot", "minfang.supervision.arrival.api.router")
    api.add_router("/portal", portal.router)
    api.add_router("/office", office.router)
    api.add_router("/office/datasets", datasets.router)
    api.add_router("/office/pushes", pushes.router)
    api.add_router("/office/alarms", alarms.router)
    api.add_router("/office/works", works.router)
    api.add_router("/office/devices", devices.router)
    api.add_router("/office/links", links.router)
    api.add_router("/office/telemetry", ledger.router)
    api.add_router("/office/anomalies", anomalies.router)
    api.add_router("/office/indicators", indicators.router)
    api.add_router("/admin/limits", limits.limits)
    api.add_router("/admin/calendar", limits.calendar)
    api.add_router("/admin/numbers", numbers.router)
    api.add_router("/uploads", pieces.router)
    api.add_router("/admin/people", people.router)
    api.add_router("/admin/grants", grants.router)
    api.add_router("/admin/policies", policies.router)
    api.add_router("/admin/sessions", sessions.router)
    api.add_router("/admin/keys", keys.router)
    api.add_router("/admin/flows", flows_api.router)
    api.add_router("/admin/operations", operations.router)
    api.add_router("/admin/trail", trail.router)
    api.add_router("/admin/alarms", trail.alarms)
    api.add_router("/office/live", live.router)
    api.add_router("/office/rules", rules.router)
    api.add_router("", shared.router)


def _require_permissions() -> None:
    """Refuse to start with an operation that does not declare exactly one permission (default deny, B.13)."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                guards = operation.auth_callbacks or router.auth or []
                names = {getattr(guard, "permission", "") for guard in guards}
                if len(names) != 1 or not all(names):
                    raise RuntimeError(
                        f"{operation.methods} {prefix}{path} declares {names or 'no permission'}"
                    )


_mount()
_require_permissions()
