"""Memory that is free is given back to the system."""

from mdlc_local import memory


def test_what_was_freed_is_given_back() -> None:
    trim = memory.trimming()
    if trim is None:  # another C library than glibc
        return
    before = memory.resident_pages()
    # Small enough to come from the heap, which shrinks only from its end: the last one stays.
    taken = [bytes(100_000) for _ in range(500)]
    last = bytes(100_000)
    grown = memory.resident_pages()
    taken.clear()
    trim()
    assert memory.resident_pages() - before < (grown - before) / 2
    assert last
