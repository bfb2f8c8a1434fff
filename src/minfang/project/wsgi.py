"""The WSGI application granian serves."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from minfang.project import processes

processes.end_with_parent(signal.SIGKILL)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minfang.project.settings")
application = get_wsgi_application()


def _refuse_to_serve() -> None:
    """A web process started by hand obeys the same rule as ``minfang up``."""
    from minfang.project import manifest

    manifest.refuse_to_serve()


_refuse_to_serve()
