"""The picture of a round seal: ring, star, the office's name along the ring, the seal's words below."""

import io
import math
import os
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[3]
SIZE = 496
INK = (200, 30, 24, 235)
ARC_DEGREES = 250


@lru_cache(maxsize=4)
def font_file(family: str = "noto-serif-sc", weight: str = "700Bold") -> str | None:
    """A Chinese font: the bundled one, or one of ``MINFANG_FONTS`` or the system."""
    bundled = ROOT / "web" / "node_modules" / "@expo-google-fonts" / family
    named = [Path(part) for part in os.environ.get("MINFANG_FONTS", "").split(os.pathsep) if part]
    for folder in (bundled, *named, Path("/usr/share/fonts")):
        found = sorted(folder.rglob(f"*_*{weight}.ttf")) + sorted(folder.rglob("*.tt[fc]"))
        chinese = [f for f in found if any(word in f.name for word in ("SC", "CJK", "Song", "Hei"))]
        if chinese:
            return str(chinese[0])
    return None


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    name = font_file()
    return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)


def _star(draw: ImageDraw.ImageDraw, radius: float) -> None:
    middle = SIZE / 2
    points = []
    for step in range(10):
        length = radius if step % 2 == 0 else radius * 0.382
        angle = math.radians(-90 + step * 36)
        points.append((middle + length * math.cos(angle), middle + length * math.sin(angle)))
    draw.polygon(points, fill=INK)


def _letter(picture: Image.Image, letter: str, size: int, angle: float, radius: float) -> None:
    """One character standing on the ring at ``angle`` degrees from the top."""
    tile = Image.new("RGBA", (size * 2, size * 2))
    ImageDraw.Draw(tile).text((size, size), letter, font=_font(size), fill=INK, anchor="mm")
    tile = tile.resize((int(size * 1.5), size * 2)).rotate(
        -angle, expand=True, resample=Image.Resampling.BICUBIC
    )
    x = SIZE / 2 + radius * math.sin(math.radians(angle)) - tile.width / 2
    y = SIZE / 2 - radius * math.cos(math.radians(angle)) - tile.height / 2
    picture.alpha_composite(tile, (round(x), round(y)))


@lru_cache(maxsize=64)
def seal(organization: str, words: str) -> bytes:
    """PNG of a round seal, transparent ground, 42 mm across at 300 dpi."""
    picture = Image.new("RGBA", (SIZE, SIZE))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((6, 6, SIZE - 6, SIZE - 6), outline=INK, width=12)
    _star(draw, 76)
    size = 56 if len(organization) <= 13 else 48
    step = min(26.0, ARC_DEGREES / max(1, len(organization) - 1))
    for index, letter in enumerate(organization):
        _letter(picture, letter, size, (index - (len(organization) - 1) / 2) * step, SIZE / 2 - 56)
    if not words.startswith("（"):
        draw.text((SIZE / 2, SIZE * 0.76), words, font=_font(42), fill=INK, anchor="mm")
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(300, 300))
    return out.getvalue()
