from typing import Any

import pytest

from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.split_text import method_text, part_texts
from mdlc_constructs.settings.split import Split


@pytest.mark.parametrize(
    ("split", "method", "holdout"),
    [
        (Split.random(), "at random 70/10/20, seed 1", "20% of the rows, at random"),
        (
            Split.random(seed=4, stratify="y"),
            "at random 70/10/20, seed 4, equal shares of y",
            "20% of the rows, at random",
        ),
        (
            Split.random(group="patient"),
            "at random 70/10/20, seed 1, groups of patient together",
            "20% of the rows, at random",
        ),
        (Split.by_column("part", holdout="test"), "by column part", "part is test"),
        (
            Split.by_prefix(holdout="test/", group="g"),
            "by prefix, groups of g together",
            "files test/*",
        ),
        (Split.by_fraction(), "", None),
    ],
)
def test_a_split_that_is_not_by_time_is_told_in_words(split: Split, method: str, holdout: str | None) -> None:
    section: dict[str, Any] = encode(split.to_plan())
    assert method_text(section) == method
    assert part_texts(section).get("holdout") == holdout
