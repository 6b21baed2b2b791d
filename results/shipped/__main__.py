"""The networks that come with the program: trained, measured, and written where it takes them from.

    cargo build --workspace
    python -m results.shipped --data DSB2018

DSB2018 is the folder of `nuclei_256.tar`: see results.nuclei. `unet.nuclei` learns from its 334 images,
`unet.denoise` from the embedded ones. Scores are those of the files in half precision, on the 24 test
images. A run that is done is not made again; one that was stopped goes on. Cards are written by hand.
"""

import shutil
from pathlib import Path

from results.kit import nuclei, runs

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
            "single": ours.summary(name)["test"],
        }
    ours.publish(arguments, HERE, summary, list(NETWORKS))


def ship(ours, run, folder):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(run / "config.json", folder)
    weights = folder / "model.safetensors"
    weights.unlink(missing_ok=True)
    ours.train("export", run.name, "--safetensors", weights, "--half")


if __name__ == "__main__":
    main()
