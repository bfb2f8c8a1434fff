"""Random numbers that depend only on a seed and a place in time: any instant, in any order."""

import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_GOLDEN, _FIRST, _SECOND = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)


def seed_of(*names: object) -> int:
    """A seed of 63 bits from names; the same on every machine."""
    text = "|".join(str(name) for name in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def uniform(seed: int, place: Floats) -> Floats:
    """Numbers in [0, 1) for whole places (SplitMix64 over seed and place)."""
    with np.errstate(over="ignore"):
        x = np.floor(place).astype(np.int64).astype(np.uint64) * _GOLDEN + np.uint64(seed)
        x = (x ^ (x >> np.uint64(30))) * _FIRST
        x = (x ^ (x >> np.uint64(27))) * _SECOND
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def white(seed: int, t: Floats, grain: float = 1.0) -> Floats:
    """Noise of mean 0 and deviation 1 that changes every ``grain`` seconds."""
    place = t / grain
    total = sum(uniform(seed + 7919 * k, place) for k in range(3))
    return np.asarray((total - 1.5) * 2.0)


def smooth(seed: int, t: Floats, span: float) -> Floats:
    """Wandering between -1 and 1 without steps, over about ``span`` seconds."""
    place = t / span
    before, part = np.floor(place), place - np.floor(place)
    ease = part * part * (3.0 - 2.0 * part)
    left, right = uniform(seed, before), uniform(seed, before + 1.0)
    return np.asarray((left + (right - left) * ease) * 2.0 - 1.0)


def one(seed: int, low: float, high: float) -> float:
    """One number of this seed between two bounds."""
    return low + (high - low) * float(uniform(seed, np.zeros(1))[0])
