"""RecordIO-protobuf, the records of AWS's own algorithms, written without the package protobuf.

A record is the message `Record` of AWS's `record.proto` with one tensor of 32-bit floats under the name
`values`, for the features and for the label. A file is records one after another: RecordIO's magic number,
the length, the record, and zeros up to a multiple of four bytes.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html (record.proto),
https://mxnet.apache.org/versions/1.9.1/api/architecture/note_data_loading (the frame).
"""

import struct
from collections.abc import Iterator, Sequence

_MAGIC = 0xCED7230A
_FEATURES, _LABEL = b"\x0a", b"\x12"
"""The tags of the members `features` (1) and `label` (2) of `Record`; each entry of a map is a message."""


def encode(features: Sequence[float], label: float | None = None) -> bytes:
    """A framed record.

    Raises:
        OverflowError: when a number is too large for 32 bits.
    """
    record = _entry(_FEATURES, features) + (b"" if label is None else _entry(_LABEL, (label,)))
    return struct.pack("<II", _MAGIC, len(record)) + record + bytes(-len(record) % 4)


def _entry(tag: bytes, numbers: Sequence[float]) -> bytes:
    # Tags: values of Float32Tensor (1), float32_tensor of Value (2), key (1) and value (2) of a map's entry.
    tensor = _sized(b"\x0a", struct.pack(f"<{len(numbers)}f", *numbers))
    return _sized(tag, _sized(b"\x0a", b"values") + _sized(b"\x12", _sized(b"\x12", tensor)))


def _sized(tag: bytes, content: bytes) -> bytes:
    """A member of a message with its length, seven bits a byte, the lowest first."""
    size, length = len(content), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return tag + length + content


def frames(content: bytes) -> Iterator[bytes]:
    """The framed records of a file's content, one after another.

    Raises:
        ValueError: when it is no RecordIO.
    """
    start = 0
    while start < len(content):
        magic, size = struct.unpack_from("<II", content, start)
        end = start + 8 + size + -size % 4
        if magic != _MAGIC or end > len(content):
            raise ValueError(f"Byte {start} begins no RecordIO record.")
        yield content[start:end]
        start = end
