"""Setting documents: every template against its golden text, the national layout, rare characters, safety."""

import io
import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pdfplumber
import pikepdf
import pytest

from minfang.kernel.base.errors import Refusal
from minfang.kernel.documents import engine, fonts, trial

Read = Callable[[str], tuple[str, dict[str, Any]]]
GOLDEN = Path(__file__).parent / "golden"
NAMES = [
    "accept_notice",
    "application",
    "approval",
    "denial",
    "not_accept_notice",
    "prereview_note",
    "receipt",
    "supplement_notice",
]
MM = 72 / 25.4
PLAIN = '#import "/lib/form.typ": *\n#show: form.with(title: "试")\n#value("text")'


def text_of(pdf: bytes) -> str:
    """All text without white space, a line for each sentence, so that golden texts read well."""
    with pdfplumber.open(io.BytesIO(pdf)) as book:
        pages = ["".join((page.extract_text() or "").split()) for page in book.pages]
    return "\n".join(re.sub(r"([。；])", r"\1\n", page) for page in pages) + "\n"


def plain(text: str) -> str:
    return text_of(engine.render_pdf(PLAIN, {"text": text}))


@pytest.mark.parametrize("name", NAMES)
def test_every_template_prints_its_golden_text(name: str, template: Read) -> None:
    text = text_of(engine.render_pdf(*template(name)))
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("MINFANG_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
    assert not re.search(r"none|null|undefined|〔U\+", text)


@pytest.mark.parametrize("name", NAMES)
def test_every_template_is_safe_and_its_own_text_has_glyphs(name: str, template: Read) -> None:
    source, sample = template(name)
    engine.check_source(source)
    covered = fonts.font_set().covered
    assert {c for c in source + json.dumps(sample, ensure_ascii=False) if ord(c) not in covered} <= {"\n"}


@pytest.mark.parametrize("name", NAMES)
def test_templates_bear_missing_optional_values(name: str, template: Read) -> None:
    source, sample = template(name)
    kept = {"issuer", "recipient", "matter", "project_name", "case_no", "applied_at", "accepted_at", "date"}
    kept |= {"reasons", "items", "promise_days", "promise_due", "legal_days", "due", "days", "agency"}
    kept |= {"project", "areas", "applicant_name", "received_at", "passed"}
    fewer = {key: value for key, value in sample.items() if key in kept}
    fewer |= {"project": {"name": "某项目"}, "areas": {}} if name == "approval" else {}
    assert engine.render_pdf(source, fewer)


def test_the_application_is_ready_within_half_a_second_once_warm(template: Read) -> None:
    source, sample = template("application")
    engine.render_pdf(source, sample)
    taken = []
    for number in range(3):
        began = time.perf_counter()
        engine.render_pdf(source, sample | {"case_no": f"3101152611220000001{number}"})
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.5


def test_pdfs_are_archivable_and_embed_every_font(template: Read) -> None:
    with pikepdf.open(io.BytesIO(engine.render_pdf(*template("approval")))) as pdf:
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "B")
        descriptors = [
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"
        ]
        assert descriptors
        assert all({"/FontFile2", "/FontFile3"} & set(d.keys()) for d in descriptors)
        assert "准予行政许可决定书" in meta["dc:title"]


# --- GB/T 9704-2012 ------------------------------------------------------------------------------------


def chars(page: Any, size: float) -> list[dict[str, Any]]:
    return [c for c in page.chars if abs(c["size"] - size) < 0.2]


def test_the_head_stands_where_the_standard_puts_it(template: Read) -> None:
    with pdfplumber.open(io.BytesIO(engine.render_pdf(*template("approval")))) as book:
        page = book.pages[0]
        assert (round(page.width / MM), round(page.height / MM)) == (210, 297)
        mark = chars(page, 32)
        assert "".join(c["text"] for c in mark) == "上海市国防动员办公室"
        assert all(
            c["non_stroking_color"][0] > 0.85 and max(c["non_stroking_color"][1:]) < 0.15 for c in mark
        )
        middle = (min(c["x0"] for c in mark) + max(c["x1"] for c in mark)) / 2
        assert middle / MM == pytest.approx(28 + 78, abs=1)
        title = chars(page, 22)
        assert "".join(c["text"] for c in title) == "准予行政许可决定书"
        rule = next(shape for shape in page.lines + page.rects if shape["width"] > 150 * MM)
        assert rule["width"] / MM == pytest.approx(156, abs=0.5)
        number = [c for c in page.chars if mark[0]["bottom"] < c["top"] < rule["top"]]
        assert "".join(c["text"] for c in number) == "沪国动审〔2026〕017号"
        assert (rule["top"] - max(c["bottom"] for c in number)) / MM == pytest.approx(4, abs=1.8)


def test_the_body_has_28_characters_a_line_and_22_lines_a_page(template: Read) -> None:
    source, sample = template("denial")
    sample["reasons"] = [{"fact": "测" * 2000, "basis": ""}]
    with pdfplumber.open(io.BytesIO(engine.render_pdf(source, sample))) as book:
        page = book.pages[1]
        lines: dict[int, int] = {}
        for char in chars(page, 16):
            lines[round(char["top"])] = lines.get(round(char["top"]), 0) + 1
            assert char["x0"] >= 28 * MM - 1
            assert char["x1"] <= (28 + 156) * MM + 1
        assert len(lines) == 22
        assert set(lines.values()) == {28}


