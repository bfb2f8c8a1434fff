"""Word templates: filled with data, never with code."""

import io
import zipfile
from typing import Any

import docx as word
import pytest

from minfang.kernel.base.errors import Refusal
from minfang.kernel.documents import docx, trial


def template(*paragraphs: str) -> bytes:
    document = word.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def words(content: bytes) -> list[str]:
    return [p.text for p in word.Document(io.BytesIO(content)).paragraphs]


def test_values_lists_and_conditions_are_filled_in() -> None:
    source = template(
        "{{ title }}：{{ holder.name }}",
        "{%p for item in items %}",
        "{{ loop.index }}. {{ item }}",
        "{%p endfor %}",
        "{% if urgent %}急{% endif %}",
    )
    context = {"title": "流转单", "holder": {"name": "㐂喆𬬻"}, "items": ["甲", "乙"], "urgent": True}
    assert words(docx.render(source, context)) == ["流转单：㐂喆𬬻", "1. 甲", "2. 乙", "急"]


def test_values_are_escaped() -> None:
    content = docx.render(template("{{ name }}"), {"name": '<w:p>&"甲"</w:p>'})
    assert words(content) == ['<w:p>&"甲"</w:p>']
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"&lt;w:p&gt;" in archive.read("word/document.xml")


@pytest.mark.parametrize(
    "payload",
    [
        "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ (1).__class__.__base__ }}",
        "{{ items.append('x') }}",
        "{{ holder.update(a=1) }}",
        "{{ '{0.__class__}'.format(title) }}",
        "{% for i in range(999999999) %}x{% endfor %}",
        "{{ unknown_field }}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_templates_cannot_run_code_or_reach_beyond_their_data(payload: str) -> None:
    context: dict[str, Any] = {"title": "题", "holder": {"name": "甲"}, "items": ["甲"]}
    with pytest.raises(Refusal, match="TEMPLATE_BROKEN"):
        docx.render(template(payload), context)


def test_objects_of_the_product_do_not_reach_templates() -> None:
    with pytest.raises(TypeError):
        docx.render(template("{{ thing }}"), {"thing": object()})


def test_fields_a_template_asks_for_are_known_before_it_is_used() -> None:
    assert docx.unknown_fields(
        template("{{ title }} {{ holder.name }} {{ secret }}"), {"title", "holder"}
    ) == {"secret"}


def test_loops_within_loops_are_stopped_in_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    import base64

    monkeypatch.setattr(trial, "TIME_LIMIT_SECONDS", 4)
    loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    source = base64.b64encode(template(loops)).decode()
    with pytest.raises(Refusal, match="TEMPLATE_SLOW"):
        trial.trial_render("WORD", source, {}, ())
