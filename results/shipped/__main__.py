"""The networks that come with the program: trained, measured, and written where it takes them from.

    cargo build --workspace
    python -m results.shipped --data DSB2018

DSB2018 is the folder of `nuclei_256.tar`: see results.nuclei. `unet.nuclei` learns from its 334 images,
`unet.denoise` from the embedded ones. Scores are those on the 24 test images. A run that is done is not
made again; one that was stopped goes on. Cards are written by hand.
"""

import shutil
from pathlib import Path

import numpy
from PIL import Image

from results.kit import nuclei, runs
from results.nuclei import score

HERE = Path(__file__).resolve().parent
SHIPPED = runs.ROOT / "crates/train/weights"

# What each learns from.
NETWORKS = {"unet.nuclei": "nuclei", "unet.denoise": "nuclei-noisy"}


def main():
    flags = runs.parser(__doc__, HERE)
    flags.add_argument("--data", type=Path, required=True, help="the folder of the data's files")
    arguments = flags.parse_args()
    ours = runs.Runs(arguments)
    nuclei.prepare(arguments.data, ours.folder / "nuclei")
    summary = {}
    for name, data in NETWORKS.items():
        run = ours.fit(name, "--config", HERE / f"{name}.toml", "--data", data)
        ship(ours, run, SHIPPED / name)
        summary[name] = {
            "parameters": ours.summary(name)["parameters"],
            "bytes": (SHIPPED / name / "model.safetensors").stat().st_size,
            "test": ours.summary(name)["test"],
        }
    each = [score.of_image(*pair) for pair in predicted(ours, "unet.nuclei")]
    summary["unet.nuclei"]["nuclei"] = {key: interval([one[key] for one in each]) for key in each[0]}
    ours.publish(arguments, HERE, summary, list(NETWORKS))


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
    weights = folder / "model.safetensors"
    weights.unlink(missing_ok=True)
    ours.train("export", run.name, "--safetensors", weights, "--half")


if __name__ == "__main__":
    main()
