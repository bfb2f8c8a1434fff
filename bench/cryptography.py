"""Sealed columns, MACs and key wrapping, on one core and without a database."""

import os
import time
from collections.abc import Callable

from bench.measure import Result
from bench.world import World

COUNT = 20_000
PLAIN = b"310101199001011234"


def _microseconds(act: Callable[[int], object], count: int = COUNT) -> float:
    """Microseconds of processor time for one act, the best of three rounds."""
    rounds = []
    for _ in range(3):
        start = time.process_time()
        for number in range(count):
            act(number)
        rounds.append((time.process_time() - start) / count * 1e6)
    return min(rounds)


def primitives(_: World) -> list[Result]:
    """Encrypt and decrypt a field, and the MACs over rows and for blind indexes."""
    from minfang.kernel.crypto import envelope, local, rowmac
    from minfang.kernel.crypto.fields import blind_index

    key, text = os.urandom(32), os.urandom(300)

    def there_and_back(number: int) -> None:
        place = f"iam_person|id_no|{number}".encode()
        envelope.unseal("field", envelope.seal("field", PLAIN, place), place)

    measured = (
        ("字段加密并解密 SM4-GCM", there_and_back, 20.0),
        ("HMAC-SM3（300 B）", lambda _: local.hmac_sm3(key, text), 10.0),
        ("盲索引", lambda number: blind_index("x", str(number)), 20.0),
        ("行校验码", lambda number: rowmac.row_mac("x", [number, "A"]), 20.0),
    )
    results = []
    for name, act, target in measured:
        each = _microseconds(act)
        results.append(Result(name, each, "µs", target, note=f"单核每秒 {1e6 / each:,.0f} 次"))
    return results
