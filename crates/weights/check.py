"""Takes weights to PyTorch and back, and compares the answers.

    python3 crates/weights/check.py --install .venv    # PyTorch and the packages with the twins; large
    .venv/bin/python crates/weights/check.py [--write]

The models are of every family and every decoder that these packages have: those that are `trained` in
crates/twins/cases.json. Of each,

- `out`: our network's `.safetensors` is loaded by the twin's `load_state_dict(strict=True)`, and the
  twin has to answer as ours does;
- `in`: the twin's `.pth` (`torch.save`), of other values, is loaded by us, and ours has to answer as
  the twin does;
- `folder`: what `train export` writes, weights and a `config.json`, is taken by timm or
  segmentation_models_pytorch as they take a folder of the hub, and every value has to be the same.
  Other packages have no such folders.

Running statistics are not the initial ones either. `--write` keeps how far answers are apart, as parts
of the largest, in `check.json`. Some 2.5 GB lie in the folder for temporary files meanwhile.
"""

import argparse
import json
import shutil
import subprocess
import sys
import venv
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "twins"))
from proof import table  # needs no package

PACKAGES = [
    "torch",
    "torchvision",
    "timm",
    "segmentation_models_pytorch",
    "monai",
    "dynamic_network_architectures",
    "safetensors",
]
# Most are below 1e-5; more is where normalisations divide by almost nothing.
BOUND = 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", type=Path, metavar="FOLDER", help="make an environment, and end")
    parser.add_argument("--ready", action="store_true", help="say by the exit status whether all is installed, and end")
    parser.add_argument("--write", action="store_true", help="keep the table in check.json")
    arguments = parser.parse_args()
    if arguments.install:
        return install(arguments.install)
    if arguments.ready:
        return not is_ready()

    with TemporaryDirectory() as folder:
        rows = traded(Path(folder))
    wrong = [name for name, row in rows.items() if not max(row["out"], row["in"]) <= BOUND]
    if arguments.write:
        head = {"versions": {name: version(name) for name in PACKAGES}, "bound": BOUND}
        table.write(HERE / "check.json", head, rows)
    print(f"{len(rows) - len(wrong)} passed, {len(wrong)} failed")
    return len(wrong) > 0 or not rows


def install(folder):
    venv.create(folder, with_pip=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "-r", HERE / "requirements.txt"]
    subprocess.run(pip, check=True)


def is_ready():
    try:
        return all(version(name) for name in PACKAGES)
    except PackageNotFoundError:
        return False


def traded(folder):
    """A row for each model: its twin, how many arrays it has, and how far answers are apart."""
    from proof import round_trip
    from proof.build import Case, build

    rows = {}
    for line in example("write", folder).splitlines():
        case = Case(**json.loads(line))
        own = folder / case.name
        model = build(case)
        out = round_trip.take_ours(model, own)
        round_trip.give_theirs(case, model, own)
        (own / "ours.safetensors").unlink()
        twin = f"{case.package} {case.twin}"
        rows[case.name] = {"twin": twin, "arrays": len(model.state_dict()), "out": table.rounded(out)}
    example("read", folder)
    for name, row in rows.items():
        row["in"] = table.rounded(round_trip.read_theirs(folder / name))
        if row["twin"].split()[0] in ("torchvision", "timm", "smp"):
            row["folder"] = left_for_others(name.split("@")[0], folder / "hub")
        print(name, json.dumps(row), flush=True)
    return rows


def left_for_others(name, folder):
    """The package that takes what `train export` writes of a network."""
    from proof import round_trip

    shutil.rmtree(folder, ignore_errors=True)
    cargo("-p", "train", "--", "export", name, "--safetensors", folder / "model.safetensors")
    return round_trip.take_folder(folder)


def example(step, folder):
    """What our half says."""
    return cargo("--example", "round_trip", "--", step, folder)


def cargo(*arguments):
    command = ["cargo", "run", "--quiet", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


if __name__ == "__main__":
    sys.exit(main())
