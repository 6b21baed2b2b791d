"""A run that is killed again and again ends as if it had not been.

    python -m results.killed

The test `killed` of the crate `train` in its long form: `kill -9` at random moments of a classification and
of a segmentation that write a checkpoint at every step, each gone on with to its end. Parameters, averages,
metrics and answers have to be those of the run that was left alone, to the bit; else it fails.
"""

import argparse
import os
import re
import subprocess
import time
from pathlib import Path

from results.kit import runs

HERE = Path(__file__).resolve().parent
TOLD = re.compile(r"^(\w+): (\d+) runs were killed (\d+) times, and all are the same$", re.MULTILINE)


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--kills", type=int, default=200, help="[default: %(default)s]")
    kills = flags.parse_args().kills
    command = ["cargo", "test", "--workspace", "--test", "killed", "--", "--nocapture"]
    since = time.time()
    environment = {**os.environ, "KILLS": str(kills)}
    told = subprocess.run(command, cwd=runs.ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    cases = {name: {"runs": int(count), "kills": int(killed)} for name, count, killed in TOLD.findall(told.stdout)}
    if not cases:
        raise SystemExit("the test says nothing of its kills")
    summary = {"wanted": kills, "cases": cases, "seconds": time.time() - since}
    runs.write_json(HERE / "summary.json", {**summary, "machine": runs.machine(os.cpu_count())})


if __name__ == "__main__":
    main()
