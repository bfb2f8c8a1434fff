"""Pages of the sandbox: files with ``${name}`` in them, values escaped."""

import html
from collections.abc import Mapping
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse

PAGES = Path(__file__).parent / "pages"


class Markup(str):
    """Text that is HTML already."""


def render(name: str, values: Mapping[str, str], status: int = 200) -> HTMLResponse:
    """One page with its values."""
    safe = {key: value if isinstance(value, Markup) else html.escape(value) for key, value in values.items()}
    safe["style"] = Markup((PAGES / "style.css").read_text(encoding="utf-8"))
    return HTMLResponse(Template((PAGES / name).read_text(encoding="utf-8")).safe_substitute(safe), status)


def problem(message: str, status: int = 400) -> HTMLResponse:
    """A page that says what is wrong."""
    return render("problem.html", {"message": message}, status)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form as the browser sends it."""
    return dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))


def is_address(text: str) -> bool:
    """Whether a browser may be sent there: an absolute http(s) address with a host."""
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def with_parameters(address: str, **parameters: str) -> str:
    """The address with more query parameters; empty ones are left out."""
    kept = {name: value for name, value in parameters.items() if value}
    return address + ("&" if "?" in address else "?") + urlencode(kept)
