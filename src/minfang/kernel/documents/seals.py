"""Draw the round seal of an office: ring of text, star, and the line that says what it is for.

Only the sandbox's seal platform and the tests draw seals; real seals come from the city's platform.
"""

import io
import math
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from minfang.kernel.documents import fonts

RED = (218, 37, 29, 255)
DPI = 400
SUPERSAMPLING = 2
FAMILY, WEIGHT = "Noto Serif SC", 700


@lru_cache(maxsize=1)
def _font_file() -> str:
    faces = [face for face in fonts.font_set().loaded.fonts() if face.family == FAMILY and face.path]
    best = min(faces, key=lambda face: abs(face.weight - WEIGHT))
    return str(best.path)


def _font(pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_font_file(), round(pixels))


def _glyph(character: str, pixels: float, squeeze: float) -> Image.Image:
    """One character on its own transparent tile, narrowed by ``squeeze``."""
    side = round(pixels * 1.4)
    tile = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    ImageDraw.Draw(tile).text((side / 2, side / 2), character, fill=RED, font=_font(pixels), anchor="mm")
    return tile.resize((max(1, round(side * squeeze)), side), Image.Resampling.LANCZOS)


def _ring(canvas: Image.Image, text: str, radius: float, pixels: float, widest: float) -> None:
    """Set ``text`` along the upper arc of at most ``widest`` degrees, each character towards the middle."""
    middle = canvas.width / 2
    spread = math.radians(min(widest, 20.0 * len(text) + 30.0))
    step = spread / max(len(text) - 1, 1)
    squeeze = min(1.0, step * radius / (pixels * 1.08))
    for index, character in enumerate(text):
        angle = -spread / 2 + step * index if len(text) > 1 else 0.0
        tile = _glyph(character, pixels, squeeze).rotate(
            -math.degrees(angle), expand=True, resample=Image.Resampling.BICUBIC
        )
        x, y = middle + radius * math.sin(angle), middle - radius * math.cos(angle)
        canvas.alpha_composite(tile, (round(x - tile.width / 2), round(y - tile.height / 2)))


def _star(draw: ImageDraw.ImageDraw, middle: tuple[float, float], radius: float) -> None:
    points = []
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    for corner in range(10):
        reach, angle = (radius if corner % 2 == 0 else inner), math.radians(36 * corner)
        points.append((middle[0] + reach * math.sin(angle), middle[1] - reach * math.cos(angle)))
    draw.polygon(points, fill=RED)


def draw_seal(organization: str, line: str = "", *, diameter_mm: float = 42.0) -> bytes:
    """A transparent PNG of a round red seal; ``line`` such as 审批专用章, empty for the office's own."""
    size = round(diameter_mm / 25.4 * DPI) * SUPERSAMPLING
    mm = size / diameter_mm
    canvas = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    rim = 0.4 * mm
    draw.ellipse((rim, rim, size - rim, size - rim), outline=RED, width=round(1.1 * mm))
    middle = size / 2
    _star(draw, (middle, middle - (0.5 * mm if line else 0)), 6.6 * mm)
    text_height = 5.2 * mm if len(organization) <= 14 else 4.6 * mm
    _ring(canvas, organization, middle - 2.6 * mm - text_height / 2, text_height, 228.0 if line else 280.0)
    if line:
        _line(draw, line, middle, mm)
    final = canvas.resize((size // SUPERSAMPLING, size // SUPERSAMPLING), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    final.save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


def _line(draw: ImageDraw.ImageDraw, line: str, middle: float, mm: float) -> None:
    """The straight line of text below the star."""
    pixels = min(3.9 * mm, 24 * mm / len(line))
    gap = pixels * 1.08
    start = middle - gap * (len(line) - 1) / 2
    for index, character in enumerate(line):
        draw.text(
            (start + gap * index, middle + 10.8 * mm), character, fill=RED, font=_font(pixels), anchor="mm"
        )
