import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest

from serving import ending
from serving.ending import Ending

TOLD: list[float] = []


@pytest.fixture(autouse=True)
def server() -> Iterator[None]:
    """A server's own handler of SIGTERM."""
    TOLD.clear()
    before = signal.signal(signal.SIGTERM, lambda *_: TOLD.append(time.monotonic()))
    yield
    signal.signal(signal.SIGTERM, before)


def test_the_server_is_told_once_and_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "LINGER_SECONDS", 0.1)
    end = Ending()

    async def live() -> float:
        end.arm()
        seen = [end.began]
        start = time.monotonic()
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.02)
            seen.append(end.began)
        assert seen == [False, True, True] and not TOLD
        await asyncio.sleep(0.2)
        return start

    start = asyncio.run(live())
    (told,) = TOLD
    assert told - start >= 0.1
