"""Damaged files by the million: whatever is done to a file that comes from outside, there is an error or an
answer, and never a panic.

    python -m results.hostile

Tests of the crates `train` (IDX, CIFAR, CSV, JSON lines, COCO, NumPy, ZIP, TIFF, masks, the cache, recipes,
`config.json`, manifests, parameters) and `weights` (PyTorch's two forms, safetensors, NumPy's archives,
`config.json`) damage files at random; here with so many more mutations that each crate has its million.
"""

import argparse
import os
import re
import subprocess
import time
from pathlib import Path

from results.kit import runs

HERE = Path(__file__).resolve().parent
INPUTS = re.compile(r"(\d+) damaged inputs")


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--inputs", type=int, default=1_000_000, help="of each crate, about [default: %(default)s]")
    inputs = flags.parse_args().inputs
    since = time.time()
    train = ["--lib", "--", "--nocapture", "damaged"]
    times = -(-inputs // damage(train, TRAIN_MUTATIONS=1))
    summary = {
        "train": damage(train, TRAIN_MUTATIONS=times),
        "weights": damage(["--test", "hostile", "--", "--nocapture"], MUTANTS=inputs),
        "seconds": time.time() - since,
        "machine": runs.machine(os.cpu_count()),
    }
    runs.write_json(HERE / "summary.json", summary)


def damage(tests, **environment):
    """Runs such tests; how many inputs they damaged."""
    command = ["cargo", "test", "--workspace", *tests]
    environment = {**os.environ, **{key: str(value) for key, value in environment.items()}}
    told = subprocess.run(command, cwd=runs.ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    count = sum(map(int, INPUTS.findall(told.stdout)))
    if not count:
        raise SystemExit("the tests say nothing of what they damaged")
    return count


if __name__ == "__main__":
    main()
