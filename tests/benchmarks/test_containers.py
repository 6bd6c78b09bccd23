import os
import subprocess
import sys

import pytest

from benchmarks import containers
from benchmarks.containers import ContainerLoads
from benchmarks.load import Load


def a_load(requests: int, seconds: float) -> Load:
    return Load(latencies=[0.001] * requests, seconds=seconds, own_cpu_seconds=0.1)


def test_the_best_round_counts() -> None:
    found = ContainerLoads(loads=[a_load(100, 1.0), a_load(300, 1.0)], cpu_seconds=[0.2, 0.3])
    assert found.per_second == 300 and found.best is found.loads[1]
    assert found.cpu_milliseconds == pytest.approx(1.0)


def test_bodies_are_tables_of_numbers() -> None:
    lines = containers.csv_body(3).decode().splitlines()
    assert len(lines) == 3 and len(set(lines)) == 3
    assert all(len([float(cell) for cell in line.split(",")]) == containers.FEATURES for line in lines)


def test_servers_and_generator_share_no_core_where_there_are_two() -> None:
    servers, generator = containers.halves()
    if len(servers | generator) > 1:
        assert not servers & generator
    assert (servers | generator) <= set(range(os.cpu_count() or 1))


def test_cpu_time_counts_children() -> None:
    busy = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n"
    child = f"subprocess.Popen([sys.executable, '-c', {busy!r} + 'time.sleep(60)'])"
    parent = f"import subprocess, sys, time; {child}; time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", parent], start_new_session=True)
    try:
        deadline = 300
        while containers.tree_cpu_seconds(process.pid) < 0.3 and deadline:
            subprocess.run(["sleep", "0.05"], check=True)
            deadline -= 1
        # The kernel counts whole ticks of 10 ms a process, so the child burns more than is asked for.
        assert containers.tree_cpu_seconds(process.pid) >= 0.3
    finally:
        os.killpg(process.pid, 9)
        process.wait()
    assert containers.tree_cpu_seconds(process.pid) == 0
