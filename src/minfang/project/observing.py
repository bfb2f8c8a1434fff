"""What can be seen of the running product from outside: a line and a count for every request."""

import logging
import os
import time
from collections.abc import Callable

import prometheus_client as prometheus
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from prometheus_client import multiprocess
from prometheus_client.core import GaugeMetricFamily

from minfang.kernel.base import clock
from minfang.kernel.exchange import queries as exchange
from minfang.kernel.exchange.models import SETTLED
from minfang.kernel.operations import health
from minfang.kernel.operations.models import JobRun, ProcessSeen

log = logging.getLogger("minfang.requests")
QUIET = ("/assets/", "/fonts/", "/healthz", "/readyz", "/metrics")
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)

REQUESTS = prometheus.Counter(
    "minfang_requests_total", "Requests by route, method and status", ["route", "method", "status"]
)
SECONDS = prometheus.Histogram(
    "minfang_request_seconds", "Seconds a request took, by route", ["route"], buckets=BUCKETS
)


def route_of(request: HttpRequest) -> str:
    """The route's pattern, never the address: addresses hold ids."""
    match = request.resolver_match
    if match is None:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return "unknown"
    return f"/{match.route}" if match.route.startswith("api/") else match.url_name or match.route or "face"


class ObservingMiddleware:
    """Count every request, and write one line for each but those for static files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        if request.path.startswith(QUIET):
            return response
        seconds, route = time.perf_counter() - began, route_of(request)
        method = request.method if request.method in KNOWN_METHODS else "OTHER"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        SECONDS.labels(route).observe(seconds)
        facts = {
            "route": route,
            "method": method,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
            "person": getattr(getattr(request, "user", None), "pk", None),
        }
        level = logging.ERROR if response.status_code >= 500 else logging.INFO
        request_id = getattr(request, "request_id", "")
        log.log(level, "request", extra={"facts": facts, "request_id": request_id})
        return response


KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Product:
    """Gauges read from the database when somebody asks."""

    def collect(self) -> list[GaugeMetricFamily]:
        """The gauges of this moment."""
        waiting = GaugeMetricFamily(
            "minfang_outbox_messages", "Messages to outside platforms", labels=["platform", "state"]
        )
        oldest = GaugeMetricFamily(
            "minfang_outbox_oldest_seconds", "Age of the oldest unsettled message", labels=["platform"]
        )
        for platform in exchange.status():
            for state, count in platform.counts.items():
                if state not in SETTLED:
                    waiting.add_metric([platform.connector, str(state)], count)
            oldest.add_metric([platform.connector], platform.oldest_seconds or 0)
        failing = GaugeMetricFamily("minfang_job_failures", "Failed turns in a row", labels=["job"])
        for row in JobRun.objects.all():
            failing.add_metric([row.name], row.failures)
        silent = GaugeMetricFamily(
            "minfang_process_silent_seconds", "Since the last sign", labels=["process"]
        )
        for process in ProcessSeen.objects.all():
            silent.add_metric([process.name], (clock.now() - process.seen_at).total_seconds())
        free = GaugeMetricFamily("minfang_disk_free_bytes", "Free space for files", value=health.free_bytes())
        return [waiting, oldest, failing, silent, free]


def exposition() -> bytes:
    """Counters of all web processes and the gauges of this moment, in the Prometheus text format."""
    gauges = prometheus.CollectorRegistry()
    gauges.register(_Product())
    counters: prometheus.CollectorRegistry = prometheus.REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counters = prometheus.CollectorRegistry()
        multiprocess.MultiProcessCollector(counters)
    return prometheus.generate_latest(counters) + prometheus.generate_latest(gauges)
