from mdlc_constructs.settings.refusal import refusal, unknown


def test_a_refusal_names_argument_value_and_remedy() -> None:
    assert str(refusal("margin", 7, "give less.")) == "margin=7: give less."


def test_an_unknown_name_comes_with_the_nearest_right_one() -> None:
    assert str(unknown("gate", "acu", ["auc", "f1"], what="metric")) == (
        "gate='acu': no such metric; did you mean 'auc'?"
    )


def test_a_name_like_no_other_comes_with_all_of_them() -> None:
    assert str(unknown("gate", "zzz", ["f1", "auc"], what="metric")).endswith("choose one of auc, f1.")


def test_where_nothing_can_be_chosen_no_empty_list_is_shown() -> None:
    assert str(unknown("gate", "auc", [], what="metric")) == (
        "gate='auc': there is no metric to choose; leave it out."
    )
