"""Inputs that a test makes the same from their index, and how numbers are written."""

import math

import torch


def noise(shape, seed, scale):
    """Uniform from `-scale` to `scale`: the upper 24 of 32 bits of a product with the index."""
    index = torch.arange(math.prod(shape), dtype=torch.int64) + 1 + 7919 * seed
    bits = (index * 2654435761 % 2**32) // 256
    bits = (bits * bits + index * 40503) % 2**24
    return (scale * (bits.double() / 2**23 - 1.0)).float().reshape(shape)


def shortened(values):
    """As many digits as a float of 32 bits needs."""
    return [float(f"{value:.8g}") for value in values]
