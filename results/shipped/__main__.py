"""The networks that come with the program: trained, measured, and written where it takes them from.

    cargo build --workspace
    python -m results.shipped --data FILES

FILES has `dsb2018`, the folder of `nuclei_256.tar` (see results.nuclei), and `cifar10` (see results.cifar10).
`unet.nuclei` learns from 334 images of nuclei, `unet.denoise` from the embedded ones; their scores are those
on the 24 test images. `resnet20.cifar10` is the first seed of results.cifar10. A run that is done is not made
again; one that was stopped goes on. Networks may be named, to make those alone. Cards are written by hand.
"""

import json
import shutil
from pathlib import Path

import numpy
from PIL import Image

from results.kit import cifar10, nuclei, runs
from results.nuclei import score

HERE = Path(__file__).resolve().parent
SHIPPED = runs.ROOT / "crates/train/weights"

# What each learns from, and by which recipe.
NETWORKS = {
    "unet.nuclei": ("nuclei", HERE / "unet.nuclei.toml"),
    "unet.denoise": ("nuclei-noisy", HERE / "unet.denoise.toml"),
    "resnet20.cifar10": ("cifar10", HERE.parent / "cifar10/recipe.toml"),
}


def main():
    flags = runs.parser(__doc__, HERE)
    flags.add_argument("--data", type=Path, required=True, help="the folder of the data's files")
    flags.add_argument("names", nargs="*", default=list(NETWORKS), help="networks [default: all]")
    arguments = flags.parse_args()
    for name in arguments.names:
        if name not in NETWORKS:
            flags.error(f"there is no network {name}; there are {', '.join(NETWORKS)}")
    ours = runs.Runs(arguments)
    nuclei.prepare(arguments.data / "dsb2018", ours.folder / "nuclei")
    cifar10.prepare(arguments.data / "cifar10", ours.folder / "cifar10")
    path = HERE / "summary.json"
    summary = json.loads(path.read_text()) if path.is_file() else {}
    for name in arguments.names:
        data, recipe = NETWORKS[name]
        run = ours.fit(name, "--config", recipe, "--data", data)
        ship(ours, run, SHIPPED / name)
        summary[name] = {
            "parameters": ours.summary(name)["parameters"],
            "bytes": (SHIPPED / name / "model.safetensors").stat().st_size,
            "test": ours.summary(name)["test"],
            "machine": runs.machine(arguments.threads),
        }
        if name == "unet.nuclei":
            summary[name]["nuclei"] = scores(ours, name)
    runs.write_json(path, summary)
    ours.publish_logs(HERE, arguments.names)


def scores(ours, name):
    each = [score.of_image(*pair) for pair in predicted(ours, name)]
    return {key: interval([one[key] for one in each]) for key in each[0]}


def predicted(ours, name):
    """The maps that a run says of the test images, each with the true nuclei."""
    maps, test = ours.folder / f"{name}-maps", ours.folder / "nuclei/test"
    images = sorted(path.name for path in (test / "images").glob("*.png"))
    if not maps.is_dir():
        ours.train("predict", name, "--out", maps.name, *(Path("nuclei/test/images") / image for image in images))
    read = lambda path: numpy.array(Image.open(path))
    for image in images:
        yield read(maps / image.replace(".png", "_mask.png")), read(test / "masks" / image)


def interval(values):
    """The mean, and between what it lies in 95 % of 1,000 samples of as many images, drawn with replacement."""
    drawn = numpy.random.default_rng(1).choice(values, (1000, len(values))).mean(axis=1)
    return {"mean": float(numpy.mean(values)), "interval": numpy.percentile(drawn, [2.5, 97.5]).tolist()}


def ship(ours, run, folder):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(run / "config.json", folder)
    shutil.copy(ours.weights(run.name, "--half"), folder)


if __name__ == "__main__":
    main()
