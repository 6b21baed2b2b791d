"""The padded U-Net with batch normalisation, for images of any size."""

import torch
from torch import nn
from torch.nn.functional import max_pool2d


class DoubleConv(nn.Sequential):
    def __init__(self, in_channels, channels):
        super().__init__(
            nn.Conv2d(in_channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    def __init__(self, width, in_channels=1, classes=2, depth=4):
        super().__init__()
        widths = [width << level for level in range(depth + 1)]
        self.encoder = nn.ModuleList(
            DoubleConv(below, channels)
            for below, channels in zip([in_channels, *widths], widths[:-1])
        )
        self.bottom = DoubleConv(widths[-2], widths[-1])
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(2 * channels, channels, 2, stride=2)
            for channels in reversed(widths[:-1])
        )
        self.decoder = nn.ModuleList(
            DoubleConv(2 * channels, channels) for channels in reversed(widths[:-1])
        )
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        skips = []
        for stage in self.encoder:
            skip = stage(x)
            skips.append(skip)
            x = max_pool2d(skip, 2, ceil_mode=True)
        x = self.bottom(x)
        for up, stage, skip in zip(self.up, self.decoder, reversed(skips)):
            # An odd size was rounded up on the way down.
            x = up(x)[:, :, : skip.shape[2], : skip.shape[3]]
            x = stage(torch.cat([skip, x], dim=1))
        return self.head(x)
