"""Who answers the port: one module an adapter."""

from minfang.kernel.crypto.port import CryptoMisconfigured, CryptoPort


def build(kind: str) -> CryptoPort:
    """The adapter of that name; raises :class:`CryptoMisconfigured` for a name that is none."""
    if kind == "local":
        from minfang.kernel.crypto.adapters.own import LocalAdapter

        return LocalAdapter()
    if kind == "http0136":
        from minfang.kernel.crypto.adapters.http0136 import Http0136Adapter
        from minfang.kernel.crypto.adapters.service import Service, read_settings

        return Http0136Adapter(Service(read_settings()))
    if kind == "vendor":
        from minfang.kernel.crypto.adapters.vendor import build_vendor

        return build_vendor()
    raise CryptoMisconfigured(f"MINFANG_CRYPTO={kind} 无法识别，应为 local、http0136 或 vendor。")
