"""Writes reference.json: what PyTorch computes where tests/pytorch.rs does the same.

Small networks of each family take two steps of SGD with momentum from the same parameters on the
same image. Parameters and images are hashes of their index, so that nothing has to be shipped.

    pip install -r requirements.txt && python make.py
"""

import json
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.densenet import DenseNet
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

CLASSES = 5


def noise(shape, seed, scale):
    """Uniform from `-scale` to `scale`: the upper 24 of 32 bits of a product with the index."""
    index = torch.arange(math.prod(shape), dtype=torch.int64) + 1 + 7919 * seed
    bits = (index * 2654435761 % 2**32) // 256
    bits = (bits * bits + index * 40503) % 2**24
    return (scale * (bits.double() / 2**23 - 1.0)).float().reshape(shape)


class DoubleConv(nn.Sequential):
    def __init__(self, inputs, outputs):
        conv = lambda i: nn.Conv2d(i, outputs, 3, padding=1, bias=False)
        super().__init__(
            conv(inputs), nn.BatchNorm2d(outputs), nn.ReLU(),
            conv(outputs), nn.BatchNorm2d(outputs), nn.ReLU(),
        )


class UNet(nn.Module):
    """The padded form: batch normalisation, transposed convolutions, concatenated skips."""

    def __init__(self, width, depth):
        super().__init__()
        widths = [width << level for level in range(depth + 1)]
        down = lambda level: DoubleConv(widths[level - 1] if level else 1, widths[level])
        up = lambda level: nn.ModuleList([
            nn.ConvTranspose2d(widths[level + 1], widths[level], 2, stride=2),
            DoubleConv(2 * widths[level], widths[level]),
        ])
        self.encoder = nn.ModuleList(down(level) for level in range(depth))
        self.bottom = down(depth)
        self.decoder = nn.ModuleList(up(level) for level in reversed(range(depth)))
        self.head = nn.Conv2d(width, CLASSES, 1)

    def forward(self, x):
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, conv in self.decoder:
            x = conv(torch.cat([skips.pop(), up(x)], dim=1))
        return self.head(x)


def fill(model):
    """Sets the parameters, transitions last, as ours has them."""
    named = sorted(model.named_parameters(), key=lambda item: order(item[0]))
    for position, (name, parameter) in enumerate(named):
        if parameter.dim() > 1:
            fan_in = parameter[0].numel()
            value = noise(parameter.shape, position, math.sqrt(6 / fan_in))
        else:
            is_scale = name.endswith("weight")
            value = noise(parameter.shape, position, 0.1) + (1.0 if is_scale else 0.0)
        parameter.data.copy_(value)


def order(name):
    """Where a parameter stands: torchvision's DenseNet has each transition after its block."""
    if "transition" in name:
        return 1
    return 2 if name.startswith(("features.norm5", "classifier")) else 0


def reference(model, image):
    fill(model)
    x = noise(image, 99, 1.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    model.train()
    losses = []
    for _ in range(3):
        logits = model(x)
        targets = torch.arange(logits[:, 0].numel()) % CLASSES
        loss = F.cross_entropy(logits, targets.reshape(logits[:, 0].shape))
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        logits = model(x).flatten()
    return {"losses": losses, "logits": logits[:40].tolist()}


def main():
    torch.set_num_threads(1)
    resnet = lambda block, **options: ResNet(block, [1, 1, 1, 1], CLASSES, **options)
    dense = DenseNet(growth_rate=8, block_config=(2, 3), num_init_features=16, num_classes=CLASSES)
    references = {
        "basic": reference(resnet(BasicBlock), [2, 3, 64, 64]),
        "bottleneck": reference(
            resnet(Bottleneck, groups=4, width_per_group=16), [2, 3, 64, 64]
        ),
        "dense": reference(dense, [2, 3, 64, 64]),
        "unet": reference(UNet(4, 2), [2, 1, 16, 24]),
    }
    path = Path(__file__).parent / "reference.json"
    path.write_text(json.dumps(references, indent=1) + "\n")


if __name__ == "__main__":
    main()