def test_page_numbers_stand_right_on_odd_and_left_on_even_pages(template: Read) -> None:
    with pdfplumber.open(io.BytesIO(engine.render_pdf(*template("approval")))) as book:
        for page in book.pages:
            number = chars(page, 14)
            assert "".join(c["text"] for c in number).replace(" ", "") == f"—{page.page_number}—"
            if page.page_number % 2:
                assert number[-1]["x1"] / MM == pytest.approx(184 - 14 / MM, abs=1.5)
            else:
                assert number[0]["x0"] / MM == pytest.approx(28 + 14 / MM, abs=1.5)


def test_the_seal_presses_on_name_and_date(template: Read) -> None:
    rendered = engine.render(*template("approval"))
    place = rendered.anchors["seal"]
    with pdfplumber.open(io.BytesIO(rendered.pdf)) as book:
        assert place.page == len(book.pages)
        found = {w: book.pages[-1].search(w)[-1] for w in ("上海市国防动员办公室", "2026年11月20日")}
    for words in found.values():
        middle = (words["x0"] + words["x1"]) / 2 / MM
        assert middle == pytest.approx(place.x, abs=1.5)
        assert abs((words["top"] + words["bottom"]) / 2 / MM - place.y) < 21
    last = found["2026年11月20日"]
    assert (184 - last["x1"] / MM) == pytest.approx(4 * 16 / MM, abs=1.5)


def test_a_long_table_repeats_its_head_on_every_page(template: Read) -> None:
    source, sample = template("application")
    table = sample["sections"][2]["tables"][1]
    table["rows"] = [[str(n), *table["rows"][0][1:]] for n in range(1, 121)]
    with pdfplumber.open(io.BytesIO(engine.render_pdf(source, sample))) as book:
        heads = [page for page in book.pages if "掩蔽人数" in (page.extract_text() or "")]
    assert len(heads) >= 3


# --- what people type ----------------------------------------------------------------------------------


def test_rare_characters_of_names_are_printed_as_themselves() -> None:
    assert "㐂喆𬬻堃赟曌䶮" in plain("㐂喆𬬻堃赟曌䶮")


def test_every_ideograph_of_gbk_and_of_the_first_two_blocks_has_a_glyph() -> None:
    covered = fonts.font_set().covered
    assert covered.issuperset(range(0x4E00, 0xA000))
    assert covered.issuperset(range(0x3400, 0x4DC0))


def test_ideographs_without_a_glyph_are_annotated_and_reported() -> None:
    rendered = engine.render(PLAIN, {"text": "𠮷野家与𪚥"})
    assert rendered.annotated == ("𠮷", "𪚥")
    assert "〔U+20BB7〕野家与〔U+2A6A5〕" in text_of(rendered.pdf)


def test_other_characters_without_a_glyph_are_refused_by_name() -> None:
    with pytest.raises(Refusal, match="U\\+1F600") as refusal:
        engine.render(PLAIN, {"rows": [{"text": "项目😀\ue863"}]})
    assert "2 个字符" in refusal.value.message
    assert "U+E863" in refusal.value.message


def test_text_never_becomes_markup() -> None:
    text = '#panic("x") *粗* _斜_ = 题 $x$ \\ <标> @某 "引" `码` [x] //注'
    assert "".join(text.split()) in plain(text)


def test_a_name_of_5000_characters_stays_on_its_pages(template: Read) -> None:
    source, sample = template("application")
    sample["sections"][0]["rows"][0]["value"] = "某" * 5000
    sample["sections"][1]["rows"][0]["value"] = "A1-_/" * 1000
    with pdfplumber.open(io.BytesIO(engine.render_pdf(source, sample))) as book:
        everything = [c for page in book.pages for c in page.chars]
        assert sum(c["text"] == "某" for c in everything) >= 5000
        assert max(c["x1"] for c in everything) <= (210 - 19) * MM


# --- templates staff hand in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        '#import "@preview/cetz:0.3.1": *',
        '#let x = "@pre" + "view/cetz:0.3.1"\n#import x: *',
        '#include "/etc/passwd"',
        '#read("/lib/form.typ")',
        '#eval("1+1")',
        '#plugin("x.wasm")',
        '#import "/lib/../fonts.toml": *',
    ],
)
def test_templates_that_reach_out_are_refused(source: str) -> None:
    with pytest.raises(Refusal, match="TEMPLATE_UNSAFE"):
        engine.check_source(source)


@pytest.mark.parametrize("path", ["/etc/passwd", "../models.py", "../../../../../../etc/passwd"])
def test_the_file_system_is_closed_to_templates(path: str) -> None:
    with pytest.raises(engine.TemplateError):
        engine.render(f'#image("{path}")', {})


def test_a_broken_template_says_where(template: Read) -> None:
    with pytest.raises(engine.TemplateError, match="issuer"):
        engine.render(template("approval")[0], {"verify": None})


def test_an_endless_template_is_stopped_in_its_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "TIME_LIMIT_SECONDS", 3)
    endless = "#for a in range(100000) { for b in range(100000) { for c in range(100000) {} } }"
    with pytest.raises(Refusal, match="TEMPLATE_SLOW"):
        trial.trial_render("TYPST", endless, {}, fonts.folders())


def test_a_trial_renders_what_the_product_renders(template: Read) -> None:
    source, sample = template("receipt")
    pdf = trial.trial_render("TYPST", source, sample, fonts.folders())
    assert text_of(pdf) == text_of(engine.render_pdf(source, sample))


def test_missing_fonts_are_said_not_printed_blank(tmp_path: Path) -> None:
    with pytest.raises(fonts.NoFonts, match="MINFANG_FONTS"):
        fonts.load((str(tmp_path),))
