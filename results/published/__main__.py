"""Weights that others have published, in our networks by the command alone: they answer as in their own.

    cargo build --workspace
    pip install -r results/requirements.txt
    python -m results.published

The weights come inside packages of Python's index, which are fetched and unpacked, not installed:

- deepCR 0.3.1 (Zhang and Bloom 2020, BSD 3-Clause): U-Nets that find cosmic rays in images of the Hubble
  telescope and of the Dark Energy Camera;
- Cosmic-CoNN 0.6.1 (Xu et al. 2021, GPL 3): deeper ones, for Hubble, for telescopes on the ground and for a
  spectrograph, of which two have group normalisation;
- imgsim 0.1.2 (Chen 2021, MIT): a ResNet-50 that finds similar images, in 100 MB.

Each package's own code computes what is expected, with PyTorch. The image is made of noise and tracks, or is
a photo in the public domain. Of deepCR's, WFC3-UVIS has weights in two factors (`weight_norm`), which we do not
read.
"""

import importlib
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import numpy
import torch
import torchvision
from PIL import Image, ImageDraw

from results.kit import runs

HERE = Path(__file__).resolve().parent
PACKAGES = ["deepCR==0.3.1", "cosmic-conn==0.6.1", "imgsim==0.1.2"]
DEEPCR_KEYS = runs.ROOT / "crates/weights/tests/deepcr/keys.json"
PHOTO = runs.ROOT / "crates/train/tests/references/photo.png"
SIZE = 224
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
# How far an answer may be from what the network's own code says in double precision: answers of U-Nets lie
# between 0 and 1, and of those of the ResNet this is a part of the largest.
BOUND = 1e-5
# Or so many times as far as PyTorch is in single precision, for a network that is steep: Winograd's minimal
# filtering, by which our 3x3 convolutions are computed, rounds up to some ten times as much.
TIMES = 20


def main():
    ours = runs.Runs(runs.parser(__doc__, HERE).parse_args())
    packages = unpacked(ours.folder / "packages")
    sky(ours.folder / "sky.tiff")
    rows = {**deepcr(ours, packages), **cosmic_conn(ours, packages), **imgsim(ours, packages)}
    for name, row in rows.items():
        print(name, json.dumps(row))
    runs.write_json(
        HERE / "summary.json",
        {
            "bound": BOUND,
            "packages": PACKAGES,
            "weights": rows,
            "versions": runs.versions("torch", "torchvision"),
            "machine": runs.machine(ours.threads),
        },
    )
    wrong = [name for name, row in rows.items() if not row["difference"] <= max(BOUND, TIMES * row["torch"])]
    if wrong:
        raise SystemExit(f"too far from what their own network says: {', '.join(wrong)}")


def unpacked(folder):
    if folder.is_dir():
        return folder
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", part, *PACKAGES]
    subprocess.run(pip, check=True)
    for file in part.glob("*.tar.gz"):
        with tarfile.open(file) as archive:
            archive.extractall(part, filter="data")
    for file in part.glob("*.whl"):
        with zipfile.ZipFile(file) as archive:
            archive.extractall(part)
    return part.rename(folder)


def sky(path):
    """A gray image in single precision, as of a telescope's sensor in electrons: noise, stars, and the sharp
    tracks of particles."""
    draw = numpy.random.default_rng(1)
    tracks = Image.new("F", (192, 160))
    for start in draw.uniform(0, 150, (12, 2)):
        end = start + draw.uniform(-15, 15, 2)
        ImageDraw.Draw(tracks).line([*start, *end], fill=float(draw.uniform(50, 2000)))
    rows, columns = numpy.mgrid[:160, :192]
    image = draw.normal(0, 10, (160, 192)) + numpy.array(tracks)
    for row, column, light in draw.uniform([0, 0, 50], [160, 192, 1000], (15, 3)):
        image += light * numpy.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 8)
    Image.fromarray(image.astype(numpy.float32)).save(path)


def deepcr(ours, packages):
    source = packages / "deepCR-0.3.1"
    unet = part_of("deepCR", source / "deepCR", "unet_batchnorm")
    rows = {}
    for file in sorted((source / "learned_models/mask").glob("*.pth")):
        state = torch.load(file, map_location="cpu", weights_only=True)
        if any(name.endswith("weight_g") for name in state):
            continue
        width = len(state["module.outc.conv.weight"][0])
        network = unet.WrappedModel(unet.UNet2SigmoidBatchNorm(1, 1, width))
        settings = {"encoder.width": width, "encoder.depth": 1}
        rows[f"deepCR {file.stem}"] = compared(ours, file, network, state, settings, DEEPCR_KEYS)
    return rows


