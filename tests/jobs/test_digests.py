import hashlib
from pathlib import Path

from jobs.digests import content_digest, sha256_of


def test_a_file_has_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"x" * 100_000).hexdigest()


def test_the_order_of_files_does_not_matter_but_names_and_content_do() -> None:
    assert content_digest({"a": "1", "b": "2"}) == content_digest({"b": "2", "a": "1"})
    assert len({content_digest(d) for d in ({"a": "1"}, {"b": "1"}, {"a": "2"}, {"a": "1", "b": "1"})}) == 4
