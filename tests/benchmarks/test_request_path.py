from benchmarks import request_path
from benchmarks.containers import TEMPLATE, TWIN, ContainerLoads
from benchmarks.load import Load
from benchmarks.request_path import LOADS


def found(requests: int, cpu: float) -> ContainerLoads:
    load = Load(latencies=[0.001] * requests, seconds=1.0, own_cpu_seconds=0.1)
    return ContainerLoads(loads=[load], cpu_seconds=[cpu])


def test_ratios_say_how_many_times_the_template_does() -> None:
    both = {(TEMPLATE, kind): found(600, 0.3) for kind in LOADS} | {
        (TWIN, kind): found(100, 0.5) for kind in LOADS
    }
    assert request_path.ratios(both)[request_path.GOAL] == {"requests": 6.0, "cpu": 10.0}


def test_the_function_costs_more_the_longer_it_waits_and_the_machine_hardly() -> None:
    (_, fast, fast_machine), *_, (_, slow, slow_machine) = request_path.costs(800)
    assert sum(slow.values()) > sum(fast.values()) + 1
    assert sum(slow_machine.values()) - sum(fast_machine.values()) < 0.2


def test_a_ratio_is_the_median_of_rounds() -> None:
    def several(requests: list[int]) -> ContainerLoads:
        loads = [Load(latencies=[0.001] * number, seconds=1.0, own_cpu_seconds=0.1) for number in requests]
        return ContainerLoads(loads=loads, cpu_seconds=[0.0] * len(requests))

    ours, twin = several([300, 100, 400]), several([100, 100, 100])
    both = {(TEMPLATE, kind): ours for kind in LOADS} | {(TWIN, kind): twin for kind in LOADS}
    assert request_path.ratios(both)[request_path.GOAL] == {"requests": 3.0, "cpu": 0.0}


def test_an_express_execution_enters_a_state_for_each_step() -> None:
    states = request_path.hops()
    assert states[0] == "CollectFeatures" and {"InvokeEndpoint", "ExecuteRules"} < set(states)
