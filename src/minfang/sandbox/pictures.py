"""Pictures and fonts of the sandbox: the round seals, and a Chinese font for browsers without one."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

FONTS = Path(__file__).resolve().parents[3] / "web" / "node_modules" / "@expo-google-fonts"


@lru_cache(maxsize=64)
def seal(organization: str, words: str) -> bytes:
    """PNG of a round seal, 42 mm across, transparent ground; an office's own seal has a star and no words."""
    if not settings.configured:
        settings.configure(FONTS_ROOT=FONTS)
    from minfang.kernel.documents.seals import draw_seal

    return draw_seal(organization, "" if words.startswith("（") else words)


def font_file() -> Path | None:
    """The bundled sans font, where the web dependencies are installed."""
    found = FONTS / "noto-sans-sc" / "400Regular" / "NotoSansSC_400Regular.ttf"
    return found if found.exists() else None
