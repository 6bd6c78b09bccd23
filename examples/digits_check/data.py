"""Images of handwritten digits from scikit-learn as PNG, with the lists that say which digit each shows.

Source: Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository, https://doi.org/10.24432/C50P49.
"""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from sklearn.datasets import load_digits

PARTS = {"train": range(200), "validation": range(200, 250)}
"""The places of each part's images among the 1,797."""


def write(folder: Path) -> None:
    """Write the folders of the four channels that Image Classification needs of images."""
    digits = load_digits()
    for part, places in PARTS.items():
        images, listing = folder / part, folder / f"{part}_lst"
        for path in (images, listing):
            path.mkdir(parents=True, exist_ok=True)
        lines = []
        for place in places:
            name = f"{place:04d}.png"
            # Of 8 x 8 pixels, each has a value from 0 to 16.
            rows = [[int(value) * 15 for value in row] for row in digits.images[place]]
            (images / name).write_bytes(png(rows))
            lines.append(f"{place}\t{digits.target[place]}\t{name}\n")
        (listing / f"{part}.lst").write_text("".join(lines), encoding="utf-8")


def png(rows: Sequence[Sequence[int]]) -> bytes:
    """A greyscale image of 8 bits as PNG."""
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
