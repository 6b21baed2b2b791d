"""Writes losses.json: values and gradients of losses as others compute them, for tests/losses.rs.

Where a library averages over something else than our term says, it is asked for each image, or each
class, alone. What no library has is written out here in float64.

    pip install -r requirements.txt && python losses.py
"""

import json
import warnings
from pathlib import Path

import torch
from torch.nn import functional as F

from common import noise, shortened

warnings.filterwarnings("ignore")
from monai.losses import (  # noqa: E402
    DiceLoss,
    FocalLoss,
    GeneralizedDiceLoss,
    SoftclDiceLoss,
    SSIMLoss,
    TverskyLoss,
)
from segmentation_models_pytorch.losses import LovaszLoss  # noqa: E402

CLASSES = 3
WEIGHTS = [0.5, 1.0, 3.0]

# Objects with gaps of one and two pixels, and one that ends at the edge.
LABELS = torch.tensor([
    [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 0, 2, 2, 0, 0],
        [0, 1, 1, 0, 2, 2, 0, 1],
        [0, 0, 1, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1, 1, 0, 0],
        [2, 2, 0, 1, 1, 0, 0, 0],
        [2, 2, 0, 0, 0, 0, 0, 0],
    ],
    [
        [1, 1, 1, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 1, 0, 0],
        [0, 1, 1, 1, 0, 1, 0, 0],
        [0, 1, 0, 0, 0, 1, 0, 0],
        [0, 1, 0, 1, 1, 1, 0, 0],
        [0, 1, 1, 1, 0, 0, 0, 0],
    ],
])


def one_hot(labels, classes):
    hot = F.one_hot(labels.clamp(min=0), classes).permute(0, 3, 1, 2).double()
    return hot * (labels >= 0).unsqueeze(1)


def alone(loss):
    """The mean over images, and over classes of the foreground, of a loss of one map."""

    def all_of(logits, labels):
        probability = logits.softmax(1)
        truth = one_hot(labels, logits.shape[1])
        maps = [
            loss(probability[i : i + 1, c : c + 1], truth[i : i + 1, c : c + 1])
            for i in range(len(logits))
            for c in range(1, logits.shape[1])
        ]
        return torch.stack(maps).mean()

    return all_of


def each_image(loss):
    def all_of(logits, labels):
        # smp's Lovász losses know float32 alone.
        images = [loss(x[None].float(), t[None]) for x, t in zip(logits, labels)]
        return torch.stack(images).double().mean()

    return all_of


def bce(logits, labels):
    weights = torch.tensor(WEIGHTS, dtype=torch.float64).reshape(1, -1, 1, 1)
    truth = one_hot(labels, logits.shape[1])
    loss = F.binary_cross_entropy_with_logits(logits, truth, pos_weight=weights, reduction="none")
    counted = (labels >= 0).unsqueeze(1)
    return (loss * counted).sum() / (counted.sum() * logits.shape[1])


def focal(logits, labels):
    loss = FocalLoss(
        use_softmax=True, gamma=2.0, weight=torch.tensor(WEIGHTS).double(), reduction="none"
    )
    return loss(logits, one_hot(labels, logits.shape[1])).sum() / (labels >= 0).sum()


def focal_tversky(logits, labels):
    plain = TverskyLoss(
        include_background=False, softmax=True, alpha=0.3, beta=0.7,
        smooth_nr=1.0, smooth_dr=1.0, reduction="none",
    )
    return (plain(logits, one_hot(labels, logits.shape[1])) ** 0.75).mean()


def generalised_dice(logits, labels):
    loss = GeneralizedDiceLoss(softmax=True, smooth_nr=0.0, smooth_dr=0.0)
    return loss(logits, one_hot(labels, logits.shape[1]))


def hinge(logits, labels):
    """Of the difference of two logits, as one logit of the second."""
    return LovaszLoss(mode="binary")((logits[:, 1:] - logits[:, :1]), labels[:, None].float())


def boundary(between, sigma):
    """Equation 2 of the U-Net paper, with all distances."""

    def loss(logits, labels):
        weights = torch.stack([gaps(image, between, sigma) for image in labels])
        weights = weights + torch.tensor(WEIGHTS, dtype=torch.float64)[labels]
        log = F.cross_entropy(logits, labels, reduction="none")
        return (weights * log).sum() / weights.sum()

    return loss


def gaps(labels, between, sigma):
    objects = components(labels)
    gaps = torch.zeros(labels.shape, dtype=torch.float64)
    for row in range(labels.shape[0]):
        for column in range(labels.shape[1]):
            place = torch.tensor([row, column]).double()
            nearest = sorted(
                float((torch.tensor(pixels).double() - place).norm(dim=1).min())
                for pixels in objects
            )
            if labels[row, column] == 0 and len(nearest) > 1:
                apart = torch.tensor(nearest[0] + nearest[1]).double()
                gaps[row, column] = between * torch.exp(-(apart**2) / (2 * sigma**2))
    return gaps


def components(labels):
    """Lists of pixels: parts of one class, connected at sides and corners."""
    left = {tuple(place) for place in (labels > 0).nonzero().tolist()}
    parts = []
    while left:
        part, edge = [], [left.pop()]
        while edge:
            row, column = edge.pop()
            part.append((row, column))
            around = [(row + r, column + c) for r in (-1, 0, 1) for c in (-1, 0, 1)]
            near = [p for p in around if p in left and labels[p] == labels[row, column]]
            left.difference_update(near)
            edge += near
        parts.append(part)
    return parts


