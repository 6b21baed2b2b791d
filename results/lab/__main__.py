"""The laboratory's full profile: each claim about skip connections, with figures and a verdict.

    cargo build --workspace
    pip install -r results/requirements.txt
    python -m results.lab --data FILES

FILES has the files as they are published: `cifar10` (the binary files, packed by xz), `mnist` (IDX) and
`dsb2018` (`nuclei_256.tar`). It takes hours; what is done is not done again, and a run that was stopped goes
on. Experiments may be named, to run those alone.
"""

import argparse
import subprocess
from pathlib import Path

from results.kit import cifar10, nuclei
from results.kit.runs import ROOT

HERE = Path(__file__).resolve().parent


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", type=Path, required=True, help="the folder of the three data sets")
    flags.add_argument("--lab", type=Path, default=ROOT / "target/debug/lab", help="[default: %(default)s]")
    flags.add_argument("--runs", type=Path, default=HERE / "runs", help="[default: %(default)s]")
    flags.add_argument("names", nargs="*", help="experiments [default: all]")
    arguments = flags.parse_args()
    data = arguments.runs / "data"
    prepare(arguments.data, data)
    command = [arguments.lab, "run", *arguments.names, "--profile", "full"]
    places = ["--data", data, "--out", HERE, "--runs", arguments.runs]
    raise SystemExit(subprocess.run([*command, *places]).returncode)


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
