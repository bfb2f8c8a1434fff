"""Seals: put on in two halves, checked by our own verifier, worthless after the change of a single byte."""

import io
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pdfplumber
import pikepdf
import pytest
from PIL import Image

from minfang.kernel.base import clock
from minfang.kernel.documents import engine, sealing, seals
from minfang.kernel.documents.sealing import Placement, SealRefused
from minfang.kernel.documents.verify import verify_pdf

Read = Callable[[str], tuple[str, dict[str, Any]]]
PLACE = Placement(page=1, x=140.0, y=220.0)


@pytest.fixture
def pdf(template: Read) -> bytes:
    return engine.render_pdf(*template("accept_notice"))


def sealed_by(platform: Any, pdf: bytes, placement: Placement = PLACE) -> bytes:
    return sealing.seal(
        pdf, certificates=platform.chain, image=platform.image, placement=placement, sign=platform.sign
    )


def test_a_sealed_pdf_is_intact_trusted_and_names_its_seal(pdf: bytes, platform: Any) -> None:
    report = verify_pdf(sealed_by(platform, pdf), [platform.root])
    assert (report.sealed, report.intact, report.trusted, report.reason) == (True, True, True, "")
    assert report.signer_name == "上海市国防动员办公室审批专用章"
    assert report.algorithm == "SM2-SM3"
    assert report.signed_at is not None
    assert abs(report.signed_at - clock.now()) < timedelta(minutes=1)


def test_the_two_halves_can_be_apart(pdf: bytes, platform: Any) -> None:
    prepared = sealing.prepare(pdf, certificates=platform.chain, image=platform.image, placement=PLACE)
    assert len(prepared.to_sign) < 1000
    sealed = sealing.embed(prepared, platform.sign(prepared.to_sign))
    assert sealed.startswith(pdf)
    assert verify_pdf(sealed, [platform.root]).trusted


def test_a_signature_of_another_key_or_over_other_bytes_is_not_embedded(
    pdf: bytes, platform: Any, other_platform: Any
) -> None:
    prepared = sealing.prepare(pdf, certificates=platform.chain, image=platform.image, placement=PLACE)
    for signature in (
        other_platform.sign(prepared.to_sign),
        platform.sign(prepared.to_sign + b"."),
        platform.sign(prepared.digest),
        b"",
        b"\0" * 70,
    ):
        with pytest.raises(SealRefused):
            sealing.embed(prepared, signature)


def test_no_byte_of_a_sealed_pdf_can_change_unnoticed(pdf: bytes, platform: Any) -> None:
    sealed = sealed_by(platform, pdf)
    whole = verify_pdf(sealed, [platform.root])
    gap_start = sealed.index(b"/Contents <") + len(b"/Contents ")
    gap = range(gap_start, sealed.index(b">", gap_start) + 1)
    chance = random.Random(20261122)
    places = [chance.randrange(len(sealed)) for _ in range(150)]
    places += [chance.randrange(gap.start, gap.stop) for _ in range(80)]
    for place in places:
        changed = bytearray(sealed)
        changed[place] ^= 1 << chance.randrange(8)
        report = verify_pdf(bytes(changed), [platform.root])
        if place in gap:
            assert not report.intact or replace(report, trusted=True, reason="") == whole
        else:
            assert not report.intact


def test_bytes_added_or_cut_off_are_noticed(pdf: bytes, platform: Any) -> None:
    sealed = sealed_by(platform, pdf)
    for other in (sealed + b"\n", sealed + pdf, sealed[:-1], sealed[: len(pdf)] + b"%%EOF"):
        assert not verify_pdf(other, [platform.root]).intact


def test_a_later_revision_is_noticed_although_the_signature_still_covers_its_part(
    pdf: bytes, platform: Any
) -> None:
    sealed = sealed_by(platform, pdf)
    with pikepdf.open(io.BytesIO(sealed)) as book:
        book.docinfo["/Title"] = "改"
        out = io.BytesIO()
        book.save(out)
    assert not verify_pdf(out.getvalue(), [platform.root]).intact


