"""Pictures: bounded in pixels, really decodable, and written anew without what came with them."""

from typing import Any, BinaryIO

from PIL import Image, ImageOps

from minfang.kernel.base.errors import Refusal
from minfang.kernel.files.kinds import JPG, Kind, damaged, dangerous
from minfang.kernel.files.limits import limit

QUALITY = 95
FORMATS = {"jpg": ("JPEG", "MPO"), "png": ("PNG",)}


def _open(content: BinaryIO, kind: Kind) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None
    content.seek(0)
    return Image.open(content, formats=FORMATS[kind.extension])


def inspect(content: BinaryIO, kind: Kind) -> None:
    """Refuse pictures with too many pixels (before decoding them) and those that do not decode to the end."""
    most = limit("content", "picture_pixels")
    try:
        with _open(content, kind) as picture:
            if picture.width * picture.height > most:
                told = f"图片像素过大（{picture.width}×{picture.height}，超过 {most // 10000} 万）"
                raise dangerous(told, "请缩小图片或降低扫描分辨率后上传。")
            picture.load()
    except Refusal:
        raise
    except MemoryError:
        raise
    except Exception:
        raise damaged(kind.label) from None


def encode_anew(content: BinaryIO, kind: Kind, out: BinaryIO) -> None:
    """Only the pixels come through, upright, with colour profile and resolution.

    Position, camera data, comments, previews and anything behind the picture are gone.
    """
    with _open(content, kind) as picture:
        upright = picture.getexif().get(0x0112, 1) == 1
        keep: dict[str, Any] = {k: picture.info[k] for k in ("dpi", "icc_profile") if picture.info.get(k)}
        if kind is not JPG:
            ImageOps.exif_transpose(picture).save(out, "PNG", exif=b"", **keep)
        elif upright and picture.format == "JPEG" and picture.mode in ("RGB", "L"):
            picture.save(out, "JPEG", quality="keep", exif=b"", comment=b"", **keep)
        else:
            turned = ImageOps.exif_transpose(picture)
            plain = turned if turned.mode in ("RGB", "L") else turned.convert("RGB")
            if turned.mode == "CMYK":
                keep.pop("icc_profile", None)
            plain.save(out, "JPEG", quality=QUALITY, subsampling=0, exif=b"", comment=b"", **keep)
