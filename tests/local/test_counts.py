"""Equal values of a metric are one data point with a count."""

from mdlc_local.counts import Measured, data, milliseconds


def test_equal_values_are_counted() -> None:
    here = (("ApiName", "a"),)
    made = data(
        [
            Measured("Count", 1.0, "Count", here),
            Measured("Count", 1.0, "Count", here),
            Measured("Latency", 3.0, "Milliseconds", here),
            Measured("Count", 1.0, "Count", (("ApiName", "b"),)),
        ]
    )
    assert [(datum["MetricName"], datum["Values"], datum["Counts"]) for datum in made] == [
        ("Count", [1.0], [2.0]),
        ("Latency", [3.0], [1.0]),
        ("Count", [1.0], [1.0]),
    ]
    assert made[0]["Dimensions"] == [{"Name": "ApiName", "Value": "a"}]


def test_many_values_make_several_data() -> None:
    made = data([Measured("Latency", float(value), "Milliseconds", ()) for value in range(200)])
    assert [len(datum["Values"]) for datum in made] == [150, 50]


def test_two_digits() -> None:
    assert (milliseconds(0.01234), milliseconds(1.26)) == (12.0, 1300.0)
