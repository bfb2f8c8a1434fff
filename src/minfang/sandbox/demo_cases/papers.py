"""Set and seal the papers of copied cases, several at a time in processes of their own."""

import base64
import multiprocessing
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates
from minfang.kernel.crypto.certificates import Subject
from minfang.kernel.crypto.local import sm3
from minfang.kernel.documents import engine, sealing, verification
from minfang.kernel.files import storage
from minfang.kernel.files.models import StoredFile
from minfang.sandbox import child, keys, pictures
from minfang.sandbox.platforms.eseal import seals

MANY_CASES = 150


@dataclass(frozen=True)
class Order:
    """One paper to be set as of a moment; ``seal`` names the seal it gets, if any."""

    source: str
    context: dict[str, Any]
    at: datetime
    verify_code: str = ""
    seal: str = ""
    title: str = ""
    keys: Path | None = None


@dataclass(frozen=True)
class Paper:
    """A paper as PDF, where its seal belongs, and what the seal says of itself."""

    pdf: bytes
    placement: dict[str, Any] | None = None
    seal_info: dict[str, str] | None = None


Run = Callable[[Callable[[Order], Paper], Iterable[Order]], Iterable[Paper]]


@lru_cache(maxsize=64)
def _certificates(folder: Path, seal_id: str) -> tuple[Subject, tuple[Any, ...]]:
    seal = seals()[seal_id]
    subject = Subject(seal["name"], seal["organization"])
    ring = keys.ring(folder)
    pems = (ring.certificate(seal_id, subject), *ring.chain())
    return subject, tuple(found for pem in pems for found in certificates.from_pem(pem))


def _picture(seal_id: str) -> bytes:
    seal = seals()[seal_id]
    return pictures.seal(seal["organization"], seal["words"])


def make_seals(folder: Path, seal_ids: Sequence[str]) -> None:
    """Have keys and certificates made before several processes want them at once."""
    for seal_id in seal_ids:
        _certificates(folder, seal_id)


def produce(order: Order) -> Paper:
    """Set one paper, and seal it as the seal platform would."""
    with clock.moved_to(order.at):
        verify = verification.block(order.verify_code) if order.verify_code else None
        rendered = engine.render(order.source, {**order.context, "verify": verify})
        anchor = rendered.anchors.get("seal")
        if not order.seal or anchor is None or order.keys is None:
            return Paper(rendered.pdf, asdict(anchor) if anchor else None)
        subject, chain = _certificates(order.keys, order.seal)
        place = sealing.Placement.at(anchor)
        prepared = sealing.prepare(
            rendered.pdf, certificates=chain, image=_picture(order.seal), reason=order.title, placement=place
        )
        answer = keys.ring(order.keys).sign(order.seal, subject, prepared.to_sign)
        pdf = sealing.embed(prepared, base64.b64decode(answer["signature"]))
        info = {
            "seal_id": order.seal,
            "name": subject.common_name,
            "signer_name": subject.common_name,
            "signed_at": clock.now().isoformat(),
            "serial": certificates.serial(chain[0]),
            "algorithm": "SM2-SM3",
        }
        return Paper(pdf, asdict(anchor), info)


@contextmanager
def printers(count: int) -> Iterator[Run]:
    """A ``map`` over that many processes, or over none: then the papers are set here.

    The processes get ready while the caller does something else.
    """
    if count < 2:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=child.prepare) as pool:
        for _ in range(count):
            pool.submit(os.getpid)
        yield lambda work, orders: pool.map(work, orders, chunksize=4)


def processes(cases: int) -> int:
    """As many as there are cores, once it is worth starting them."""
    return min(os.cpu_count() or 1, 4) if cases >= MANY_CASES else 1


def file_of(name: str, content: bytes, at: datetime, purpose: str, owner_id: int | None) -> StoredFile:
    """A stored file (its row is not saved yet)."""
    file = StoredFile(
        id=uuid.uuid4(),
        name=name,
        size=len(content),
        media_type="application/pdf",
        extension="pdf",
        sm3=sm3(content).hex(),
        purpose=purpose,
        owner_id=owner_id,
        stored_at=at,
    )
    storage.write(file.id, content, file.make_key())
    return file
