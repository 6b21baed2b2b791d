"""Computes the files of two examples by ONNX Runtime and compares.

    python3 crates/onnx/check.py --install .venv    # ONNX Runtime, and what it takes to compare
    .venv/bin/python crates/onnx/check.py [FOLDER] [--write]

`cases` writes models of every family and every decoder, with three images that follow from a formula;
`shipped` the networks that come with the program, with eight real ones. Each model is run on all of its
images at once, and on each of them alone: the answers must be those that the model gave in Rust, within
1e-4 of the largest of them; and with normalisations folded into convolutions, within 1e-5 more. The
examples write their files first, for a while; those of a FOLDER that has some are taken as they are.
`--write` keeps what came of it in `check.json`, a row for each model.
"""

import argparse
import json
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

PACKAGES = ["numpy", "onnx", "onnxruntime", "safetensors"]
EXAMPLES = ["cases", "shipped"]
BOUND = 1e-4
FOLDED = 1e-5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="where the examples' files are, or are to be")
    parser.add_argument("--install", type=Path, metavar="FOLDER", help="make an environment, and end")
    parser.add_argument("--ready", action="store_true", help="say by the exit status whether all is installed, and end")
    parser.add_argument("--write", action="store_true", help="keep the table in check.json")
    arguments = parser.parse_args()
    if arguments.install:
        install(arguments.install)
        return 0
    if arguments.ready:
        return not is_ready()
    if arguments.folder:
        return check(arguments.folder, arguments.write)
    with TemporaryDirectory() as folder:
        return check(Path(folder), arguments.write)


def install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "-r", HERE / "requirements.txt"]
    subprocess.run(pip, check=True)


def is_ready() -> bool:
    try:
        return all(version(name) for name in PACKAGES)
    except PackageNotFoundError:
        return False


def check(folder: Path, is_kept: bool) -> int:
    if not any(folder.glob("*.onnx")):
        for example in EXAMPLES:
            command = ["cargo", "run", "--quiet", "--example", example, "--", folder.resolve()]
            subprocess.run(command, check=True, cwd=ROOT)
    rows = {}
    for arrays in sorted(folder.glob("*.safetensors")):
        rows[arrays.stem] = row = compare(arrays)
        print(arrays.stem, json.dumps(row), flush=True)
    wrong = [name for name, row in rows.items() if not is_right(row)]
    if is_kept:
        write(rows, folder)
    print(f"{len(rows) - len(wrong)} passed, {len(wrong)} failed")
    return len(wrong) > 0 or not rows


def compare(arrays: Path) -> dict:
    """What ONNX Runtime says of a model."""
    import numpy as np
    import onnx
    from safetensors.numpy import load_file

    values = load_file(arrays)
    images, expected = values["input"], values["output"]
    path = arrays.with_suffix(".onnx")
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    answers = answer(path, images)
    folded = answer(arrays.with_suffix(".folded.onnx"), images)
    scale = np.abs(expected).max()
    difference = lambda one, other: float(np.abs(one - other.reshape(one.shape)).max() / scale)
    return {
        "image": list(images.shape[1:]),
        "nodes": len(model.graph.node),
        "difference": table.rounded(max(difference(each, expected) for each in answers)),
        "folded": table.rounded(max(difference(each, answers[0]) for each in folded)),
    }


def answer(path: Path, images) -> list:
    """The answers to all images at once, and to one after the other, as arrays."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    run = lambda images: session.run(["output"], {"input": images})[0]
    return [run(images), np.concatenate([run(image[None]) for image in images])]


def is_right(row: dict) -> bool:
    return row["difference"] <= BOUND and row["folded"] <= FOLDED


def write(rows: dict, folder: Path) -> None:
    """Keeps the table, a model a line."""
    import onnx

    model = onnx.load(next(folder.glob("*.onnx")))
    head = {
        "opset": model.opset_import[0].version,
        "ir_version": model.ir_version,
        "onnx": version("onnx"),
        "onnxruntime": version("onnxruntime"),
        "bounds": {"difference": BOUND, "folded": FOLDED},
    }
    table.write(HERE / "check.json", head, rows)


if __name__ == "__main__":
    sys.exit(main())
