"""The faces (single-page documents), health, and the answer to a missing CSRF token."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import ensure_csrf_cookie

from minfang.kernel.operations import health
from minfang.project import observing

NOT_BUILT = "页面尚未构建，请运行 make up。"


@ensure_csrf_cookie
def face(request: HttpRequest, name: str) -> HttpResponse:
    """The document of one face; its router does the rest in the browser."""
    page = settings.WEB_DIST / f"{name}.html"
    if not page.exists():
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(page.read_bytes(), content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def sandbox(request: HttpRequest) -> HttpResponse:
    """The sandbox runs beside the product; in demo mode its console is one click away."""
    if not settings.DEMO:
        return HttpResponse("未启用演示环境。", status=404, content_type="text/plain; charset=utf-8")
    return HttpResponseRedirect(settings.SANDBOX_URL)


def alive(request: HttpRequest) -> JsonResponse:
    """The process answers; says nothing of what it needs."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Whether requests can be served: database, migrations, keys, disk. 503 with the names of what fails."""
    failed = [check.name for check in health.readiness() if not check.passed]
    return JsonResponse(
        {"status": "failed" if failed else "ok", "failed": failed}, status=503 if failed else 200
    )


def metrics(request: HttpRequest) -> HttpResponse:
    """Counters and gauges in the Prometheus text format, for the addresses that may read them."""
    if request.META.get("REMOTE_ADDR", "") not in settings.METRICS_FROM:
        return HttpResponse("未找到。", status=404, content_type="text/plain; charset=utf-8")
    return HttpResponse(observing.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> JsonResponse:
    """A form from another site, or a page older than the session."""
    return JsonResponse(
        {
            "code": "CSRF",
            "message": "页面凭据已失效，本次操作未执行。",
            "hint": "刷新页面后重试，已填内容保存在本机。",
            "fields": [],
            "trace_id": getattr(request, "request_id", ""),
        },
        status=403,
    )
