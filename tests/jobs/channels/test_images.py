"""What is said of images that are broken, and that whole ones of every kind pass."""

import struct
import zlib
from pathlib import Path

import pytest

from jobs.channels.images import fault, looks_like_image
from tests.jobs.channels.pictures import chunk, jpeg, png

WHOLE = png([[0, 128], [255, 64]])
JPEG = jpeg()


def picture(width: int, height: int, pixels: bytes, *, interlaced: int = 0, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        picture(1, 1, b"\x00\x07"),
        picture(1, 1, b"\x00" + b"rgb", colour=2),
        # Of eight by eight pixels, the seven passes have 1, 1, 1, 2, 2, 4 and 4 rows.
        picture(8, 8, bytes(64 + 15), interlaced=1),
        JPEG,
    ],
    ids=["grey", "one pixel", "colour", "interlaced", "jpeg"],
)
def test_a_whole_image_has_no_fault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "image"
    path.write_bytes(content)
    assert fault(path) == ""
    assert looks_like_image(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GIF89a and more", "is neither a PNG nor a JPEG"),
        (WHOLE[:-6], "is cut off in a chunk's head"),
        (WHOLE[:20], "is cut off in the chunk IHDR"),
        (WHOLE[:8] + chunk(b"IDAT", b"") + WHOLE[8:], "has no PNG header"),
        (picture(2, 2, b"\x00\x01\x02"), "lacks pixels"),
        (picture(1, 1, bytes(9)), "has more pixels than its header says"),
        (picture(0, 1, b""), "has a PNG header that makes no sense"),
        (
            WHOLE[:33] + chunk(b"IDAT", b"no zlib") + chunk(b"IEND", b""),
            "has pixels that do not decompress",
        ),
        (JPEG[:-2], "is cut off in its JPEG image"),
        (JPEG[:6], "cut off"),
    ],
)
def test_a_broken_image_is_described(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "image"
    path.write_bytes(content)
    assert said in fault(path)


def test_pixels_that_decompress_to_gigabytes_are_not_decompressed(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(picture(1, 1, bytes(64 * 1024 * 1024)))
    assert fault(path) == "has more pixels than its header says"
