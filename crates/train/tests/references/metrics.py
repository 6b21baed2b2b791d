"""Writes metrics.json: values of metrics as others compute them, for tests/metrics.rs.

Where a library pools over images what our metric averages, it is asked for each image alone. What no
library has is written out here.

    pip install -r requirements.txt && python metrics.py
"""

import json
import warnings
from pathlib import Path

import numpy
import torch
from scipy import ndimage
from sklearn import metrics as sklearn

from common import noise

warnings.filterwarnings("ignore")
from monai.metrics import SSIMMetric, compute_hausdorff_distance  # noqa: E402
from torchmetrics.detection import PanopticQuality  # noqa: E402
from torchmetrics.functional.classification import multiclass_calibration_error  # noqa: E402
from torchmetrics.functional.image import peak_signal_noise_ratio  # noqa: E402

# What is added to the logit of the true class.
BOOST = 0.4
EIGHT = numpy.ones((3, 3))


def classification():
    images, classes = 60, 7
    labels = (noise((images,), 3, 3.5) + 3.5).long().clamp(0, classes - 1)
    logits = noise((images, classes), 4, 2.0)
    logits = logits + BOOST * torch.nn.functional.one_hot(labels, classes)
    scores = logits.double().softmax(1)
    predicted = logits.argmax(1)
    precision, recall, f1, _ = sklearn.precision_recall_fscore_support(labels, predicted)
    areas = [sklearn.roc_auc_score(labels == c, scores[:, c]) for c in range(classes)]
    values = {
        "accuracy": sklearn.accuracy_score(labels, predicted),
        "balanced_accuracy": sklearn.balanced_accuracy_score(labels, predicted),
        "mean_f1": sklearn.f1_score(labels, predicted, average="macro"),
        "top2": sklearn.top_k_accuracy_score(labels, scores, k=2),
        "top3": sklearn.top_k_accuracy_score(labels, scores, k=3),
        "top5": sklearn.top_k_accuracy_score(labels, scores, k=5),
        "mean_auroc": sklearn.roc_auc_score(labels, scores, multi_class="ovr", average="macro"),
        "ece": multiclass_calibration_error(scores, labels, classes, n_bins=15, norm="l1"),
    }
    values |= by_class("precision", precision) | by_class("recall", recall)
    values |= by_class("f1", f1) | by_class("auroc", areas)
    return {
        "kind": "classification",
        "classes": classes,
        "labels": labels.tolist(),
        "seed": 4,
        "boost": BOOST,
        "values": values,
    }


def by_class(name, values):
    return {f"{name}.{index}": float(value) for index, value in enumerate(values)}


def blobs(seed):
    """A map of three classes with some objects each."""
    smooth = ndimage.gaussian_filter(noise((40, 44), seed, 1.0).double().numpy(), 2.5)
    classes = numpy.zeros(smooth.shape, dtype=int)
    classes[smooth > 0.06] = 1
    classes[smooth < -0.07] = 2
    return classes


