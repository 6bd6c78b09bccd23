"""Runs a command as a separate process and writes its time and memory to a file.

    python -I -S measured.py RESULT.json COMMAND...

This program is a small process itself, because Linux includes the parent's memory in a process's peak.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    target, *command = sys.argv[1:]
    began = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    took = {
        "wall_seconds": time.perf_counter() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        # Linux counts kilobytes, macOS bytes.
        "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    with open(target, "w") as file:
        json.dump(took, file)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
