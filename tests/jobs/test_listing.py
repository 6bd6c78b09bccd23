from jobs.listing import listed


def test_many_names_are_counted() -> None:
    assert listed([]) == ""
    assert listed(["a", 2]) == "'a', '2'"
    assert listed("abcde") == "'a', 'b', 'c', 'd', 'e'"
    assert listed("abcdefg") == "'a', 'b', 'c', 'd', 'e' and 2 more"
