"""Writes torchvision's names of parameters and running statistics to torchvision.json.

Made with torch 2.15.0 and torchvision 0.29.2, as `crates/bench/peers/requirements.txt` pins them.
"""

import json
from pathlib import Path

import torchvision

NAMES = [
    "resnet18",
    "resnet50",
    "wide_resnet50_2",
    "resnext50_32x4d",
    "densenet121",
    "densenet161",
]


def keys(name):
    state = torchvision.models.get_model(name, weights=None).state_dict()
    return [key for key in state if not key.endswith("num_batches_tracked")]


def main():
    table = {name: keys(name) for name in NAMES}
    path = Path(__file__).with_name("torchvision.json")
    path.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
