"""A command with a record of its traffic, in a file of its own: ``record.py FOLDER COMMAND...``."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from conformance import recorder

if __name__ == "__main__":
    folder, *command = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    os._exit(recorder.main(str(Path(folder, f"{os.getpid()}.jsonl")), *command))
