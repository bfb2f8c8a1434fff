"""The place for the interface that the city's password platform documents.

No such document is at hand. When it is: write a class with the methods of ``port.CryptoPort`` (inherit
``inprocess.InProcess`` for what stays in this process; wrap, unwrap, sign, certificate, verify,
verify_certificate, timestamp and verify_timestamp go to the platform), raise ``CryptoUnavailable`` when
there is no usable answer, build it here from the settings, and run
``tests/kernel/crypto/test_password_service.py`` against it.
"""

from minfang.kernel.crypto.port import CryptoMisconfigured, CryptoPort


def build_vendor() -> CryptoPort:
    """Not there yet; says so."""
    raise CryptoMisconfigured(
        "尚未接入厂商专用密码接口：请取得平台接口文档后实现 crypto/adapters/vendor.py，"
        "或改用 MINFANG_CRYPTO=http0136。"
    )
