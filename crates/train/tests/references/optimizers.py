"""Writes optimizers.json: a matrix and a vector after some steps of the optimizers of PyTorch and timm, for
src/recipe/optimizer.rs.

    pip install -r requirements.txt && python optimizers.py
"""

import json
from pathlib import Path

import torch
from timm.optim import Lamb, Lion

from common import noise, shortened

START = {"weight": noise([3, 2], 1, 1.0), "bias": noise([2], 2, 1.0)}
# The learning rate of each step, as a schedule gives it.
RATES = [0.01, 0.05, 0.1, 0.05, 0.02]
GRADIENTS = [
    {"weight": noise([3, 2], 10 + step, 0.5), "bias": noise([2], 20 + step, 0.5)} for step in range(len(RATES))
]

CASES = [
    ("sgd", {"momentum": 0.0, "nesterov": False, "weight_decay": 0.1}),
    ("sgd", {"momentum": 0.9, "nesterov": False, "weight_decay": 0.1}),
    ("sgd", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("adam", {"weight_decay": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-8}),
    ("adamw", {"weight_decay": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-8}),
    ("lamb", {"weight_decay": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6}),
    ("lion", {"weight_decay": 0.1, "beta_1": 0.8, "beta_2": 0.95}),
]


def made(name, fields, parameters):
    decay = {"weight_decay": fields["weight_decay"]}
    if name == "sgd":
        momentum = {"momentum": fields["momentum"], "nesterov": fields["nesterov"]}
        return torch.optim.SGD(parameters, lr=1.0, **momentum, **decay)
    decay["betas"] = (fields["beta_1"], fields["beta_2"])
    match name:
        case "adam":
            return torch.optim.Adam(parameters, lr=1.0, eps=fields["epsilon"], **decay)
        case "adamw":
            return torch.optim.AdamW(parameters, lr=1.0, eps=fields["epsilon"], **decay)
        case "lamb":
            # Ours are clipped by the recipe, for every algorithm.
            return Lamb(parameters, lr=1.0, eps=fields["epsilon"], max_grad_norm=None, **decay)
        case "lion":
            return Lion(parameters, lr=1.0, **decay)


def main():
    cases = []
    for name, fields in CASES:
        own = {key: value.double().requires_grad_() for key, value in START.items()}
        optimizer = made(name, fields, list(own.values()))
        for rate, gradients in zip(RATES, GRADIENTS):
            for group in optimizer.param_groups:
                group["lr"] = rate
            for key, value in own.items():
                value.grad = gradients[key].double()
            optimizer.step()
        cases.append({"name": name, "fields": fields, "end": listed(own)})
    written = {"start": listed(START), "rates": RATES, "gradients": [listed(one) for one in GRADIENTS], "cases": cases}
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in written.items())
    (Path(__file__).parent / "optimizers.json").write_text("{\n" + lines + "\n}\n")


def listed(tensors):
    return {key: shortened(value.detach().flatten().tolist()) for key, value in tensors.items()}


if __name__ == "__main__":
    main()
