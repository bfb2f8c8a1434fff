"""Addresses of the product: the API, the faces, health."""

from django.urls import URLPattern, URLResolver, path, re_path

from minfang.project import views
from minfang.project.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("healthz", views.alive),
    path("readyz", views.ready),
    path("metrics", views.metrics),
    path("sandbox", views.sandbox),
    re_path(r"^office(?:/.*)?$", views.face, {"name": "office"}),
    re_path(r"^admin(?:/.*)?$", views.face, {"name": "admin"}),
    re_path(r"^m(?:/.*)?$", views.face, {"name": "mobile"}),
    re_path(r"^screen(?:/.*)?$", views.face, {"name": "screen"}),
    re_path(r"^(?!api/|static/|assets/|fonts/).*$", views.face, {"name": "portal"}),
]
