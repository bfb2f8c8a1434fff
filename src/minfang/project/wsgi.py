"""The WSGI application granian serves."""

import gc
import os
import signal

from django.core.wsgi import get_wsgi_application

from minfang.project import processes

processes.end_with_parent(signal.SIGKILL)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minfang.project.settings")
application = get_wsgi_application()

COLLECT_AFTER = (10_000, 20, 20)  # objects of a long list are not a reason to look for garbage


def _refuse_to_serve() -> None:
    """A web process started by hand obeys the same rule as ``minfang up``."""
    from minfang.project import manifest

    manifest.refuse_to_serve()


def _settle() -> None:
    """Load every route now rather than with somebody's first request.

    What is loaded stays for good: the collector need not walk it while somebody waits for an answer.
    """
    from django.urls import get_resolver

    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


_refuse_to_serve()
_settle()
