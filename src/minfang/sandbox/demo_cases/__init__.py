"""The demonstration's cases, made once: seeded, complete, and the same to every rule as real ones.

A few cases are played through the product's own actions and photographed at every stage (``stage``);
the demonstration's cases are copies of those photographs (``copying``) with their own numbers, names,
figures, people, times and papers.
"""

import logging
import random
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction

from minfang.kernel.documents import queries as documents
from minfang.kernel.documents.models import Document
from minfang.kernel.files import actions as files
from minfang.kernel.files.models import StoredFile
from minfang.kernel.iam.models import Person
from minfang.sandbox import keys
from minfang.sandbox.demo_cases import (
    bulk,
    copying,
    later,
    numbers,
    papers,
    plan,
    projects,
    stage,
    team,
    telling,
)
from minfang.sandbox.demo_cases.copying import Copy, Detail, Wanted
from minfang.sandbox.demo_cases.ledger import Ledger
from minfang.sandbox.demo_cases.snapshot import Snapshot
from minfang.sandbox.store import Store
from minfang.services import checks, paperwork
from minfang.services.matters import current_version, definition_of, engine_of
from minfang.services.models import Case, CaseMaterial

log = logging.getLogger(__name__)
CHUNK = 1000
Shots = dict[str, Snapshot]


def ensure(count: int, folder: Path | None = None, *, light: bool = False) -> int:
    """Make ``count`` demonstration cases unless this database has had them; returns how many were made.

    ``folder`` is the sandbox's, so that its platforms know the cases; ``light`` leaves out papers and
    messages for all but a few (measurements with very many cases).
    """
    if count < 1:
        return 0
    place = folder or Path(settings.HOME) / "sandbox"
    with transaction.atomic():
        if team.made_before():
            return 0
        begun = time.monotonic()
        with papers.printers(1 if light else papers.processes(count)) as run:
            made = _make(count, place, light, run)
    log.info("%s demonstration cases in %.1f s", made, time.monotonic() - begun)
    return made


def _make(count: int, folder: Path, light: bool, run: papers.Run) -> int:
    bulk.calendar.cache_clear()
    chance = random.Random(team.SEED)  # noqa: S311
    folder.mkdir(parents=True, exist_ok=True)
    ring = keys.ring(folder / "keys")
    sheet = stage.paper()
    city, others = team.city(), team.districts()
    applicant = Person.objects.select_related("party").get(username="gu.shuyan")
    putuo = next(o for o in others if o.organization.district_code == team.PUTUO)
    shots = {
        True: stage.perform(stage.Play(city.cast(applicant), True, ring, sheet)),
        False: stage.perform(stage.Play(putuo.cast(applicant), False, ring, sheet)),
    }
    casts = {True: city.cast(applicant), False: putuo.cast(applicant)}
    numbers.PEOPLE_NAMES.update({p.pk: p.name for cast in casts.values() for p in cast.people()})
    lines = plan.lines(count, city, others, chance)
    wanted = _wanted(lines, shots, casts, chance, light)
    _keep_uploads(shots, sheet, applicant)
    return _write(wanted, None if light else Store(folder), folder, chance, run)


def _wanted(
    lines: Sequence[plan.Line],
    shots: dict[bool, Shots],
    casts: dict[bool, stage.Cast],
    chance: random.Random,
    light: bool,
) -> list[Wanted]:
    """Every line of the plan as a case to be made."""
    variants = projects.variants(engine_of(current_version(stage.MATTER).pk))
    companies, people = projects.companies(), team.applicants()
    known = {name: Person.objects.select_related("party").get(username=name) for name in ("gu.shuyan",)}
    found: list[Wanted] = []
    for line in lines:
        is_city = line.office.organization.district_code == team.CITY
        shot = shots[is_city][line.stage]
        beats = plan.beats_of(line, [name for name, _ in shot.beats], chance)
        index = chance.randrange(len(people))
        applicant = known[line.applicant] if line.applicant else people[index]
        district = (
            chance.choice(sorted(projects.names()["places"]))
            if is_city and not line.applicant
            else line.office.organization.district_code
        )
        form = projects.project_form(
            chance,
            chance.choice(variants),
            None if line.applicant else companies[index],
            team.PUTUO if line.applicant else district,
            city=is_city,
            on=beats[0].date(),
        )
        handler = line.office.handlers[line.handler % len(line.office.handlers)]
        mine = line.office.cast(applicant, handler).people()
        cast = dict(zip((p.pk for p in casts[is_city].people()), mine, strict=True))
        detail = line.detail if not light else (Detail.LISTED if len(found) < 400 else Detail.BARE)
        found.append(Wanted(shot, line.office.organization, cast, applicant, form, beats, detail))
    return found