def segmentation():
    truth = numpy.stack([blobs(seed) for seed in (1, 2, 3)])
    # Moved, with new holes, and one that has lost a class.
    predicted = numpy.roll(truth, 1, 2)
    predicted[noise(truth.shape, 9, 1.0).numpy() > 0.98] = 0
    predicted[1][predicted[1] == 2] = 0
    truth[noise(truth.shape, 10, 1.0).numpy() > 0.96] = -1
    counted = truth >= 0
    flat, answer = truth[counted], predicted[counted]
    iou = sklearn.jaccard_score(flat, answer, average=None)
    dice = sklearn.f1_score(flat, answer, average=None)
    each = [image_overlap(p, t) for p, t in zip(predicted, truth)]
    # What is ignored is background, in both, where there are outlines and objects.
    shown = numpy.where(counted, truth, 0)
    said = numpy.where(counted, predicted, 0)
    pairs = list(zip(said, shown))
    values = {
        "accuracy": sklearn.accuracy_score(flat, answer),
        "balanced_accuracy": sklearn.balanced_accuracy_score(flat, answer),
        "pooled_iou": iou[1:].mean(),
        "pooled_dice": dice[1:].mean(),
        "mean_iou": numpy.mean([numpy.mean(image["iou"][1:]) for image in each]),
        "mean_dice": numpy.mean([numpy.mean(image["dice"][1:]) for image in each]),
        "boundary_f1": numpy.mean([boundary_f1(p == c, t == c) for p, t in pairs for c in (1, 2)]),
        "hausdorff95": numpy.mean([hausdorff(p == c, t == c) for p, t in pairs for c in (1, 2)]),
        "average_precision": numpy.mean([average_precision(objects(p), objects(t)) for p, t in pairs]),
        "panoptic_quality": panoptic_quality(pairs),
        "aji": numpy.mean([aggregated_jaccard(objects(p), objects(t)) for p, t in pairs]),
    }
    values |= by_class("iou", iou) | by_class("dice", dice)
    values |= by_class("image_iou", numpy.mean([image["iou"] for image in each], axis=0))
    values |= by_class("image_dice", numpy.mean([image["dice"] for image in each], axis=0))
    digits = lambda maps: ["".join(str(v) if v >= 0 else "-" for v in m.flatten()) for m in maps]
    return {
        "kind": "segmentation",
        "classes": 3,
        "size": list(truth.shape[1:]),
        "labels": digits(truth),
        "predicted": digits(predicted),
        "values": values,
    }


def image_overlap(predicted, truth):
    flat, answer = truth[truth >= 0], predicted[truth >= 0]
    return {
        "iou": sklearn.jaccard_score(flat, answer, average=None, labels=[0, 1, 2]),
        "dice": sklearn.f1_score(flat, answer, average=None, labels=[0, 1, 2]),
    }


def outline(mask):
    return mask & ~ndimage.binary_erosion(mask)


def boundary_f1(predicted, truth):
    if not predicted.any() or not truth.any():
        return float(not predicted.any() and not truth.any())
    near = lambda a, b: (ndimage.distance_transform_edt(~outline(b))[outline(a)] <= 2).mean()
    precision, recall = near(predicted, truth), near(truth, predicted)
    return 2 * precision * recall / (precision + recall)


def hausdorff(predicted, truth):
    if not predicted.any() or not truth.any():
        return float(numpy.hypot(*truth.shape)) if predicted.any() or truth.any() else 0.0
    one = lambda mask: torch.from_numpy(mask)[None, None]
    return compute_hausdorff_distance(
        one(predicted), one(truth), include_background=True, percentile=95
    ).item()


def objects(classes):
    """Masks of the connected parts, with their classes."""
    parts = []
    for c in (1, 2):
        numbers, count = ndimage.label(classes == c, EIGHT)
        parts += [(c, numbers == number) for number in range(1, count + 1)]
    return parts


def iou_table(predicted, truth):
    return numpy.array([
        [(a & b).sum() / (a | b).sum() if c == d else 0.0 for c, a in predicted]
        for d, b in truth
    ])


def average_precision(predicted, truth):
    ious = iou_table(predicted, truth)
    precisions = []
    for threshold in numpy.arange(0.5, 1.0, 0.05):
        hits = int((ious > threshold).sum())
        precisions.append(hits / (len(predicted) + len(truth) - hits))
    return numpy.mean(precisions)


def aggregated_jaccard(predicted, truth):
    ious = iou_table(predicted, truth)
    both, either, used = 0, 0, set()
    for index, (_, mask) in enumerate(truth):
        best = int(ious[index].argmax())
        if ious[index, best] == 0:
            either += mask.sum()
            continue
        used.add(best)
        both += (mask & predicted[best][1]).sum()
        either += (mask | predicted[best][1]).sum()
    either += sum(mask.sum() for index, (_, mask) in enumerate(predicted) if index not in used)
    return both / either


