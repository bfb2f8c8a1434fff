"""The words of the ledger (handbook §9.2, §9.3)."""

from django.db import models


class Level(models.IntegerChoices):
    """预警级别 (handbook §9.2); a smaller number is graver."""

    RED = 1, "红"
    ORANGE = 2, "橙"
    YELLOW = 3, "黄"
    BLUE = 4, "蓝"


class Category(models.TextChoices):
    """预警类别 (handbook §9.2)."""

    ENV = "ENV", "环境"
    GAS = "GAS", "气体"
    WATER = "WATER", "涉水"
    PROTECT = "PROTECT", "防护设备"
    VENT = "VENT", "通风"
    SECURITY = "SECURITY", "安防"
    POWER = "POWER", "供电"
    STRUCT = "STRUCT", "结构"
    DEVICE = "DEVICE", "设备自身"


class AlarmState(models.TextChoices):
    """预警状态 (handbook §9.2). TIMEOUT asks for alarms past a limit; the limit passed is ``overdue_at``."""

    NEW = "NEW", "待确认"
    CONFIRMED = "CONFIRMED", "已确认"
    DISPATCHED = "DISPATCHED", "已派单"
    PROCESSING = "PROCESSING", "处置中"
    RESOLVED = "RESOLVED", "已处置"
    CLOSED = "CLOSED", "已闭环"
    FALSE_ALARM = "FALSE_ALARM", "误报"
    IGNORED = "IGNORED", "已忽略"
    TIMEOUT = "TIMEOUT", "超时"


ENDED = (AlarmState.CLOSED, AlarmState.FALSE_ALARM, AlarmState.IGNORED)
"""States in which an alarm is over; all others are 未闭环."""


class Verdict(models.TextChoices):
    """处置结果 (handbook §9.2)."""

    REAL_FIXED = "REAL_FIXED", "属实，已处置"
    REAL_PENDING = "REAL_PENDING", "属实，待处置"
    FALSE_DEVICE = "FALSE_DEVICE", "设备误报"
    FALSE_ENV = "FALSE_ENV", "环境干扰"
    FALSE_HUMAN = "FALSE_HUMAN", "人为触发"
    DUPLICATE = "DUPLICATE", "重复报警"
    TEST = "TEST", "测试触发"


REAL = (Verdict.REAL_FIXED, Verdict.REAL_PENDING)
FALSE = (Verdict.FALSE_DEVICE, Verdict.FALSE_ENV, Verdict.FALSE_HUMAN)


class Source(models.TextChoices):
    """Where an alarm comes from: our rules, an event of a third system, a monitoring model."""

    RULE = "RULE", "规则"
    EVENT = "EVENT", "第三方事件"
    MODEL = "MODEL", "监测模型"


class Suppression(models.TextChoices):
    """Why an alarm in the ledger was not pushed by itself."""

    NONE = "", "未抑制"
    GATEWAY = "GATEWAY", "网关离线"
    POWER = "POWER", "工程断电"
    MAINTENANCE = "MAINTENANCE", "设备维护中"
    SILENCE = "SILENCE", "静默"
    GROUP = "GROUP", "并入汇总推送"
    HISTORY = "HISTORY", "历史补录"


class Target(models.TextChoices):
    """Whom an alarm is pushed to (handbook §9.3)."""

    MANAGING_UNIT = "MANAGING_UNIT", "管理单位"
    DISTRICT = "DISTRICT", "所在区"
    CITY_DUTY = "CITY_DUTY", "市级值守"
    CITY_DUTY_LEADER = "CITY_DUTY_LEADER", "市值班领导"
    RFM = "RFM", "人防码平台"
    CITY_PLATFORM = "CITY_PLATFORM", "市级处置平台"
    ORGANIZATION = "ORGANIZATION", "规则指定单位"


class PushState(models.TextChoices):
    """What became of one push. NOT_TOLD is a push that was due and could not be made; ``reason`` says why."""

    NOT_TOLD = "NOT_TOLD", "未推送"
    WAITING = "WAITING", "待送达"
    TOLD = "TOLD", "已送达"
    TAKEN = "TAKEN", "已接收"
    WORKING = "WORKING", "处置中"
    DONE = "DONE", "已反馈"
    REFUSED = "REFUSED", "被退回"
    FAILED = "FAILED", "推送失败"
