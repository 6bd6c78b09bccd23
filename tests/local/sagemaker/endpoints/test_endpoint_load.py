"""Thousands of requests while a real model is replaced by another: none fails, none is lost."""

from tests.local.sagemaker.serving import VARIANT, Crowd, Serving, variant

ROW = "0.5,0.5,0.5"
REQUESTS = 500


def test_no_request_fails_while_the_model_changes(serving: Serving) -> None:
    models = [serving.trained(seed) for seed in (1, 2)]
    configs = [serving.config(variant(model)) for model in models]
    endpoint = serving.endpoint(configs[0])
    linear = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "LINEAR",
                "WaitIntervalInSeconds": 60,
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            },
            "TerminationWaitInSeconds": 60,
        }
    }
    rolling = {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
            "WaitIntervalInSeconds": 30,
        }
    }
    with Crowd(serving, endpoint, ROW) as crowd:
        crowd.await_requests(REQUESTS)
        first = set(crowd.answers)
        for config, deployment in ((configs[1], None), (configs[0], linear), (configs[1], rolling)):
            ended = serving.update(endpoint, config, deployment)
            assert (ended["EndpointStatus"], ended["EndpointConfigName"]) == ("InService", config)
            crowd.await_requests(REQUESTS)
    print(
        f"{len(crowd.seconds)} requests, p50 {crowd.quantile(0.5):.1f} ms, p99 {crowd.quantile(0.99):.1f} ms"
    )
    assert crowd.failures == []
    assert len(first) == 1
    assert len(crowd.answers) == 2, "each answer is one of the two models'"
    assert sum(crowd.answers.values()) == len(crowd.seconds) > 4 * REQUESTS
    dimensions = {"EndpointName": endpoint, "VariantName": VARIANT}
    serving.delete(endpoint)
    assert serving.metric("Invocations", dimensions) == len(crowd.seconds)
    assert serving.metric("Invocation5XXErrors", dimensions) == 0
    assert 0 < serving.metric("ModelLatency", dimensions, "Average") < 1e6
