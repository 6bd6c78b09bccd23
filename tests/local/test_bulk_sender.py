"""Notes are handed on together, whatever happens to earlier ones."""

import threading
import time

from mdlc_local.bulk_sender import BulkSender


def await_items(handed: list[list[int]], count: int) -> list[int]:
    deadline = time.monotonic() + 10
    while sum(map(len, handed)) < count:
        assert time.monotonic() < deadline, handed
        time.sleep(0.01)
    return sorted(item for items in handed for item in items)


def test_handed_on_together() -> None:
    handed: list[list[int]] = []
    sender = BulkSender("numbers", handed.append, 0.05)
    threads = [threading.Thread(target=sender.add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    assert await_items(handed, 20) == list(range(20))
    assert len(handed) < 20


def test_goes_on_after_an_error() -> None:
    handed: list[list[int]] = []

    def send(items: list[int]) -> None:
        handed.append(items)
        if 0 in items:
            raise KeyError("x")

    sender = BulkSender("numbers", send, 0.01)
    sender.add(0)
    await_items(handed, 1)
    sender.add(1)
    assert await_items(handed, 2) == [0, 1]


def test_starts_anew_after_a_pause() -> None:
    handed: list[list[int]] = []
    sender = BulkSender("numbers", handed.append, 0.01)
    for number in (1, 2):
        sender.add(number)
        await_items(handed, number)
        time.sleep(0.1)
    assert handed == [[1], [2]]
