"""What of BPMN 2.0 we carry out, and what to say about the rest."""

from dataclasses import asdict, dataclass
from typing import Any

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
ERROR, NOTE = "error", "note"
KINDS = {
    "startEvent": "start",
    "endEvent": "end",
    "userTask": "task",
    "serviceTask": "system",
    "exclusiveGateway": "exclusive",
    "parallelGateway": "fork",
}
WORDS = {
    "startEvent": "开始事件",
    "endEvent": "结束事件",
    "userTask": "用户任务",
    "serviceTask": "服务任务",
    "exclusiveGateway": "排他网关",
    "parallelGateway": "并行网关",
    "sequenceFlow": "顺序流",
    "lane": "泳道",
    "process": "流程",
    "collaboration": "协作",
}


@dataclass(frozen=True)
class Finding:
    """One thing in a file to know about: ``error`` stops the import, ``note`` says what was left behind."""

    level: str
    element: str
    code: str
    name: str
    line: int
    message: str
    advice: str

    def data(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def __str__(self) -> str:
        who = f"{self.element}“{self.name or self.code}”" if self.name or self.code else self.element
        return f"第 {self.line} 行 {who}：{self.message}{self.advice and ' ' + self.advice}"


STEP = "请改为用户任务（有人办理）或服务任务（系统自动完成）。"
# tag: (its Chinese name, why it is outside the profile, what to do)
OUTSIDE = {
    "task": ("任务", "没有说明由谁完成。", STEP),
    "scriptTask": ("脚本任务", "流程定义中不得含有程序代码。", "请改为服务任务，由平台的系统环节完成。"),
    "manualTask": ("手工任务", "平台外的手工作业无法留痕。", "请改为用户任务，由办理人登记结果。"),
    "sendTask": (
        "发送任务",
        "对外发送由平台的推送与短信完成，不在流程图中画出。",
        "请删去，或改为服务任务。",
    ),
    "receiveTask": ("接收任务", "流程不等待外部消息。", "请改为用户任务，由办理人登记收到的结果。"),
    "businessRuleTask": ("业务规则任务", "规则写在表单校验或排他网关的条件中。", "请改为排他网关。"),
    "subProcess": (
        "子流程",
        "平台不支持流程中再套流程。",
        "请把其中的步骤直接画在主流程里，并行部分用并行网关。",
    ),
    "transaction": ("事务子流程", "平台不支持流程中再套流程。", "请把其中的步骤直接画在主流程里。"),
    "adHocSubProcess": ("即席子流程", "步骤没有次序，无法核验。", "请画出先后次序，或用会签。"),
    "callActivity": ("调用活动", "平台不支持调用另一流程。", "请把被调用流程的步骤画进来。"),
    "intermediateCatchEvent": (
        "中间捕获事件",
        "流程不等待定时器、消息或信号。",
        "时限请写在步骤的“时限”里，由平台到期提醒。",
    ),
    "intermediateThrowEvent": ("中间抛出事件", "对外发送由平台完成。", "请删去该事件。"),
    "boundaryEvent": (
        "边界事件",
        "步骤办理途中不会被定时器、消息或错误打断。",
        "超时请用步骤的“时限”，特别情形请用退回、补正或特别程序。",
    ),
    "inclusiveGateway": (
        "包容网关",
        "无法预知有几条分支需要汇聚。",
        "请改为并行网关；可选的分支内先放排他网关。",
    ),
    "complexGateway": ("复杂网关", "汇聚规则无法核验。", "请改用排他网关、并行网关或会签。"),
    "eventBasedGateway": ("事件网关", "流程不等待外部事件。", "请改为用户任务的不同办理结果。"),
    "messageFlow": ("消息流", "一个文件只描述一个流程，参与方之间的消息由平台发送。", "请删去消息流。"),
    "event": ("事件", "不在支持范围内。", "请改用开始、结束事件。"),
}
EVENT_DEFINITIONS = {
    "timerEventDefinition": "定时器",
    "messageEventDefinition": "消息",
    "signalEventDefinition": "信号",
    "conditionalEventDefinition": "条件",
    "errorEventDefinition": "错误",
    "escalationEventDefinition": "升级",
    "compensateEventDefinition": "补偿",
    "cancelEventDefinition": "取消",
    "terminateEventDefinition": "终止",
    "linkEventDefinition": "链接",
}
LOOPS = {
    "multiInstanceLoopCharacteristics": ("多实例", "请在步骤的“会签规则”中设置。"),
    "standardLoopCharacteristics": ("循环", "请画一条返回的顺序流，或设置可退回的步骤。"),
}
DECORATION = {
    "documentation": "说明文字",
    "textAnnotation": "文字批注",
    "association": "批注连线",
    "group": "分组框",
    "dataObject": "数据对象",
    "dataObjectReference": "数据对象",
    "dataStoreReference": "数据存储",
    "dataInputAssociation": "数据输入",
    "dataOutputAssociation": "数据输出",
    "ioSpecification": "输入输出说明",
    "property": "流程变量",
    "category": "分类",
    "message": "消息声明",
    "signal": "信号声明",
    "error": "错误声明",
    "itemDefinition": "数据类型声明",
    "dataStore": "数据存储声明",
    "potentialOwner": "候选办理人",
    "humanPerformer": "办理人",
    "performer": "办理人",
}
