"""Requests without pause while one released version replaces another: none fails, each has one version."""

import json

from tests.local.sagemaker.serving import Crowd, Serving, variant

ROW = json.dumps({"a": 0.5, "b": 0.5, "c": 0.5})
REQUESTS = 300


def test_no_request_fails_while_a_released_version_replaces_another(serving: Serving) -> None:
    configs = [serving.config(variant(serving.released(version, version))) for version in (1, 2)]
    endpoint = serving.endpoint(configs[0])
    canary = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "WaitIntervalInSeconds": 60,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
            },
            "TerminationWaitInSeconds": 60,
        }
    }
    with Crowd(serving, endpoint, ROW, "application/jsonlines") as crowd:
        crowd.await_requests(REQUESTS)
        ended = serving.update(endpoint, configs[1], canary)
        assert (ended["EndpointStatus"], ended["EndpointConfigName"]) == ("InService", configs[1])
        crowd.await_requests(REQUESTS)
    print(
        f"{len(crowd.seconds)} requests, p50 {crowd.quantile(0.5):.1f} ms, p99 {crowd.quantile(0.99):.1f} ms"
    )
    assert crowd.failures == []
    assert sorted(json.loads(answer)["version"] for answer in crowd.answers) == [1, 2]
    assert sum(crowd.answers.values()) == len(crowd.seconds) > 2 * REQUESTS
    serving.delete(endpoint)
