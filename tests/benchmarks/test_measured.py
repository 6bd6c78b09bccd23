import json
import subprocess
import sys
from pathlib import Path

from benchmarks.drift import ROOT

HUNGRY = """
import time
held, end = bytearray(150_000_000), time.process_time() + 0.3
while time.process_time() < end:
    pass
"""


def test_a_process_is_told_its_own_time_and_peak(tmp_path: Path) -> None:
    def measured(program: str) -> dict[str, float]:
        target = tmp_path / "took.json"
        command = [sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "measured.py"), str(target)]
        subprocess.run([*command, sys.executable, "-I", "-S", "-c", program], check=True)
        took: dict[str, float] = json.loads(target.read_text())
        return took

    hungry, modest = measured(HUNGRY), measured("pass")
    assert hungry["cpu_seconds"] >= 0.3 and hungry["wall_seconds"] >= 0.3
    assert 150e6 < hungry["peak_bytes"] < 250e6
    assert modest["peak_bytes"] < 50e6  # though whoever started it may be larger


def test_a_failure_is_passed_on(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "measured.py"), str(tmp_path / "took.json")]
    done = subprocess.run([*command, sys.executable, "-c", "raise SystemExit(3)"], check=False)
    assert done.returncode == 3
