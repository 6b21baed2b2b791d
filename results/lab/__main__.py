"""The laboratory's full profile: each claim about skip connections, with figures and a verdict.

    cargo build --workspace
    pip install -r results/requirements.txt
    python -m results.lab --data FILES

FILES has the files as they are published: `cifar10` (the binary files, packed by xz), `mnist` (IDX) and
`dsb2018` (`nuclei_256.tar`). It takes hours; what is done is not done again, and a run that was stopped goes
on. Experiments may be named, to run those alone.
"""

import argparse
import json
import subprocess
from pathlib import Path

from results.kit import cifar10, nuclei
from results.kit.runs import ROOT

HERE = Path(__file__).resolve().parent

# Where a run takes less than a minute or so, there are more of them.
SEEDS = {"gradient_flow": 5, "highway_depth": 5, "shattered": 5}


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", type=Path, required=True, help="the folder of the three data sets")
    flags.add_argument("--lab", type=Path, default=ROOT / "target/debug/lab", help="[default: %(default)s]")
    flags.add_argument("--runs", type=Path, default=HERE / "runs", help="[default: %(default)s]")
    flags.add_argument("names", nargs="*", help="experiments [default: all]")
    arguments = flags.parse_args()
    data = arguments.runs / "data"
    prepare(arguments.data, data)
    places = ["--data", data, "--out", HERE, "--runs", arguments.runs]
    for name in arguments.names or names(arguments.lab):
        seeds = ["--seeds", str(SEEDS.get(name, 3))]
        done = subprocess.run([arguments.lab, "run", name, "--profile", "full", *seeds, *places])
        if done.returncode:
            raise SystemExit(done.returncode)


def names(lab):
    """All experiments, in their order."""
    said = subprocess.run([lab, "list", "--json"], check=True, capture_output=True, text=True)
    return [experiment["name"] for experiment in json.loads(said.stdout)]


def prepare(files, data):
    """The three sets in forms that `train` reads."""
    data.mkdir(parents=True, exist_ok=True)
    cifar10.prepare(files / "cifar10", data / "cifar10")
    if not (data / "mnist").exists():
        (data / "mnist").symlink_to((files / "mnist").resolve())
    if not (data / "nuclei").exists():
        nuclei.prepare(files / "dsb2018", data / "nuclei")
        for part in ("train", "test"):
            (data / "nuclei" / part / "masks").rename(data / "nuclei" / part / "instances")


if __name__ == "__main__":
    main()
