import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.serving.recordio import encode, frames
from tests.jobs.record_messages import RECORD, read_records

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(FLOATS, min_size=1, max_size=300), st.none() | FLOATS)
def test_records_are_those_of_the_official_schema(features: list[float], label: float | None) -> None:
    content = encode(features, label)
    assert read_records(content) == [(features, [] if label is None else [label])]
    official = RECORD()
    official.features["values"].float32_tensor.values.extend(features)
    if label is not None:
        official.label["values"].float32_tensor.values.append(label)
    size = struct.unpack_from("<I", content, 4)[0]
    assert content[8 : 8 + size] == official.SerializeToString(deterministic=True)


def test_records_stand_one_after_another() -> None:
    records = [encode([1.0, 2.0], 0.0), encode([3.0])]
    assert list(frames(b"".join(records))) == records
    assert read_records(b"".join(records)) == [([1.0, 2.0], [0.0]), ([3.0], [])]


def test_missing_values_stay_missing() -> None:
    ((features, _),) = read_records(encode([float("nan"), float("inf")]))
    assert features[0] != features[0] and features[1] == float("inf")


@pytest.mark.parametrize("content", [b"12345678", encode([1.0])[:-4]])
def test_what_is_no_recordio_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="begins no RecordIO record"):
        list(frames(content))


def test_numbers_beyond_32_bits_are_refused() -> None:
    with pytest.raises(OverflowError):
        encode([1e39])
