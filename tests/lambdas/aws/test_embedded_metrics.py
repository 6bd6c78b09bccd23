import json

import pytest

from lambdas.aws import embedded_metrics


def test_a_line_is_a_metric_that_cloudwatch_reads() -> None:
    line = json.loads(
        embedded_metrics.metric_line(
            "flights", {"Decisions": 1, "FallbackDecisions": 0}, {"request_id": "r"}, 5
        )
    )
    assert line == {
        "_aws": {
            "Timestamp": 5,
            "CloudWatchMetrics": [
                {
                    "Namespace": "MDLC",
                    "Dimensions": [["Api"]],
                    "Metrics": [
                        {"Name": "Decisions", "Unit": "Count"},
                        {"Name": "FallbackDecisions", "Unit": "Count"},
                    ],
                }
            ],
        },
        "Api": "flights",
        "Decisions": 1,
        "FallbackDecisions": 0,
        "request_id": "r",
    }


def test_counting_and_noting_write_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    embedded_metrics.count("flights", {"Decisions": 1}, {})
    embedded_metrics.note("flights", "two\nlines")
    counted, noted = map(json.loads, capsys.readouterr().out.splitlines())
    assert counted["Decisions"] == 1 and counted["_aws"]["Timestamp"] > 1.7e12
    assert noted == {"level": "WARNING", "Api": "flights", "message": "two\nlines"}
