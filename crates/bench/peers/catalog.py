"""The models that the peers have, under the names that the registry gives them."""

TORCHVISION = [
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "wide_resnet50_2",
    "wide_resnet101_2",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
]

# The depths of the residual networks for CIFAR.
CIFAR_RESNETS = {f"resnet{depth}": depth for depth in (8, 14, 20, 32, 44, 56, 110)}

# The widths of the U-Nets' first stage.
UNETS = {f"unet{width}": width for width in (8, 16, 32, 64)}

NAMES = [*TORCHVISION, *CIFAR_RESNETS, *UNETS]


def model(name):
    """The model of this name, with fresh parameters."""
    if name in CIFAR_RESNETS:
        from cifar_resnet import CifarResNet

        return CifarResNet(CIFAR_RESNETS[name])
    if name in UNETS:
        from unet import UNet

        return UNet(UNETS[name])
    if name in TORCHVISION:
        import torchvision

        return torchvision.models.get_model(name, weights=None)
    raise ValueError(f"the peers have no model '{name}'")