def heat_map_focal(output, truth):
    """CornerNet's `_neg_loss`, which takes the points where the truth is 1."""
    p = output.sigmoid()
    at = (truth == 1).double()
    missed = torch.log(p) * (1 - p) ** 2 * at
    wrong = torch.log(1 - p) * p**2 * (1 - truth) ** 4 * (1 - at)
    return -(missed + wrong).sum() / at.sum()


def heat_maps(points, height, width):
    rows = torch.arange(height).double()[:, None]
    columns = torch.arange(width).double()[None]
    maps = [
        torch.exp(-((rows - r) ** 2 + (columns - c) ** 2) / 8.0) if seen else rows * columns * 0
        for r, c, seen in points
    ]
    return torch.stack(maps)[None]


def of_one_hot(loss):
    return lambda logits, labels: loss(logits, one_hot(labels, logits.shape[1]))


smooth = {"include_background": False, "softmax": True}
IGNORED = torch.where(noise(LABELS.shape, 5, 1.0) > 0.6, -1, LABELS)
BINARY = LABELS.clamp(max=1)
OF_CLASSES = [
    ("cross_entropy", {"smoothing": 0.1, "class_weights": WEIGHTS}, IGNORED,
     lambda x, t: F.cross_entropy(
         x, t, weight=torch.tensor(WEIGHTS).double(), label_smoothing=0.1, ignore_index=-1)),
    ("bce", {"positive_weights": WEIGHTS}, LABELS, bce),
    ("bce", {"positive_weights": WEIGHTS}, IGNORED, bce),
    ("focal", {"gamma": 2.0, "class_weights": WEIGHTS}, LABELS, focal),
    ("focal", {"gamma": 2.0, "class_weights": WEIGHTS}, IGNORED, focal),
    ("dice", {}, LABELS, of_one_hot(DiceLoss(**smooth, smooth_nr=1.0, smooth_dr=1.0))),
    ("generalised_dice", {}, LABELS, generalised_dice),
    ("jaccard", {}, LABELS,
     of_one_hot(DiceLoss(**smooth, jaccard=True, smooth_nr=2.0, smooth_dr=2.0))),
    ("tversky", {"false_positives": 0.2, "false_negatives": 0.8}, LABELS,
     of_one_hot(TverskyLoss(**smooth, alpha=0.2, beta=0.8, smooth_nr=1.0, smooth_dr=1.0))),
    ("tversky", {"exponent": 0.75}, LABELS, focal_tversky),
    ("lovasz_softmax", {}, LABELS, each_image(LovaszLoss(mode="multiclass"))),
    ("lovasz_softmax", {}, IGNORED,
     each_image(LovaszLoss(mode="multiclass", ignore_index=-1))),
    ("lovasz_hinge", {}, BINARY, each_image(hinge)),
    ("boundary_cross_entropy", {"between": 5.0, "sigma": 2.0, "class_weights": WEIGHTS}, LABELS,
     boundary(5.0, 2.0)),
    ("cl_dice", {"iterations": 2}, LABELS, alone(SoftclDiceLoss(iter_=2, smooth=1e-12))),
]

# Pictures from 0 to 1.
X, T = (0.5 + noise((1, 2, 12, 13), seed, 0.5) for seed in (11, 12))
POINTS = [(2.0, 3.0, 1.0), (6.0, 9.0, 1.0), (0.0, 0.0, 0.0)]
OF_VALUES = [
    ("mse", {}, lambda x, t: F.mse_loss(x, t)),
    ("l1", {}, lambda x, t: F.l1_loss(x, t)),
    ("huber", {"delta": 0.3}, lambda x, t: F.huber_loss(x, t, delta=0.3)),
    ("charbonnier", {"epsilon": 0.05}, lambda x, t: ((x - t) ** 2 + 0.05**2).sqrt().mean()),
    ("ssim", {}, lambda x, t: SSIMLoss(2, data_range=1.0)(x, t)),
]


def record(name, options, x, loss, **more):
    x = x.double().requires_grad_()
    value = loss(x)
    value.backward()
    return {
        "term": {"name": name} | options,
        "shape": list(x.shape),
        **more,
        "value": float(f"{value.item():.10g}"),
        "gradient": shortened(x.grad.flatten().tolist()),
    }


def main():
    cases = []
    for index, (name, options, labels, loss) in enumerate(OF_CLASSES):
        classes = 2 if labels is BINARY else CLASSES
        logits = noise((2, classes, *LABELS.shape[1:]), 20 + index, 3.0)
        cases.append(record(
            name, options, logits, lambda x: loss(x, labels),
            seed=20 + index, scale=3.0, labels=labels.flatten().tolist(),
        ))
    for name, options, loss in OF_VALUES:
        cases.append(record(
            name, options, X, lambda x: loss(x, T.double()), seed=11, scale=0.5, truth_seed=12
        ))
    maps = heat_maps(POINTS, 12, 13)
    cases.append(record(
        "heat_map_focal", {}, noise(maps.shape, 41, 3.0), lambda x: heat_map_focal(x, maps),
        seed=41, scale=3.0, points=POINTS,
    ))
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    Path(__file__).with_name("losses.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
