"""Whether everything that was recorded in a folder is the language server protocol: ``check_traffic.py FOLDER``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from conformance.available import ABSENT, grammars
from conformance.recording import Recording


def main(folder: str) -> int:
    # A Python that was only asked what it is said nothing.
    logs = [log for log in sorted(Path(folder).rglob("*.jsonl")) if log.stat().st_size]
    if not grammars():
        sys.exit(ABSENT)
    if not logs:
        sys.exit(f"nothing was recorded in {folder}")
    faults = [f"{log.name}: {fault}" for log in logs for fault in Recording(log, grammars()).faults(ended=True)]
    print("\n".join(faults) or f"{sum(len(log.read_text().splitlines()) for log in logs)} messages in {len(logs)} logs")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
