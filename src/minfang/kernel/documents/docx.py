"""Word files from Word templates, for what officers go on editing.

The library's own environment runs code named in a template, so it is never used: templates run in
Jinja's immutable sandbox with plain values only, unknown names are errors, and values are escaped.
"""

import io
from typing import Any
from zipfile import BadZipFile

import orjson
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from minfang.kernel.base.errors import Refusal


def environment() -> ImmutableSandboxedEnvironment:
    """The only environment Word templates run in."""
    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def _plain(context: dict[str, Any]) -> dict[str, Any]:
    """The context as plain data: no object of ours is reachable from a template."""
    return orjson.loads(orjson.dumps(context))


def render(template: bytes, context: dict[str, Any]) -> bytes:
    """Fill a .docx template; refuses templates that ask for unknown fields or for more than data."""
    data = _plain(context)
    try:
        document = DocxTemplate(io.BytesIO(template))
        document.render(data, jinja_env=environment())
    except (TemplateError, OverflowError, TypeError, AttributeError, BadZipFile) as error:
        raise Refusal(
            "TEMPLATE_BROKEN",
            f"Word 模板无法套用：{error}",
            "请核对模板中的字段名，模板内只能取值、循环和判断。",
            status=422,
        ) from error
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def unknown_fields(template: bytes, known: set[str]) -> set[str]:
    """Field names a template asks for that are not in ``known``."""
    document = DocxTemplate(io.BytesIO(template))
    return set(document.get_undeclared_template_variables(jinja_env=environment(), context={})) - known
