"""Run as a script by ``child``: starts a command and writes what it took, as JSON, into a file.

Linux counts into a process's peak memory what its parent held when it was started. So the command must not be
started by the benchmark, with its model loaded, but by this, which imports next to nothing.
"""

import json
import os
import subprocess
import sys

if __name__ == "__main__":
    process = subprocess.Popen(sys.argv[2:])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    took = {
        "status": process.returncode,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss * unit / 2**20,
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(took, file)
