"""The same seed, the same machine, the same bits: for 1, 2 and 3 threads that compute, and 1, 2 and 4 that
load.

    cargo build --workspace
    python -m results.same_bits

A classification and a segmentation on the embedded images, with all that is drawn at random: dropped
paths, moves, colours, mixing, and an average of the weights. Each is learned nine times. What is compared,
by its SHA-256, is what the run writes of its epochs and its test, with all digits, and its weights.
"""

import hashlib
import json
import sys
from pathlib import Path

from results.kit import runs

HERE = Path(__file__).resolve().parent
COMPUTE = [1, 2, 3]
LOAD = [1, 2, 4]


def main():
    arguments = runs.parser(__doc__, HERE).parse_args()
    ours = runs.Runs(arguments)
    cases = {}
    for recipe in sorted(HERE.glob("*.toml")):
        each = {}
        for compute in COMPUTE:
            for load in LOAD:
                name = f"{recipe.stem}-{compute}-{load}"
                flags = ["--config", recipe, "--set", f"data.threads={load}"]
                run = ours.fit(name, *flags, threads=compute)
                each[f"{compute} compute, {load} load"] = bits(run, ours.weights(name))
        cases[recipe.stem] = {"same": len({json.dumps(one) for one in each.values()}) == 1, "runs": each}
    ours.publish(arguments, HERE, {"cases": cases}, [])
    if not all(case["same"] for case in cases.values()):
        sys.exit("the bits are not the same")


def bits(run, weights):
    digest = lambda path: hashlib.sha256(path.read_bytes()).hexdigest()
    return {"metrics": digest(run / "metrics.jsonl"), "weights": digest(weights)}


if __name__ == "__main__":
    main()
