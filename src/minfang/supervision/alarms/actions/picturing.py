"""Pictures of the place, kept with the alarm they belong to."""

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import FieldError, forbidden, invalid
from minfang.kernel.files import actions as files
from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.models import Alarm, AlarmPhoto
from minfang.supervision.alarms.queries.scope import visible

KINDS = ("jpg", "png")
MOST = 20


@transaction.atomic
def add_photo(access: Access, alarm: Alarm, name: str, content: bytes) -> AlarmPhoto:
    """Keep one picture of the place; the same checks as for every file that comes in."""
    if not visible(access, "iot.handle", Alarm.objects.filter(pk=alarm.pk)).exists():
        raise forbidden("您没有处置该预警的权限。")
    if AlarmPhoto.objects.filter(alarm=alarm).count() >= MOST:
        raise invalid([FieldError("file", "照片", f"一条预警最多 {MOST} 张照片。")])
    file = files.store(name, content, owner=access.person, allowed=KINDS, purpose="alarm")
    photo = AlarmPhoto.objects.create(alarm=alarm, file=file, added_by=access.person)
    record(
        "iot_alarm.photo",
        person=access.person,
        target=alarm.subject,
        summary=f"为预警 {alarm.number} 上传照片 {file.name}",
    )
    return photo
