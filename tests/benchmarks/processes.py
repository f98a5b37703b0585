"""What a process and its children have used, read from Linux."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path


def tree(process: int) -> Iterator[int]:
    """A process and all below it."""
    yield process
    for thread in threads(process):
        for child in read(f"/proc/{process}/task/{thread}/children").split():
            yield from tree(int(child))


def threads(process: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{process}/task")  # noqa: PTH208 (names are what is wanted, many times a second)
    except OSError:
        return []


def read(path: str) -> str:
    """The text of a file of /proc; empty when its process is gone."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def cpu_ms(process: int) -> float:
    """The time on processors, of threads that have ended as well; of children only while they live."""
    total = 0.0
    for one in tree(process):
        try:
            # The number of a process's clock, as clock_getcpuclockid(3) makes it: /proc counts in steps of 10 ms.
            total += time.clock_gettime(~one << 3 | 2)
        except OSError:
            continue
    return total * 1000


def is_running(process: int) -> bool:
    """Whether a thread is on a processor or waits for one."""
    stats = (read(f"/proc/{one}/task/{thread}/stat") for one in tree(process) for thread in threads(one))
    return any(stat.rpartition(")")[2].split()[:1] == ["R"] for stat in stats)


def peak_mb(process: int) -> float:
    """The most memory that was resident, summed over the processes; what they share counts for each."""
    kilobytes = 0
    for one in tree(process):
        for line in read(f"/proc/{one}/status").splitlines():
            if line.startswith("VmHWM:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


def machine() -> dict[str, object]:
    """What the figures were taken on."""
    models = [line.partition(":")[2].strip() for line in read("/proc/cpuinfo").splitlines() if "model name" in line]
    memory = next(line.split()[1] for line in read("/proc/meminfo").splitlines() if line.startswith("MemTotal:"))
    return {
        "processor": models[0] if models else os.uname().machine,
        "processors": os.cpu_count(),
        "memory_gb": round(int(memory) / 1024**2, 1),
        "system": f"{os.uname().sysname} {os.uname().release}",
    }