def panoptic_quality(pairs):
    metric = PanopticQuality(things={1, 2}, stuffs={0}, return_per_class=True)
    numbered = lambda classes: torch.stack([
        torch.from_numpy(classes),
        torch.from_numpy(sum(ndimage.label(classes == c, EIGHT)[0] for c in (1, 2))),
    ], dim=-1)[None]
    for predicted, truth in pairs:
        metric.update(numbered(predicted), numbered(truth))
    # The things come first.
    return metric.compute()[0, :2].mean().item()


def instances(border):
    """Objects of one class that touch, as an instance map numbers them, and an answer's classes: the
    map moved, with holes, as background and objects, or with the objects' borders."""
    seeds = noise((18, 2), 31, 0.5).double().numpy() + 0.5
    rows, columns = numpy.indices((40, 44))
    apart = [numpy.hypot(rows - 40 * r, columns - 44 * c) for r, c in seeds]
    numbers = numpy.where(numpy.min(apart, 0) < 6.5, numpy.argmin(apart, 0) + 1, 0)
    moved = numpy.roll(numbers, 1, 1)
    moved[noise(numbers.shape, 32, 1.0).numpy() > 0.95] = 0
    answer = (moved > 0).astype(int)
    if border:
        box = numpy.ones((3, 3))
        least = ndimage.minimum_filter(moved, footprint=box, mode="nearest")
        most = ndimage.maximum_filter(moved, footprint=box, mode="nearest")
        answer[(moved > 0) & (least != most)] = 2
    found = split(answer)
    truth = [(1, numbers == number) for number in numpy.unique(numbers) if number]
    predicted = [(1, found == number) for number in numpy.unique(found) if number]
    metric = PanopticQuality(things={1}, stuffs={0}, return_per_class=True)
    pair = lambda own: torch.stack([torch.from_numpy((own > 0).astype(int)), torch.from_numpy(own)], -1)
    metric.update(pair(found)[None], pair(numbers)[None])
    return {
        "kind": "bordered instances" if border else "instances",
        "classes": 3 if border else 2,
        "size": list(numbers.shape),
        "numbers": numbers.flatten().tolist(),
        "predicted": "".join(map(str, answer.flatten())),
        "values": {
            "average_precision": average_precision(predicted, truth),
            "panoptic_quality": metric.compute()[0, 0].item(),
            "aji": aggregated_jaccard(predicted, truth),
        },
    }


def split(classes):
    """Numbers of the connected insides, to which borders go step by step, the nearest first, and of
    the borders that are left."""
    numbers, count = ndimage.label(classes == 1, EIGHT)
    edge = list(zip(*numbers.nonzero()))
    for row, column in edge:
        for near in numpy.ndindex(3, 3):
            r, c = row + near[0] - 1, column + near[1] - 1
            inside = 0 <= r < classes.shape[0] and 0 <= c < classes.shape[1]
            if inside and classes[r, c] == 2 and numbers[r, c] == 0:
                numbers[r, c] = numbers[row, column]
                # The loop comes to it after all that are nearer.
                edge.append((r, c))
    left, _ = ndimage.label((classes == 2) & (numbers == 0), EIGHT)
    return numpy.where(left > 0, left + count, numbers).astype(int)


def regression():
    shape = (3, 2, 14, 13)
    truth = 0.5 + noise(shape, 21, 0.5)
    answer = truth + noise(shape, 22, 0.2)
    x, t = answer.double(), truth.double()
    psnr = [peak_signal_noise_ratio(a, b, data_range=1.0).item() for a, b in zip(x, t)]
    values = {
        "mae": sklearn.mean_absolute_error(t.flatten(), x.flatten()),
        "rmse": sklearn.root_mean_squared_error(t.flatten(), x.flatten()),
        "psnr": numpy.mean(psnr),
        "ssim": SSIMMetric(2, data_range=1.0)(x, t).mean().item(),
    }
    return {"kind": "regression", "shape": list(shape), "values": values}


def main():
    cases = [
        classification(),
        segmentation(),
        instances(border=False),
        instances(border=True),
        regression(),
    ]
    for case in cases:
        values = case["values"].items()
        case["values"] = {name: float(f"{float(value):.10g}") for name, value in values}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    Path(__file__).with_name("metrics.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
