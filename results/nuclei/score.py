"""What maps of background (0), nucleus (1) and border of a nucleus (2) are worth, by the truth's nuclei."""

import numpy
from scipy import ndimage

THRESHOLDS = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]
EIGHT = numpy.ones((3, 3))


def objects(classes):
    """Numbers each nucleus: the connected parts of class 1, each with the border that is nearest to it. A
    part of border without a nucleus is one itself."""
    inside, count = ndimage.label(classes == 1, EIGHT)
    if count == 0:
        return ndimage.label(classes > 0, EIGHT)[0]
    nearest = ndimage.distance_transform_edt(classes != 1, return_distances=False, return_indices=True)
    numbers = inside[tuple(nearest)] * (classes > 0)
    parts, count_of_parts = ndimage.label(classes > 0, EIGHT)
    hollow = sorted({*range(1, count_of_parts + 1)} - {*numpy.unique(parts[inside > 0])})
    for number, part in enumerate(hollow, count + 1):
        numbers[parts == part] = number
    return numbers


def matches(predicted, truth):
    """The IoU of every nucleus that is predicted with every true one: `[predicted, true]`."""
    _, predicted = numpy.unique(predicted, return_inverse=True)
    _, truth = numpy.unique(truth, return_inverse=True)
    common = numpy.zeros((predicted.max() + 1, truth.max() + 1))
    numpy.add.at(common, (predicted.ravel(), truth.ravel()), 1)
    union = common.sum(1, keepdims=True) + common.sum(0, keepdims=True) - common
    return (common / union)[1:, 1:]


def of_image(classes, truth):
    """IoU and Dice of the foreground, and the average precision at each threshold: `TP / (TP + FP + FN)`."""
    foreground, true = classes > 0, truth > 0
    common, either = (foreground & true).sum(), (foreground | true).sum()
    overlaps = matches(numpy.pad(objects(classes), 1), numpy.pad(truth, 1))
    precision = {}
    for threshold in THRESHOLDS:
        # Above 1/2 no nucleus has two partners.
        pairs = (overlaps > threshold).sum()
        precision[f"ap{100 * threshold:.0f}"] = pairs / (sum(overlaps.shape) - pairs)
    mean = numpy.mean(list(precision.values()))
    return {"iou": common / either, "dice": 2 * common / (common + either), "ap50_to_90": mean, **precision}


def of_images(pairs):
    """The mean of each over pairs of a predicted map and the true nuclei."""
    each = [of_image(classes, truth) for classes, truth in pairs]
    return {key: float(numpy.mean([one[key] for one in each])) for key in each[0]}
