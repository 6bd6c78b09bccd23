import re

import pytest

from jobs.errors import InputError
from jobs.names import beside, free, internal, refuse_equal


def test_a_name_of_ours_begins_with_what_no_name_of_a_users_holds() -> None:
    assert re.fullmatch('"[\x00-\x1f]label"', internal("label"))


@pytest.mark.parametrize(
    ("columns", "name"), [((), "score"), (("a", "Score"), "score_"), (("score", "score_"), "score__")]
)
def test_a_name_of_ours_beside_columns(columns: tuple[str, ...], name: str) -> None:
    assert free("score", columns) == name


def test_columns_beside_ours_keep_their_names_unless_one_is_ours() -> None:
    found = beside(["a", "Label", "feature_label", "FEATURE_Feature_LABEL"], ["label", "score"], "feature_")
    assert found == {
        "a": "a",
        "Label": "feature_feature_feature_Label",
        "feature_label": "feature_label",
        "FEATURE_Feature_LABEL": "FEATURE_Feature_LABEL",
    }


def test_columns_that_differ_by_case_alone_are_refused() -> None:
    refuse_equal(["a", "b"])
    with pytest.raises(InputError, match=r"'k' and 'K' differ only by case.*or train anew"):
        refuse_equal(["k", "a", "K"])
