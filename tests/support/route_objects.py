"""Three applications in three offices and three works, with everything that hangs on them: what others must
not reach."""

import json
from datetime import timedelta
from typing import Any

from django.test import Client

from minfang.kernel.base import clock
from minfang.kernel.documents.models import Document
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.files import actions as files
from minfang.kernel.files.models import Upload
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Person
from minfang.registry.models import Works
from minfang.sandbox import demo_works
from minfang.services.actions import submission
from minfang.services.matters import DEFINITIONS
from minfang.services.models import Case, CaseMaterial, MatterVersion
from minfang.supervision.alarms.actions.telling import Telling, tell_all
from minfang.supervision.alarms.models import Alarm, AlarmPhoto, Silence
from minfang.supervision.anomalies.models import AnomalyFinding
from minfang.supervision.links.models import DataLink, DataSource, LinkRun
from minfang.supervision.telemetry.actions import series_of

SAMPLE = DEFINITIONS / "BASEMENT_SYNC" / "samples" / "valid.json"
WORKS = {
    "city": "RF-310106-GY-2009-0003",
    "putuo": "RF-310107-GY-2007-0002",
    "pudong": "RF-310115-JJ-2018-0034",
}
OFFICES = {"city": "SH-CITY", "putuo": "SH-310107", "pudong": "SH-310115"}
WORKS_DEVICES = 120
CHECKERS = {"city": "ja.xu.wei", "putuo": "pt.qin.lang"}
CASES = {
    "city": ("gu.shuyan", "CITY", "310107"),
    "putuo": ("gu.shuyan", "DISTRICT", "310107"),
    "pudong": ("zhou.mingyu", "DISTRICT", "310115"),
}


def make(picture: bytes) -> dict[str, dict[str, Any]]:
    """One submitted case at each office; the ids of all that belongs to it, by the names routes use."""
    made = {place: _case(place, *values, picture) for place, values in CASES.items()}
    demo_works.load(devices=WORKS_DEVICES)
    for place, ids in made.items():
        own = {**works_objects(WORKS[place]), **link_objects(place)}
        own |= {**alarm_objects(WORKS[place], ids["file_id"]), **check_objects(place)}
        ids.update(own, secrets=[*ids["secrets"], *own["secrets"], own["source_name"]])
    return made


def works_objects(works_no: str) -> dict[str, Any]:
    """Ids of a work of the demonstration and of what stands in it, by the names routes use."""
    works = Works.objects.get(works_no=works_no)
    device = works.devices.exclude(sensor_type="GATEWAY").order_by("pk")[0]
    return {
        "works_id": works.pk,
        "floor_id": works.floors.all()[0].pk,
        "unit_id": works.units.all()[0].pk,
        "room_id": works.rooms.all()[0].pk,
        "part_kind": "unit",
        "part_id": works.units.all()[0].pk,
        "equipment_id": works.equipment.all()[0].pk,
        "device_id": device.pk,
        "series_id": series_of(device, "TEMP").pk,
        "secrets": [works.name, device.device_no],
    }


def alarm_objects(works_no: str, file_id: Any) -> dict[str, Any]:
    """An open alarm of a work, pushed and told of, with a picture and a silence."""
    works, now = Works.objects.get(works_no=works_no), clock.now()
    alarm = Alarm.objects.create(
        number=f"YJ-{works.pk}",
        works=works,
        district_code=works.district_code,
        category="ENV",
        title="湿度偏高",
        level=2,
        peak_level=2,
        opened_at=now,
        raised_at=now,
        last_at=now,
        message="湿度偏高",
    )
    (push,) = tell_all(alarm, Telling("FIRST"), ["RFM"])
    watcher = Person.objects.get(username="tao.yiming")
    photo = AlarmPhoto.objects.create(alarm=alarm, file_id=file_id, added_by=watcher)
    silence = Silence.objects.create(
        works=works, starts_at=now, ends_at=now + timedelta(hours=2), reason="检修", created_by=watcher
    )
    return {
        "number": alarm.number,
        "alarm_push_id": push.pk,
        "photo_id": photo.pk,
        "silence_id": silence.pk,
    }


def check_objects(place: str) -> dict[str, Any]:
    """A check of an anomaly the city ordered; a district does two of them."""
    watcher = Person.objects.get(username="tao.yiming")
    doer = CHECKERS.get(place)
    finding = AnomalyFinding.objects.create(
        office=watcher.organization,
        assigned_office=Person.objects.get(username=doer).organization if doer else None,
        model="makers",
        key=place,
        period="2026-11",
        label="甲厂",
        person=watcher,
    )
    return {"anomaly_task_id": finding.pk}


def _case(place: str, owner: str, authority: str, district: str, picture: bytes) -> dict[str, Any]:
    person = Person.objects.select_related("party").get(username=owner)
    version = MatterVersion.objects.filter(matter__code="BASEMENT_SYNC").order_by("-version")[0]
    data = json.loads(SAMPLE.read_text())
    now = clock.now()
    case = Case.objects.create(
        matter=version.matter,
        matter_version=version,
        applicant=person,
        party=person.party,
        applicant_name=person.party.name if person.party else person.name,
        project_name=f"机密项目-{place}",
        form_data={**data, "planning_authority": authority, "district_code": district},
        query_password="",
        created_at=now,
        updated_at=now,
    )
    file = files.store("图纸.png", picture, owner=person, allowed=["png"], purpose="material")
    material = CaseMaterial.objects.create(
        case=case, code=version.definition["materials"][0]["code"], round=1, file=file, added_at=now
    )
    submission._receive(Access(person), case, "")
    upload = Upload.objects.create(
        owner=person,
        subject=f"case:{case.pk}/{material.code}",
        purpose="material",
        name="图纸.png",
        size=100,
        allowed=["png"],
        begun_at=now,
        touched_at=now,
    )
    assert case.instance is not None
    return {
        "case_id": case.pk,
        "material_id": material.pk,
        "code": material.code,
        "file_id": file.pk,
        "document_id": Document.objects.filter(subject=case.subject)[0].pk,
        "upload_id": upload.pk,
        "push_id": OutboxMessage.objects.filter(subject=case.subject)[0].pk,
        "item_id": case.instance.items.get(closed_at=None).pk,
        "secrets": [case.project_name, case.internal_no],
    }


def link_objects(place: str) -> dict[str, Any]:
    """A data source of an office with a link and a run that failed."""
    office = Organization.objects.get(code=OFFICES[place])
    source = DataSource.objects.create(office=office, name=f"机密数据源-{place}", kind="CSV", path="none.csv")
    link = DataLink.objects.create(source=source, name=f"机密链路-{place}", sync_kind="FULL")
    run = LinkRun.objects.create(link=link, sync_kind="FULL", state="FAILED")
    return {"source_id": source.pk, "link_id": link.pk, "run_id": run.pk, "source_name": source.name}


def browser(username: str) -> Client:
    """A signed-in browser; faults of the product come back as answers."""
    client = Client(raise_request_exception=False)
    client.force_login(Person.objects.get(username=username))
    return client