def cosmic_conn(ours, packages):
    unet = part_of("cosmic_conn", packages / "cosmic_conn", "dl_framework.unet")
    rows = {}
    for file in sorted((packages / "cosmic_conn/trained_models").glob("*.pth")):
        state = torch.load(file, map_location="cpu", weights_only=True)
        norm = "batch" if "inc.conv.conv.1.running_mean" in state else "group"
        network = unet.UNet_module(1, 1, 32, norm, [8, 0, False], "unet", "maxpool", "deconv", False)
        own = {"group": '{"group":8}', "batch": "batch"}[norm]
        settings = {"encoder.depth": 2, "encoder.norm": own, "decoder.norm": own}
        name = file.stem.removeprefix("cosmic-conn_")
        rows[f"Cosmic-CoNN {name}"] = compared(ours, file, network, state, settings, HERE / "cosmic_conn.json")
    return rows


def compared(ours, file, network, state, settings, keys):
    """How far what a U-Net of ours says of the sky is from what its own says."""
    network.load_state_dict(state, strict=True)
    image = torch.from_numpy(numpy.array(Image.open(ours.folder / "sky.tiff")))
    model = {**settings, "encoder.bias": "true", "decoder.bias": "true"}
    seen = {f"model.{path}": value for path, value in model.items()}
    out = ours.folder / "maps" / file.stem
    shutil.rmtree(out, ignore_errors=True)
    weights = ["--model", "unet32", "--weights", file.resolve(), "--key-map", keys, *sets(seen, [0.0], [1.0])]
    ours.train("predict", *weights, "--scores", "--out", out.relative_to(ours.folder), "sky.tiff")
    # The second class is what the sigmoid is of.
    return {"arrays": len(state), **apart(numpy.load(out / "sky_scores.npy")[1], network, image[None, None])}


def imgsim(ours, packages):
    """The features before the last layer: our command gives these."""
    file = packages / "imgsim/model.pth"
    state = torch.load(file, map_location="cpu", weights_only=True)
    network = torchvision.models.resnet50()
    network.fc = torch.nn.Linear(2048, 768)
    network.load_state_dict({name.removeprefix("module.pre."): value for name, value in state.items()}, strict=True)
    network.fc = torch.nn.Identity()
    photo = Image.open(PHOTO).convert("RGB").resize((SIZE, SIZE))
    photo.save(ours.folder / "photo.png")
    pixels = torch.from_numpy(numpy.array(photo)).movedim(2, 0) / 255
    as_seen = (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    out = ours.folder / "embedded"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    found = out / "photo.npy"
    seen = sets({"data.size": SIZE, "data.fit": "stretch"}, MEAN, DEVIATION)
    weights = ["--model", "resnet50", "--weights", file.resolve(), *seen]
    ours.train("embed", *weights, "--out", found.relative_to(ours.folder), "photo.png")
    return {"imgsim": {"arrays": len(state), **apart(numpy.load(found)[0], network, as_seen[None], relative=True)}}


def sets(values, mean, deviation):
    """The flags of values by their paths, and of how pixels are scaled."""
    moments = json.dumps({"moments": {"mean": mean, "deviation": deviation}})
    values = {**values, "data.normalization": moments}
    return [part for path, value in values.items() for part in ("--set", f"{path}={value}")]


def apart(found, network, x, relative=False):
    """How far our answer, and PyTorch's in single precision, are from its own in double precision."""
    network.eval()
    with torch.inference_mode():
        single = network(x).squeeze().numpy()
        expected = network.double()(x.double()).squeeze().numpy()
    largest = float(numpy.abs(expected).max())
    of = lambda answer: float(numpy.abs(answer - expected).max() / (largest if relative else 1))
    return {"difference": of(found), "torch": of(single), "largest": largest}


def part_of(package, folder, name):
    """A module of a package, without what the package itself imports."""
    bare = ModuleType(package)
    bare.__path__ = [str(folder)]
    sys.modules[package] = bare
    return importlib.import_module(f"{package}.{name}")


if __name__ == "__main__":
    main()
