"""Whether the product may start with the cryptography it is set to."""

from django.conf import settings

from minfang.kernel.crypto import port


def refusal() -> str:
    """Why it must not start, in Chinese; empty when it may."""
    if settings.CRYPTO_ADAPTER == "local" and not settings.CRYPTO_LOCAL_ALLOWED:
        return (
            "生产环境（MINFANG_DEMO=0）不得使用本机密码实现，拒绝启动。"
            "请设置 MINFANG_CRYPTO=http0136 并填写密码服务参数；"
            "确需应急使用本机实现时设置 MINFANG_CRYPTO_LOCAL_ALLOWED=1。"
        )
    try:
        port.current()
    except port.CryptoMisconfigured as error:
        return f"密码服务设置不正确，拒绝启动：{error}"
    return ""
