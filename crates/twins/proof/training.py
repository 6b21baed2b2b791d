"""Three steps of training of a twin, in a few kilobytes."""

from itertools import groupby

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.nn.modules.dropout import _DropoutNd

from .fill import fill, images, mixed, signs, tensors
from .outputs import keys_digest, rounded

BATCH = 4
STEPS = 3
ATTEMPTS = 8
MOMENTUM = 0.9
# What a step of plain descent would take off the loss, were it a plane. So a step is as long for a
# network whose gradients are large as for another.
DESCENT = 0.3
# How much further than the twin's own float32 ours may be. tests/training.rs has it too.
FURTHER = 1.5
KINDS = ["losses", "gradients", "parameters", "statistics"]

# Ways to the same numbers that round otherwise: oneDNN's convolutions or PyTorch's own, channels
# first or last in memory, the images of the batch in another order.
ROUNDINGS = [
    (True, torch.contiguous_format, [0, 1, 2, 3]),
    (True, torch.channels_last, [2, 0, 3, 1]),
    (False, torch.contiguous_format, [1, 3, 0, 2]),
    (True, torch.contiguous_format, [3, 2, 1, 0]),
    (True, torch.channels_last, [1, 0, 2, 3]),
    (False, torch.channels_last, [0, 2, 1, 3]),
]


def fixture(case, model):
    """What the twin learns in float64, and how far its own float32 is from that."""
    return {
        "twin": f"{case.package} {case.twin}",
        "input": list(case.input),
        "keys": keys_digest(model),
        "batches": [batch(case, model, 0)],
    }


def another(case, model, found):
    """The same with one more batch."""
    last = found["batches"][-1]["images"]
    found["batches"].append(batch(case, model, int(last.split()[1]) + 1))
    return found


def batch(case, model, first):
    """What it learns from a batch of images, and the furthest of six runs in float32 that round
    otherwise.

    A unit that is close to 0 in one run, and 0 in another, changes gradients by far more than
    rounding. So the images are the first for which each of the six would pass the test by what the
    other five give.
    """
    for module in model.modules():
        if isinstance(module, _DropoutNd):
            module.p = 0.0
    for attempt in range(first, first + ATTEMPTS):
        name = f"batch {attempt}"
        exact = Run(case, model.double(), name, None, *ROUNDINGS[0])
        model.float()
        runs = (Run(case, model, name, exact.rate, *rounding) for rounding in ROUNDINGS)
        distances = [run.distances(exact) for run in runs]
        own = max(further(run, without(distances, run)) for run in distances)
        if own <= FURTHER:
            return {
                "images": name,
                "rate": exact.rate,
                "float32": rounded(own, 3),
                **{kind: part(exact.sums[kind], furthest(distances, kind)) for kind in KINDS},
            }
        print(f"{case.name}: a run on '{name}' is {own:.2f} times as far as the others", flush=True)
    raise ValueError(f"{case.name}: the twin's own runs are too far from each other")


def without(distances, left_out):
    return [run for run in distances if run is not left_out]


def furthest(distances, kind):
    return np.max([run[kind] for run in distances], axis=0)


def further(run, others):
    """How many times as far as the furthest of others a run is: for each kind of values the root of
    the mean square over layers, and of those the largest."""
    # A unit that never opens leaves gradients of 0 in all of them.
    least = np.finfo(np.float64).tiny
    of = lambda kind: run[kind] / np.maximum(furthest(others, kind), least)
    ratios = [of(kind) for kind in KINDS if run[kind].size]
    return max(np.sqrt(np.mean(ratio**2)) for ratio in ratios)


def part(sums, distances):
    return {
        "sums": [rounded(value) for value in sums],
        "distances": [rounded(value, 3) for value in distances],
    }


class Run:
    """Losses, the gradients of the first step, and how far all values have moved after the last."""

    def __init__(self, case, model, name, rate, onednn, memory, order):
        fill(model)
        model.train().to(memory_format=memory)
        self.rate = rate
        self.values = {"losses": {}}
        first = copies(tensors(model))
        x = images(BATCH, case.input, name).to(next(model.parameters()).dtype)
        x = x[order].contiguous(memory_format=memory)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=MOMENTUM)
        with torch.backends.mkldnn.flags(enabled=onednn):
            for step in range(STEPS):
                self.step(model, x, order, optimizer, step)
        moved = {key: value - first[key] for key, value in copies(tensors(model)).items()}
        learned = self.values["gradients"]
        self.values["parameters"] = {key: moved[key] for key in learned}
        statistics = [key for key in moved if key.endswith(("running_mean", "running_var"))]
        self.values["statistics"] = {key: moved[key] for key in statistics}

    def step(self, model, x, order, optimizer, step):
        optimizer.zero_grad()
        loss = loss_of(model(x), order)
        loss.backward()
        self.values["losses"][f"{step}"] = loss.detach().double()
        if step == 0:
            # Some encoders have a layer more than their decoder asks for.
            parameters = [item for item in model.named_parameters() if item[1].grad is not None]
            gradients = copies({key: value.grad for key, value in parameters})
            self.values["gradients"] = gradients
            square = sum(gradient.square().sum().item() for gradient in gradients.values())
            self.rate = self.rate or rounded(DESCENT / square, 1)
        optimizer.param_groups[0]["lr"] = self.rate
        optimizer.step()

    @property
    def sums(self):
        """Of each layer, the sum of its values, each with a sign that follows from its index."""
        return {kind: by_layer(values, signed) for kind, values in self.values.items()}

    def distances(self, exact):
        """Of each layer, how far its values are from those of another run."""
        found = {}
        for kind, values in self.values.items():
            apart = {key: value - exact.values[kind][key] for key, value in values.items()}
            found[kind] = np.sqrt(by_layer(apart, lambda _, value: value.square().sum().item()))
        # A loss is a single number, and may be as close as it likes by chance.
        spacing = [np.spacing(np.float32(loss)) for loss in exact.values["losses"].values()]
        found["losses"] = np.maximum(found["losses"], spacing)
        return found


def copies(tensors_):
    return {key: value.detach().double().clone() for key, value in tensors_.items()}


def by_layer(values, number):
    """The sum of a number of each tensor, over those of a layer: `layer1.0.bn1` has two."""
    layer = lambda key: key.rpartition(".")[0] or key
    keys = sorted(values, key=layer)
    return np.array([
        sum(number(key, values[key]) for key in group) for _, group in groupby(keys, key=layer)
    ])


def signed(key, value):
    flat = value.contiguous().reshape(-1).numpy()
    return float(flat @ signs(f"sign {key}", flat.size))


def loss_of(output, order):
    """The mean cross entropy of each map of logits, added up. A single logit stands against one of
    0: alone it would say the same whatever it is."""
    outputs = output if isinstance(output, (list, tuple)) else [output]
    total = 0.0
    for logits in outputs:
        if logits.shape[1] == 1:
            logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
        logits = logits.reshape(*logits.shape[:2], -1)
        batch, classes, pixels = logits.shape
        labels = mixed("label", np.arange(batch * pixels)) % np.uint64(classes)
        labels = torch.from_numpy(labels.astype(np.int64)).reshape(batch, pixels)
        total = total + cross_entropy(logits, labels[order])
    return total
