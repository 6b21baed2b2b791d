"""Networks of PyTorch that no package has: those of the bench."""

import sys

from results.kit.runs import ROOT

sys.path.append(str(ROOT / "crates/bench/peers"))
from cifar_resnet import CifarResNet  # noqa: E402

__all__ = ["CifarResNet"]
