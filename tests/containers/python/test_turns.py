import asyncio
import threading
import time
from functools import partial

import pytest

from serving import turns
from serving.turns import Turns


def thread() -> str:
    return threading.current_thread().name


def test_a_small_quick_piece_is_done_on_the_spot() -> None:
    assert asyncio.run(Turns().take(10, thread)) == thread()


def test_a_large_one_goes_to_the_thread() -> None:
    assert asyncio.run(Turns().take(turns.SMALL_BYTES + 1, thread)) != thread()


def test_after_a_slow_one_the_thread_is_used_until_one_is_quick() -> None:
    async def places() -> list[str]:
        taken = Turns()
        await taken.take(1, lambda: time.sleep(turns.QUICK_SECONDS * 2))
        return [await taken.take(1, thread) for _ in range(2)]

    first, second = asyncio.run(places())
    assert first != thread() and second == thread()


def test_never_two_at_once_and_in_order_even_when_one_is_given_up() -> None:
    running, most, order = 0, 0, []

    def work(name: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.02)
        order.append(name)
        running -= 1

    async def all_of_them() -> None:
        taken = Turns()
        large = turns.SMALL_BYTES + 1
        tasks = [asyncio.create_task(taken.take(large, partial(work, n))) for n in range(3)]
        await asyncio.sleep(0.01)
        tasks[0].cancel()
        await taken.take(1, lambda: work(3))
        await asyncio.gather(*tasks[1:])

    asyncio.run(all_of_them())
    assert (most, order) == (1, [0, 1, 2, 3])


def test_the_loop_is_free_while_the_thread_works() -> None:
    async def beats() -> int:
        taken, count = Turns(), 0
        slow = asyncio.create_task(taken.take(turns.SMALL_BYTES + 1, lambda: time.sleep(0.1)))
        while not slow.done():
            await asyncio.sleep(0.005)
            count += 1
        return count

    assert asyncio.run(beats()) >= 5


def test_what_the_work_raises_is_raised() -> None:
    def broken() -> None:
        raise KeyError("x")

    for size in (1, turns.SMALL_BYTES + 1):
        with pytest.raises(KeyError):
            asyncio.run(Turns().take(size, broken))
