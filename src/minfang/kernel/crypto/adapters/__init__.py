"""Who answers the port: one module an adapter."""

from minfang.kernel.crypto.port import CryptoMisconfigured, CryptoPort


def build(kind: str) -> CryptoPort:
    """The adapter of that name; raises :class:`CryptoMisconfigured` for a name that is none."""
    if kind == "local":
        from minfang.kernel.crypto.adapters.own import LocalAdapter

        return LocalAdapter()
    raise CryptoMisconfigured(f"MINFANG_CRYPTO={kind} 无法识别，应为 local、http0136 或 vendor。")
