"""The HTTP API: one OpenAPI document, every route closed unless it declares a permission."""

import logging

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from minfang import __version__
from minfang.kernel.base.errors import FieldError, Refusal
from minfang.kernel.crypto.port import CryptoUnavailable
from minfang.kernel.iam.access import requires
from minfang.project.rendering import JsonRenderer

log = logging.getLogger(__name__)

api = NinjaAPI(
    title="上海民防一体化平台",
    version=__version__,
    auth=requires("signed_in"),
    docs_url=None,
    urls_namespace="api",
    renderer=JsonRenderer(),
)


def _answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    body = {
        "code": refusal.code,
        "message": refusal.message,
        "hint": refusal.hint,
        "fields": [vars(error) for error in refusal.fields],
        "trace_id": getattr(request, "request_id", ""),
    }
    response = api.create_response(request, body, status=refusal.status)
    if refusal.wait_seconds:
        response["Retry-After"] = str(refusal.wait_seconds)
    return response


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


# Where each room's part of the API hangs.
ROUTERS = (
    ("/session", "services.api.session.router"),
    ("/account", "services.api.account.router"),
    ("/public", "services.api.public.router"),
    ("/public/callbacks", "services.api.callbacks.router"),
    ("/public/callbacks/alarms", "supervision.alarms.api.callbacks.router"),
    ("/public/iot", "supervision.arrival.api.events"),
    ("/public/iot", "supervision.arrival.api.router"),
    ("/portal", "services.api.portal.router"),
    ("/office", "services.api.office.router"),
    ("/office/datasets", "services.api.datasets.router"),
    ("/office/pushes", "services.api.pushes.router"),
    ("/office/alarms", "supervision.alarms.api.office.router"),
    ("/office/works", "registry.api.works.router"),
    ("/office/works", "registry.api.parts.router"),
    ("/office/devices", "registry.api.devices.router"),
    ("/office/links", "supervision.links.api.router"),
    ("/office/arrival", "supervision.arrival.office.router"),
    ("/office/telemetry", "supervision.ledger.api.router"),
    ("/office/anomalies", "supervision.anomalies.api.router"),
    ("/office/indicators", "supervision.indicators.api.router"),
    ("/admin/limits", "services.api.limits.limits"),
    ("/admin/calendar", "services.api.limits.calendar"),
    ("/admin/numbers", "services.api.numbers.router"),
    ("/uploads", "services.api.uploads.router"),
    ("/admin/people", "kernel.administration.people.api.router"),
    ("/admin/grants", "kernel.administration.grants.api.router"),
    ("/admin/policies", "kernel.administration.policies.api.router"),
    ("/admin/sessions", "kernel.administration.sessions.api.router"),
    ("/admin/keys", "kernel.administration.keys.api.router"),
    ("/admin/flows", "kernel.administration.flows.api.router"),
    ("/admin/operations", "kernel.administration.operations.api.router"),
    ("/admin/trail", "kernel.administration.trail.api.router"),
    ("/admin/alarms", "kernel.administration.trail.api.alarms"),
    ("/office/live", "supervision.live.api.router"),
    ("/office/rules", "supervision.rules.api.router"),
    ("", "services.api.shared.router"),
)


def _mount() -> None:
    """Hang the routers of both wings into the one API."""
    for prefix, router in ROUTERS:
        api.add_router(prefix, f"minfang.{router}")


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
