"""Capture files of a window, over an in-memory bucket."""

import io
from datetime import timedelta

import pytest

from lambdas.functions.plan_monitoring import captures
from lambdas.functions.plan_monitoring.windows import Window
from tests.lambdas.monitored import DAY, NOW, S3, capture

YESTERDAY = Window(NOW.replace(hour=0, minute=0) - DAY, NOW.replace(hour=0, minute=0))
NOON = YESTERDAY.start + timedelta(hours=12)


def keys(s3: S3, window: Window = YESTERDAY, variants: tuple[str, ...] = ()) -> list[str]:
    return [file.key for file in captures.files(s3, "b", "e", window, variants)]


def named(*lines: str) -> int | None:
    s3 = S3()
    s3.captured(NOON, *lines)
    return captures.version_named(s3, "b", captures.files(s3, "b", "e", YESTERDAY), YESTERDAY)


def test_hours_on_either_side_are_listed_and_no_others() -> None:
    s3, early = S3(), capture(at=YESTERDAY.end - timedelta(minutes=1))
    inside = [
        s3.captured(YESTERDAY.start + timedelta(minutes=30)),
        s3.captured(YESTERDAY.end + timedelta(minutes=30), early),
        s3.captured(NOON, variant="other"),
    ]
    s3.captured(YESTERDAY.start - timedelta(minutes=30))
    s3.captured(YESTERDAY.end + timedelta(minutes=130), early)
    s3.captured(NOON, endpoint="another")
    assert keys(s3) == sorted(inside)
    # A short window is listed by the hour, a long one by the day.
    assert keys(s3, Window(NOON, NOON + timedelta(hours=1))) == inside[2:]


def test_an_empty_file_is_left_out() -> None:
    s3 = S3()
    for at in (NOON, YESTERDAY.end + timedelta(minutes=3)):
        s3.captured(at, "")
    assert keys(s3) == []


def test_what_is_hidden_below_an_hour_is_no_capture() -> None:
    s3 = S3()
    served = s3.captured(NOON)
    folder = served.rpartition("/")[0]
    for name in (".sync/copy.jsonl", "_temporary/0/part.jsonl", "_SUCCESS"):
        s3.put(f"s3://b/{folder}/{name}", capture(at=NOON), NOON)
    assert keys(s3) == [served]


def test_a_shadows_captures_do_not_count() -> None:
    s3 = S3()
    served = s3.captured(NOON)
    s3.captured(NOON, variant="shadow")
    assert keys(s3, variants=("main",)) == [served]


@pytest.mark.parametrize(
    ("lines", "held"),
    [
        ([capture(at=YESTERDAY.end, inference="probe-1"), capture(at=NOON)], True),
        # The replay's own requests, which must not make the window another one.
        ([capture(at=YESTERDAY.end, inference="probe-1")], False),
        ([capture(at=NOON, inference="probe-1")], False),
        ([capture(at=YESTERDAY.end)], False),
        (["{half", "[]"], False),
        # Of many probes more is read than of others.
        ([capture(at=NOON, inference="probe-1")] * 300, False),
        ([capture(at=YESTERDAY.end, inference="probe-1")] * 300 + [capture(at=NOON)], True),
        ([capture(at=NOON, inference="probe-" + "1" * 9_000_000)], True),
    ],
)
def test_of_what_was_written_later_only_rows_of_the_window_count(lines: list[str], held: bool) -> None:
    s3 = S3()
    key = s3.captured(YESTERDAY.end + timedelta(minutes=3), *lines)
    assert keys(s3) == ([key] if held else [])


def test_no_more_is_read_of_a_file_than_the_first_part_that_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of that hour may be many and large, and the function has little memory."""
    s3, read = S3(), []

    class Body(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            read.append(size)
            return super().read(size)

    lines = [capture(at=YESTERDAY.end, inference="probe-1")] * 300 + [capture(at=YESTERDAY.end)] * 20_000
    s3.captured(YESTERDAY.end + timedelta(minutes=3), *lines)
    monkeypatch.setattr("tests.lambdas.monitored.io.BytesIO", Body)
    assert keys(s3) == []
    assert set(read) == {captures.PART_BYTES}
    assert 1 < len(read) < 4


def test_the_version_is_the_one_that_most_answers_name() -> None:
    one, two = capture(version=1, at=NOON), capture(version=2, at=NOON)
    assert named(one, two, two) == 2
    assert named(capture(version=None, at=NOON)) is None


def test_probes_and_what_lies_outside_the_window_name_no_version() -> None:
    probe = capture(version=2, at=NOON, inference="probe-1")
    assert named(probe, capture(version=2, at=NOON - DAY), "{half") is None


def test_a_few_files_are_looked_into_spread_over_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = S3()
    for minute in range(60):
        s3.captured(NOON + timedelta(minutes=minute), capture(version=minute // 31, at=NOON))
    read: list[str] = []
    whole = s3.get_object

    def get_object(*, Key: str, **request: str) -> object:
        read.append(Key)
        return whole(Key=Key, **request)

    monkeypatch.setattr(s3, "get_object", get_object)
    assert captures.version_named(s3, "b", captures.files(s3, "b", "e", YESTERDAY), YESTERDAY) == 0
    assert len(read) == captures.MAX_FILES_READ
    assert len({key.split("/")[-1][0] for key in read}) > 3
