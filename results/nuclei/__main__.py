"""A U-Net on nuclei beside that of segmentation_models_pytorch with the same recipe: IoU, Dice and average
precision on the 24 test images.

    cargo build --workspace
    pip install -r results/requirements.txt
    python -m results.nuclei --data DSB2018

DSB2018 is the folder of `nuclei_256.tar`: the 256x256 gray images of the Data Science Bowl of 2018
(BBBC038, Caicedo et al. 2019, CC0), 334 to learn from, of which a tenth chooses the epoch, and 24 for the
test. For each seed `train` learns, and then PyTorch from the same images by the same recipe, both with two
threads. One code scores both (score.py). Our weights are put into smp's network by their names, and have
to give the same maps there. A seed that is done is not run again; one that was stopped goes on.
"""

from pathlib import Path

import numpy
import segmentation_models_pytorch as smp
import torch
from PIL import Image
from scipy import ndimage

from results.kit import nuclei, peer, runs
from results.nuclei import score

HERE = Path(__file__).resolve().parent


def main():
    arguments = runs.recipe_arguments(__doc__, HERE)
    ours = runs.Runs(arguments)
    nuclei.prepare(arguments.data, ours.folder / "nuclei")
    images, truth = read(ours.folder / "nuclei")
    names, scores, theirs = [], [], []
    for seed in arguments.seeds:
        name = ours.learn(arguments, HERE, "nuclei", seed)
        twin = peer.Peer(ours.folder / name, images, arguments.threads)
        maps = predicted(ours, name, twin.test.names)
        alike = ours.once(f"{name}-in-torch", lambda _: {"pixels": same(twin, ours.weights(name), maps)})
        if alike["pixels"] < 0.9999:
            raise SystemExit(f"{name}: {alike['pixels']} of the pixels have the same class in PyTorch")
        scores.append(score.of_images(zip(maps, (truth[name] for name in twin.test.names))))
        theirs.append(ours.once(f"torch-{name}", lambda path: learn(twin, truth, seed, path)))
        names.append(name)
    summary = {
        "seeds": arguments.seeds,
        "train": ours.spreads(names) | {"test": runs.spreads(scores)},
        "torch": {"test": runs.spreads(theirs, [*scores[0]]), **runs.spreads(theirs, ["seconds"])},
        "versions": runs.versions("torch", "segmentation_models_pytorch"),
    }
    ours.publish(arguments, HERE, summary, [*names, *(f"torch-{name}" for name in names)])


def read(folder):
    """All images by the names that `train` gives them, with their classes; and the true nuclei."""
    names, pixels, masks, truth = [], [], [], {}
    for part in ("train", "test"):
        for path in sorted((folder / part / "images").glob("*.png")):
            numbers = numpy.array(Image.open(folder / part / "masks" / path.name))
            names.append(path.stem)
            pixels.append(numpy.array(Image.open(path)))
            masks.append(bordered(numbers))
            truth[path.stem] = numbers
    layers = lambda arrays: torch.from_numpy(numpy.stack(arrays))[:, None]
    return peer.Images(names, layers(pixels), layers(masks)), truth


def bordered(numbers, width=1):
    """Background, nucleus and border, as `data.mask_border` has it: what has another number within reach."""
    size = 2 * width + 1
    least, most = ndimage.minimum_filter(numbers, size), ndimage.maximum_filter(numbers, size)
    return numpy.where(numbers == 0, 0, numpy.where(least == most, 1, 2)).astype(numpy.uint8)


def network():
    return smp.Unet("resnet18", encoder_weights=None, in_channels=1, classes=3)


def predicted(ours, name, images):
    """What our network says of images, in their order."""
    folder = ours.folder / f"{name}-maps"
    if not folder.is_dir():
        paths = (Path("nuclei/test/images") / f"{image}.png" for image in images)
        ours.train("predict", name, "--out", folder.name, *paths)
    return [numpy.array(Image.open(folder / f"{image}_mask.png")) for image in images]


def same(twin, weights, maps):
    """The part of the pixels to which smp's network with our weights gives the same class."""
    classes = twin.classes(twin.loaded(network, weights), twin.test).numpy()
    return float((classes == numpy.stack(maps)).mean())


def learn(twin, truth, seed, path):
    trained, seconds = twin.learn(network, seed, path)
    maps = twin.classes(trained, twin.test).numpy()
    return {**score.of_images(zip(maps, (truth[name] for name in twin.test.names))), "seconds": seconds}


if __name__ == "__main__":
    main()
