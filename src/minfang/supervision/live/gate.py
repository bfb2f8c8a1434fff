"""Who may open a stream and which works it may speak of; asked when it opens and again every minute."""

from importlib import import_module

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam import proof, sessions
from minfang.kernel.iam.access import access_of
from minfang.kernel.iam.models import Person
from minfang.registry.models import Works
from minfang.supervision.live.queries import PERMISSION


def admit(session_key: str) -> frozenset[int]:
    """The works this session may hear of.

    Refuses with the words of the product when nobody is signed in, the session ran out, or the permission is
    not held. An open stream does not keep a session alive.
    """
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key or None)
    user = auth.get_user(request)
    request.user = user
    held = proof.of(request)
    if not isinstance(user, Person) or held is None or sessions.run_out(user, held):
        raise Refusal("SESSION_EXPIRED", "登录已失效。", "请重新登录。", status=401)
    access = access_of(request)
    if not access.may(PERMISSION):
        raise Refusal("FORBIDDEN", "您没有查看物联数据的权限。", "请联系本单位安全管理员授权。", status=403)
    return frozenset(Works.objects.visible_to(access, PERMISSION).values_list("pk", flat=True))
