"""Values that follow from a name and an index, in the same arithmetic as src/fill.rs."""

import math
from itertools import chain

import numpy as np
import torch

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def hash64(text):
    """FNV-1a of the text's UTF-8."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def mixed(name, indices):
    """64 bits for each index: SplitMix64's finaliser of the name's hash and the index."""
    with np.errstate(over="ignore"):
        z = np.uint64(hash64(name)) + (indices.astype(np.uint64) + np.uint64(1)) * GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def units(name, count):
    """Uniform in [-1, 1), of 24 bits: exact in float32."""
    bits = mixed(name, np.arange(count)) >> np.uint64(40)
    return bits.astype(np.float64) / 2**23 - 1.0


def signs(name, count):
    """-1 or 1."""
    return np.where(units(name, count) < 0.0, -1.0, 1.0)


def canonical(shape):
    """A shape without its last dimensions of one: a linear layer is a convolution of one pixel."""
    shape = list(shape)
    while shape and shape[-1] == 1:
        shape.pop()
    return shape


def values(key, shape):
    """The values of a parameter or running statistic. See src/fill.rs for the rules."""
    shape = canonical(shape)
    count = math.prod(shape)
    u = units(key, count)
    kind = key.rsplit(".", 1)[-1]
    if kind == "running_mean":
        value = 0.1 * u
    elif kind == "running_var":
        value = 1.0 + 0.5 * u
    elif len(shape) > 1:
        value = u * math.sqrt(3.0 / (count // shape[0]))
    elif kind in ("bias", "beta"):
        value = 0.1 * u
    elif count == 1:
        value = 0.25 + 0.1 * u
    else:
        value = 1.0 + 0.1 * u
    return value.astype(np.float32)


def is_value(key):
    """Whether it is none of the counters of batches."""
    return not key.endswith("num_batches_tracked")


def tensors(model):
    """The parameters and running statistics of a network, by key.

    What stands in several places counts once, by its first key: nnU-Net's decoders have their encoder
    among them.
    """
    first = {key for key, _ in chain(model.named_parameters(), model.named_buffers())}
    return {
        key: tensor
        for key, tensor in model.state_dict().items()
        if key in first and is_value(key)
    }


def fill(model, prefix=""):
    """Sets all of them, by their keys with something before: another prefix, other values."""
    for key, tensor in tensors(model).items():
        found = values(f"{prefix}{key}", tensor.shape)
        tensor.copy_(torch.from_numpy(found).reshape(tensor.shape))


def images(batch, dims, name="input"):
    """A batch of images of this name."""
    shape = [batch, *dims]
    units_ = units(name, math.prod(shape)).astype(np.float32)
    return torch.from_numpy(units_).reshape(shape)