def test_an_unknown_root_is_intact_but_not_trusted(pdf: bytes, platform: Any, other_platform: Any) -> None:
    report = verify_pdf(sealed_by(platform, pdf), [other_platform.root])
    assert (report.intact, report.trusted) == (True, False)
    assert "不受信任" in report.reason


def test_a_certificate_not_valid_at_the_time_of_sealing_is_not_trusted(pdf: bytes, platform: Any) -> None:
    with clock.moved_to(clock.now() - timedelta(days=30)):
        sealed = sealed_by(platform, pdf)
    report = verify_pdf(sealed, [platform.root])
    assert (report.intact, report.trusted) == (True, False)
    assert "有效期" in report.reason


def test_a_seal_from_the_future_is_not_trusted(pdf: bytes, platform: Any) -> None:
    with clock.moved_to(clock.now() + timedelta(days=2)):
        sealed = sealed_by(platform, pdf)
    assert "晚于当前时间" in verify_pdf(sealed, [platform.root]).reason


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"MZ\x90", b"\0" * 1000])
def test_files_that_are_no_pdf_are_reported_not_raised(content: bytes) -> None:
    assert not verify_pdf(content, []).intact


def test_an_unsealed_pdf_is_said_to_be_unsealed(pdf: bytes) -> None:
    report = verify_pdf(pdf, [])
    assert (report.sealed, report.intact) == (False, False)
    assert report.reason == "文件未加盖电子印章"


def test_the_seal_is_42_mm_wide_and_centred_where_it_was_placed(template: Read, platform: Any) -> None:
    rendered = engine.render(*template("approval"))
    placement = Placement.at(rendered.anchors["seal"])
    sealed = sealed_by(platform, rendered.pdf, placement)
    with pikepdf.open(io.BytesIO(sealed)) as book:
        field = book.Root.AcroForm.Fields[0]
        left, bottom, right, top = (float(n) * 25.4 / 72 for n in field.Rect)
        assert right - left == pytest.approx(42, abs=0.5)
        assert (left + right) / 2 == pytest.approx(placement.x, abs=0.5)
        assert 297 - (bottom + top) / 2 == pytest.approx(placement.y, abs=0.5)
        transform = field.V.Reference[0].TransformParams
        assert int(transform.P) == 1
    with pdfplumber.open(io.BytesIO(sealed)) as book:
        assert "2026年11月20日" in (book.pages[-1].extract_text() or "")


def test_sealing_takes_well_under_its_limit(template: Read, platform: Any) -> None:
    source, sample = template("approval")
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        rendered = engine.render(source, sample)
        sealed_by(platform, rendered.pdf, Placement.at(rendered.anchors["seal"]))
        taken.append(time.perf_counter() - began)
    assert min(taken) < 1.5


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("上海市国防动员办公室", "审批专用章"),
        ("黄浦区国防动员办公室", ""),
        ("中国（上海）自由贸易试验区临港新片区管理委员会", "审批专用章"),
        ("某", "章"),
    ],
)
def test_seals_are_round_red_and_transparent(name: str, line: str) -> None:
    with Image.open(io.BytesIO(seals.draw_seal(name, line))) as picture:
        assert picture.mode == "RGBA"
        assert picture.width == picture.height == pytest.approx(42 / 25.4 * seals.DPI, abs=2)
        corner = picture.getpixel((2, 2))
        rim = picture.getpixel((picture.width // 2, round(0.9 / 42 * picture.height)))
        assert isinstance(corner, tuple)
        assert isinstance(rim, tuple)
        assert corner[3] == 0
        assert rim[0] > 180
        assert rim[1] < 80


def test_keys_of_the_platform_are_not_in_the_file(pdf: bytes, platform: Any) -> None:
    sealed = sealed_by(platform, pdf)
    assert platform.key.private.hex().encode() not in sealed
