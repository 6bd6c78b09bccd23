"""Says what is wrong with an image, by the structure of its file: no library reads the pixels.

A PNG's chunks have checksums, and its pixels must decompress to as many bytes as its header says. A JPEG's
segments are followed to the end of the image; of its entropy-coded data only the end is known.
"""

import zlib
from pathlib import Path
from typing import BinaryIO

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""The samples of a pixel by a PNG's colour type."""
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Start and step of the columns and rows of the seven passes of an interlaced PNG."""
_BLOCK = 1 << 20
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
"""The markers of a JPEG's frame header."""
_END, _SCAN = 0xD9, 0xDA


class _FaultError(Exception):
    """What is wrong with an image."""


def looks_like_image(path: Path) -> bool:
    """Whether a file is, or is named as, a PNG or a JPEG."""
    with path.open("rb") as stream:
        begin = stream.read(len(PNG))
    return begin == PNG or begin.startswith(JPEG) or path.suffix.lower() in (".png", ".jpg", ".jpeg")


def fault(path: Path) -> str:
    """What is wrong with an image; empty for a whole PNG or JPEG.

    Sources: https://www.w3.org/TR/png/ and ITU-T T.81.
    """
    with path.open("rb") as stream:
        begin = stream.read(len(PNG))
        try:
            if begin == PNG:
                _read_png(stream)
            elif begin.startswith(JPEG):
                stream.seek(len(JPEG))
                _read_jpeg(stream)
            else:
                return "is neither a PNG nor a JPEG"
        except _FaultError as error:
            return str(error)
    return ""


def _exactly(stream: BinaryIO, size: int, what: str) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise _FaultError(f"is cut off in {what}")
    return data


def _read_png(stream: BinaryIO) -> None:
    kind, header = _chunk(stream)
    if kind != "IHDR" or len(header) != 13:
        raise _FaultError("has no PNG header")
    expected = _pixel_bytes(header)
    decompressor, decompressed = zlib.decompressobj(), 0
    while kind != "IEND":
        kind, data = _chunk(stream)
        if kind != "IDAT":
            continue
        try:
            while data and decompressed <= expected:
                # No more than expected: a few kilobytes can decompress to gigabytes.
                decompressed += len(decompressor.decompress(data, min(_BLOCK, expected + 1 - decompressed)))
                data = decompressor.unconsumed_tail
        except zlib.error:
            raise _FaultError("has pixels that do not decompress") from None
    if decompressed != expected:
        raise _FaultError(
            "has more pixels than its header says" if decompressed > expected else "lacks pixels"
        )


def _chunk(stream: BinaryIO) -> tuple[str, bytes]:
    head = _exactly(stream, 8, "a chunk's head")
    kind = head[4:].decode("latin-1")
    size = int.from_bytes(head[:4], "big")
    if size > 1 << 31 or not kind.isalpha():
        raise _FaultError("has a chunk that is none of PNG")
    data = _exactly(stream, size, f"the chunk {kind}")
    checksum = int.from_bytes(_exactly(stream, 4, f"the chunk {kind}"), "big")
    if zlib.crc32(data, zlib.crc32(head[4:])) != checksum:
        raise _FaultError(f"has a damaged chunk {kind}")
    return kind, data


def _pixel_bytes(header: bytes) -> int:
    """The number of bytes of the decompressed pixels, with a filter byte a row."""
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    depth, colour, interlaced = header[8], header[9], header[12]
    if not width or not height or colour not in _CHANNELS or interlaced > 1:
        raise _FaultError("has a PNG header that makes no sense")
    bits = depth * _CHANNELS[colour]
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total


def _read_jpeg(stream: BinaryIO) -> None:
    framed = scanned = False
    while True:
        marker = _marker(stream)
        if marker == _END:
            if not scanned:
                raise _FaultError("is a JPEG without an image")
            return
        if marker in (0x01, *range(0xD0, 0xD8)):
            continue
        size = int.from_bytes(_exactly(stream, 2, "a JPEG segment"), "big")
        if size < 2:
            raise _FaultError("has a JPEG segment that makes no sense")
        data = _exactly(stream, size - 2, "a JPEG segment")
        if marker in _FRAMES:
            # A height of 0 is given later, in a segment of its own.
            if len(data) < 6 or not int.from_bytes(data[3:5], "big"):
                raise _FaultError("has a JPEG header that makes no sense")
            framed = True
        if marker == _SCAN:
            if not framed:
                raise _FaultError("is a JPEG without a header")
            scanned = True
            _skip_scan(stream)


def _marker(stream: BinaryIO) -> int:
    byte = _exactly(stream, 1, "a JPEG segment")
    if byte != b"\xff":
        raise _FaultError("has bytes between its JPEG segments")
    while byte == b"\xff":
        byte = _exactly(stream, 1, "a JPEG segment")
    return byte[0]


def _skip_scan(stream: BinaryIO) -> None:
    """Go to the marker after the entropy-coded data, in which FF is followed by 00 or a restart marker."""
    while True:
        place = stream.tell()
        block = stream.read(_BLOCK)
        if len(block) < 2:
            raise _FaultError("is cut off in its JPEG image")
        at = block.find(b"\xff")
        while at >= 0 and at + 1 < len(block):
            if block[at + 1] not in (0x00, 0xFF, *range(0xD0, 0xD8)):
                stream.seek(place + at)
                return
            at = block.find(b"\xff", at + 1)
        # The last byte may be the first of a marker.
        stream.seek(place + len(block) - 1 if block.endswith(b"\xff") else place + len(block))
