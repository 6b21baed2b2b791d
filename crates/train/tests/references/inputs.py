"""Writes inputs.json: what networks see of photo.png by the transforms of timm and torchvision, for
src/learned/tests.rs.

The photo is `chelsea.png` of scikit-image, which its photographer, Stefan van der Walt, gave to the
public domain (CC0).

    pip install -r requirements.txt && python inputs.py
"""

import json
from pathlib import Path

from PIL import Image
from timm.data import create_transform, resolve_data_config
from torchvision.models import ResNet50_Weights

from common import shortened

# Every so many rows and columns are written.
STEP = 13

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
OTHER = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.25, 0.125]}
CASES = {
    "as resnet50.a1_in1k": dict(
        input_size=[3, 224, 224], interpolation="bicubic", crop_pct=0.95, crop_mode="center", **IMAGENET
    ),
    "enlarged": dict(input_size=[3, 384, 384], interpolation="bicubic", crop_pct=1.0, **OTHER),
    "small": dict(input_size=[3, 96, 96], interpolation="bilinear", crop_pct=0.9, **OTHER),
    "not square": dict(input_size=[3, 160, 224], interpolation="bilinear", crop_pct=0.875, **IMAGENET),
    "squashed": dict(
        input_size=[3, 128, 128], interpolation="bicubic", crop_pct=1.0, crop_mode="squash", **IMAGENET
    ),
}


def seen(values):
    """Of `[channels, height, width]`: the shape, and some of the values."""
    return {
        "shape": list(values.shape),
        "values": shortened(values[:, ::STEP, ::STEP].flatten().tolist()),
    }


def main():
    photo = Image.open(Path(__file__).with_name("photo.png")).convert("RGB")
    cases = []
    for name, config in CASES.items():
        resolved = resolve_data_config(pretrained_cfg=config)
        transform = create_transform(**resolved, is_training=False)
        cases.append({"name": name, "pretrained_cfg": config} | seen(transform(photo)))
    # What torchvision does where no file says anything.
    preset = ResNet50_Weights.IMAGENET1K_V1.transforms()
    cases.append({"name": "torchvision's preset"} | seen(preset(photo)))
    path = Path(__file__).with_name("inputs.json")
    lines = ",\n".join(json.dumps(case) for case in cases)
    path.write_text(f'{{"step": {STEP}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