def _keep_uploads(shots: dict[bool, Shots], sheet: bytes, owner: Person) -> None:
    """What the played applicants handed in is handed in by all: the sheets are stored once."""
    stored: dict[str, StoredFile] = {}
    for photographs in shots.values():
        for shot in photographs.values():
            definition = definition_of(shot.case.matter_version_id)
            for row in shot.materials:
                if row.file_id is None:
                    continue
                if row.code not in stored:
                    name = f"{definition.material(row.code)['name']}.pdf"
                    stored[row.code] = files.store(
                        name, sheet, owner=owner, allowed=["pdf"], purpose="material"
                    )
                row.file_id = stored[row.code].pk


def _write(
    wanted: Sequence[Wanted], store: Store | None, folder: Path, chance: random.Random, run: papers.Run
) -> int:
    ledger = Ledger()
    copies = [copying.begin(one, chance) for one in wanted]
    copies.sort(key=lambda copy: copy.times.after[-1])
    numbers.give_numbers(copies, ledger)
    telling.give_apply_numbers(copies, store)
    for start in range(0, len(copies), CHUNK):
        part = copies[start : start + CHUNK]
        copying.write_cases(part)
        _write_papers(part, folder, run)
        messages = telling.write_outbox(part)
        telling.write_messages([c for c in part if c.wanted.detail is not Detail.BARE])
        telling.write_ratings(part, chance)
        if store is not None:
            telling.tell_sandbox(store, messages, part)
        copies[start : start + CHUNK] = []
    ledger.write()
    return len(wanted)


def _write_papers(copies: Sequence[Copy], folder: Path, run: papers.Run) -> None:
    """Document rows, and their PDFs where they are wanted at once."""
    orders: list[tuple[Copy, Document | None, papers.Order]] = []
    for copy in copies:
        if copy.shot.instance is None:
            continue
        copy.documents = copying.new_documents(copy)
        if copy.wanted.detail.papers_now:
            orders += [(copy, row, later.order(row, folder)) for row in copy.documents]
        if copy.wanted.detail is Detail.FULL:
            orders.append((copy, None, _application(copy)))
    rows = [row for copy in copies for row in copy.documents]
    papers.make_seals(folder / "keys", sorted({later.seal_id(row) for row in rows} - {""}))
    made = list(run(papers.produce, [order for _, _, order in orders]))
    stored: list[StoredFile | None] = []
    for (copy, row, order), paper in zip(orders, made, strict=True):
        if row is None:
            stored.append(_keep_application(copy, order, paper))
        else:
            later.keep(row, paper)
            stored.append(row.file)
    bulk.insert(StoredFile, [file for file in stored if file])
    bulk.insert(Document, rows)
    CaseMaterial.objects.bulk_update(
        [m for copy, row, _ in orders if row is None for m in copy.materials.values()], ["file"]
    )


def _application(copy: Copy) -> papers.Order:
    """The signed application form of the copy."""
    case = Case.objects.select_related("matter", "organization", "party").get(pk=copy.case.pk)
    at = copy.rounds[-1].submitted_at
    shown = {
        "signer": case.applicant_name,
        "mode": "电子签章（SM2）",
        "serial": f"DEMO{case.pk:012d}",
        "at": at.strftime("%Y-%m-%d %H:%M"),
    }
    context = paperwork.application_context(case) | {"signature": shown, "signed_at": shown["at"]}
    return papers.Order(documents.published(f"{case.matter.code}.application").source, context, at)


def _keep_application(copy: Copy, order: papers.Order, paper: papers.Paper) -> StoredFile:
    name = f"{copy.case.matter.short_name}申请表.pdf"
    file = papers.file_of(name, paper.pdf, order.at, "application", copy.case.applicant_id)
    code = checks.application_code(copy.case)
    for material in copy.materials.values():
        if material.code == code:
            material.file = file
    return file
