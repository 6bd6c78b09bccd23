from jobs.pages.formats import day, metric_name, number, signed


def test_numbers_in_few_digits() -> None:
    assert [number(value) for value in (None, 0.71239, -12.3456, 123.456, 12345.6)] == [
        *("–", "0.712", "-12.346", "123.5", "12,346"),
    ]


def test_differences_have_a_sign_unless_they_are_nothing() -> None:
    assert [signed(value) for value in (0.0714, -0.0331, -0.0002, 0.0)] == [
        "+0.071",
        "−0.033",
        "0.000",
        "0.000",
    ]


def test_names_of_metrics_and_times() -> None:
    assert (metric_name("auc"), metric_name("log_loss")) == ("AUC", "log loss")
    assert day("2013-06-01T00:00:00+00:00") == "1 Jun 2013"
    assert day("2013-06-01T07:30:00Z") == "1 Jun 2013 07:30"
    assert day(None) == "–"
