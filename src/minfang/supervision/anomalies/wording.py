"""How the models say what they do, with the criteria as configured."""

from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.telemetry import metrics


def percent(share: float) -> str:
    """``31.5%``."""
    return f"{share * 100:.1f}%"


def sensor_name(code: str) -> str:
    """The words of a sensor type."""
    known = metrics.catalogue().get(code)
    return known.name if known else code


def prior_words() -> str:
    """How a rate is smoothed."""
    prior = criteria()["smoothing"]
    alpha, beta = prior["alpha"], prior["beta"]
    centre = percent(alpha / (alpha + beta))
    return f"平滑误报率 =（误报 + {alpha:g}）÷（误报 + 属实 + {alpha + beta:g}），样本少时向 {centre} 靠拢。"


def rule_words(name: str, among: str) -> list[str]:
    """How a rate is judged."""
    rule = criteria()[name]
    said = [
        "误报率 = 误报 ÷（误报 + 属实）。误报指设备误报、环境干扰、人为触发；重复报警与测试触发不计入。",
        f"期间内已判定不足 {rule['sample']} 条的标“样本不足”，不参与比较。",
    ]
    kind = "平滑误报率" if rule.get("smoothed") else "原始误报率"
    share = f"{kind}超过 {percent(rule['share'])}"
    if "ratio" in rule:
        share += f"且达到均值的 {rule['ratio']:g} 倍"
    if "sigmas" in rule:
        share = f"{kind}高于{among}均值 + {rule['sigmas']:g} 倍标准差，或{share}"
        return [*said, f"{share}，标为异常；可比的不足两家时与全体比较。"]
    return [*said, f"{share}，标为异常。"]
