"""Writes fixtures/: what the twins of this project's models compute.

A twin is the same network in a Python package. It is built by its name, every parameter and running
statistic is set by a formula on its key and index (proof/fill.py, src/fill.rs), and what it answers
is written down, summed up in a few kilobytes (proof/outputs.py). So is what it learns in three steps
(proof/training.py), of those that cases.json names. tests/outputs.rs and tests/training.rs do the
same with ours, and compare.

    pip install -r requirements.txt
    python make.py                  # all that are not there yet
    python make.py 'resnet*' --again
    python make.py --only training
    python make.py --more densenet121@64x64  # train on one more batch
    python make.py --keys resnet18  # what the twin calls its parameters

The variants and their twins come from `cargo run -p train -- models --json`, or from a file.
"""

import argparse
import json
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path

import torch

from proof import outputs, training
from proof.build import Case, build

HERE = Path(__file__).resolve().parent
FIXTURES = HERE / "fixtures"
PACKAGES = {
    "torchvision": "torchvision",
    "timm": "timm",
    "smp": "segmentation_models_pytorch",
    "monai": "monai",
    "nnunet": "dynamic_network_architectures",
}
PROOFS = {
    "outputs": (FIXTURES, outputs.fixture),
    "training": (FIXTURES / "training", training.fixture),
}


def main():
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    variants = {variant["name"]: variant for variant in models(arguments.models)}
    listed = json.loads((HERE / "cases.json").read_text())
    names = {
        "outputs": [*variants, *listed["varied"]],
        "training": listed["trained"],
    }
    work = []
    only = "training" if arguments.more else arguments.only
    for proof in [only] if only else PROOFS:
        cases = (Case.of(variants, name) for name in names[proof])
        work += [(case, *PROOFS[proof]) for case in cases if case and chosen(case.name, arguments.names)]
    if not work:
        sys.exit(f"no variant with a twin is called like {arguments.names}")
    for case, folder, fixture in work:
        path = folder / f"{case.name}.json"
        if arguments.keys:
            print("\n".join(outputs.keys(build(case))))
        elif arguments.more and path.exists():
            write(case, path, training.another, json.loads(path.read_text()))
        elif arguments.again or not path.exists():
            write(case, path, fixture)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="patterns such as 'resnet*' [default: all]")
    parser.add_argument("--again", action="store_true", help="also those that are there")
    parser.add_argument("--only", choices=PROOFS, help="one of the proofs [default: all]")
    parser.add_argument("--more", action="store_true", help="training, on one more batch of images")
    parser.add_argument("--keys", action="store_true", help="print the twins' keys and shapes")
    parser.add_argument("--models", type=Path, help="what `train models --json` printed")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def models(path):
    if path:
        return json.loads(path.read_text())
    command = ["cargo", "run", "--quiet", "-p", "train", "--", "models", "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=HERE).stdout)


def chosen(name, patterns):
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def write(case, path, fixture, *known):
    start = time.monotonic()
    found = fixture(case, build(case), *known)
    packages = ["torch", PACKAGES[case.package]]
    found["versions"] = {package: version(package) for package in packages}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{case.name}: {time.monotonic() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
