"""Writes options.json: what timm's `create_model` gives for the options that ours take too.

    python options.py

tests/options.rs does the same with ours, and compares.
"""

import json
from pathlib import Path

import timm
import torch

from proof.fill import fill, images
from proof.outputs import keys_digest, rounded

POOLS = ["avg", "max", "avgmax", "catavgmax", ""]
KEPT = 16


def answer(pool):
    """A ResNet-18 of 7 classes, of images of 5 channels. There is no classifier of a map."""
    classes = 7 if pool else 0
    model = timm.create_model("resnet18", in_chans=5, num_classes=classes, global_pool=pool)
    fill(model)
    with torch.inference_mode():
        found = model.eval().double()(images(1, [5, 64, 72]).double())
    return {
        "keys": keys_digest(model),
        "dims": list(found.shape),
        "values": [rounded(value) for value in found.flatten()[:KEPT]],
    }


def main():
    torch.set_num_threads(1)
    found = {pool: answer(pool) for pool in POOLS}
    path = Path(__file__).with_name("options.json")
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
