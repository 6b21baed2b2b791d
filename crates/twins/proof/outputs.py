"""What a twin answers in evaluation, in a few kilobytes."""

import math

import numpy as np
import torch

from .fill import canonical, fill, hash64, images, is_value, mixed, signs

SAMPLES = 64
PROJECTIONS = 4


def fixture(case, model):
    """The twin's outputs in float64, for one image, and how far its own float32 is from them."""
    fill(model)
    model.eval()
    x = images(1, case.input)
    with torch.inference_mode():
        single = answers(model(x))
        exact = answers(model.double()(x.double()))
    own = max(distance(s, e) for s, e in zip(single, exact, strict=True))
    return {
        "twin": f"{case.package} {case.twin}",
        "input": list(case.input),
        "keys": keys_digest(model),
        "float32": rounded(own, 3),
        "tolerance": 1e-5 if own < 5e-6 else 1e-4,
        "outputs": [summary(answer) for answer in exact],
    }


def answers(output):
    """All maps that a network gives, the first of them its answer."""
    found = list(output) if isinstance(output, (list, tuple)) else [output]
    return [answer.double().numpy() for answer in found]


def distance(found, exact):
    """The largest difference, relative to the largest value."""
    return np.abs(found - exact).max() / np.abs(exact).max()


def summary(answer):
    """Some values, and a few numbers in which every value counts."""
    flat = answer.reshape(-1)
    positions = mixed("sample", np.arange(SAMPLES)) % np.uint64(flat.size)
    return {
        "dims": canonical(answer.shape),
        "largest": rounded(np.abs(flat).max()),
        "samples": [rounded(value) for value in flat[positions]],
        "projections": [
            rounded(flat @ signs(f"projection {index}", flat.size)) for index in range(PROJECTIONS)
        ],
    }


def keys(model):
    """A line for each parameter and running statistic: its name and shape. What stands in several
    places has a line for each."""
    found = model.state_dict().items()
    return sorted(f"{key} {list(tensor.shape)}" for key, tensor in found if is_value(key))


def keys_digest(model):
    lines = keys(model)
    text = "".join(f"{line}\n" for line in lines)
    return {"count": len(lines), "hash": f"{hash64(text):016x}"}


def rounded(value, digits=10):
    value = float(value)
    if not math.isfinite(value):
        raise ValueError("the twin gives values that are not finite")
    return float(f"{value:.{digits}g}")
