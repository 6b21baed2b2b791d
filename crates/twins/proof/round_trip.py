"""Weights out to a twin, and a twin's weights in: PyTorch's half of crates/weights/check.py.

What lies in a case's folder is said in examples/round_trip.rs there.
"""

import json

import segmentation_models_pytorch as smp
import timm
import torch
from safetensors.torch import load_file, save_file

from .fill import fill, images
from .outputs import answers, distance

BATCH = 2


def take_ours(model, folder):
    """Loads what we wrote, strictly. How far the twin's answers are from ours."""
    model.load_state_dict(load_file(folder / "ours.safetensors"), strict=True)
    expected = load_file(folder / "ours.answers.safetensors")
    return furthest(ask(model, expected["input"]), expected)


def give_theirs(case, model, folder):
    """Writes the twin with values that are not ours, and what it answers."""
    fill(model, "theirs.")
    torch.save(model.state_dict(), folder / "theirs.pth")
    save_file(ask(model, images(BATCH, case.input, "theirs")), folder / "theirs.answers.safetensors")


def read_theirs(folder):
    """How far our answers, with what we read of the twin, are from the twin's."""
    expected = load_file(folder / "theirs.answers.safetensors")
    return furthest(load_file(folder / "read.answers.safetensors"), expected)


def take_folder(folder):
    """Which of timm and segmentation_models_pytorch takes a folder that we wrote. Its own loader has to find
    every value in its place."""
    says = json.loads((folder / "config.json").read_text())
    package = "timm" if "architecture" in says else "smp"
    match package:
        case "timm":
            model = timm.create_model(f"local-dir:{folder}", pretrained=True)
        case "smp":
            model = smp.from_pretrained(folder)
    ours, theirs = load_file(folder / "model.safetensors"), model.state_dict()
    different = [name for name in ours.keys() | theirs.keys() if not same(ours.get(name), theirs.get(name))]
    if different:
        raise ValueError(f"{folder}: {package} has other values of {different}")
    return package


def same(one, other):
    return one is not None and other is not None and torch.equal(one, other)


def ask(model, x):
    model.eval()
    with torch.inference_mode():
        found = answers(model(x))
    outputs = {f"output{place}": torch.from_numpy(answer).float() for place, answer in enumerate(found)}
    return {"input": x, **outputs}


def furthest(found, expected):
    """The largest difference over all outputs, each as a part of its largest value."""
    if found.keys() != expected.keys():
        raise ValueError(f"{list(found)} are not {list(expected)}")
    of = lambda key: distance(found[key].numpy(), expected[key].reshape(found[key].shape).numpy())
    return max(of(key) for key in expected if key != "input")
