"""Builds twins by package and name."""

import re
from dataclasses import dataclass, replace

from torch import nn


@dataclass(frozen=True)
class Case:
    """A variant with its twin, perhaps varied: `resnet50@161x197@in1@os8`."""

    name: str
    package: str
    twin: str
    input: tuple
    outputs: int
    output_stride: int | None = None

    @staticmethod
    def of(variants, name):
        """The case of this name; none if its variant has no twin."""
        base, *variations = name.split("@")
        variant = variants[base]
        twin = variant["twin"]
        if twin is None:
            return None
        case = Case(name, twin["package"], twin["name"], tuple(variant["input"]), variant["outputs"])
        for variation in variations:
            case = case.varied(variation)
        return case

    def varied(self, variation):
        channels, height, width = self.input
        if found := re.fullmatch(r"(\d+)x(\d+)", variation):
            return replace(self, input=(channels, int(found[1]), int(found[2])))
        if found := re.fullmatch(r"in(\d+)", variation):
            return replace(self, input=(int(found[1]), height, width))
        if found := re.fullmatch(r"os(\d+)", variation):
            return replace(self, output_stride=int(found[1]))
        raise ValueError(f"{self.name}: '{variation}' is not a size, in1 or os8")


def build(case):
    """The twin, with fresh parameters, nothing dropped."""
    return PACKAGES[case.package](case)


def torchvision(case):
    from torchvision.models import get_model

    options = {}
    if case.output_stride:
        # The strides of the last three stages, of which the last reduces by 32.
        options["replace_stride_with_dilation"] = [
            reduction > case.output_stride for reduction in (8, 16, 32)
        ]
    model = get_model(case.twin, weights=None, num_classes=case.outputs, **options)
    if case.input[0] != 3:
        replace_stem(model, case.input[0])
    return model


def replace_stem(model, channels):
    """Another first convolution: torchvision's networks take colour images only."""
    name, conv = next(item for item in model.named_modules() if isinstance(item[1], nn.Conv2d))
    parent, _, field = name.rpartition(".")
    stem = nn.Conv2d(
        channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding,
        bias=conv.bias is not None,
    )
    setattr(model.get_submodule(parent), field, stem)


def timm(case):
    from timm import create_model

    options = {"output_stride": case.output_stride} if case.output_stride else {}
    return create_model(
        case.twin, pretrained=False, num_classes=case.outputs, in_chans=case.input[0], **options
    )


def smp(case):
    """`Unet/resnet34`, and options after that: `Unet/resnet34/decoder_attention_type=scse`."""
    import segmentation_models_pytorch as smp

    decoder, encoder, *options = case.twin.split("/")
    options = dict(option.split("=") for option in options)
    if case.output_stride:
        options["encoder_output_stride"] = case.output_stride
    return getattr(smp, decoder)(
        encoder, encoder_weights=None, in_channels=case.input[0], classes=case.outputs, **options
    )


def monai(case):
    """`UNet`, and its options after that: `UNet/channels=16,32/strides=2/num_res_units=2`."""
    from monai.networks import nets

    network, options = numbered(case.twin)
    return getattr(nets, network)(
        spatial_dims=2, in_channels=case.input[0], out_channels=case.outputs, **options
    )


def nnunet(case):
    """`PlainConvUNet`, and its options after that, all else as nnU-Net plans it in two dimensions:
    `PlainConvUNet/features_per_stage=32,64/n_conv_per_stage=2/n_conv_per_stage_decoder=2`.
    """
    from dynamic_network_architectures.architectures import unet

    network, options = numbered(case.twin)
    stages = len(options["features_per_stage"])
    return getattr(unet, network)(
        input_channels=case.input[0],
        num_classes=case.outputs,
        n_stages=stages,
        conv_op=nn.Conv2d,
        kernel_sizes=3,
        strides=[1] + [2] * (stages - 1),
        conv_bias=True,
        norm_op=nn.InstanceNorm2d,
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=nn.LeakyReLU,
        nonlin_kwargs={"inplace": True},
        deep_supervision=True,
        **options,
    )


def numbered(twin):
    """A class and its options, each a number or some: `UNet/channels=16,32/num_res_units=2`."""
    network, *options = twin.split("/")
    options = dict(option.split("=") for option in options)
    return network, {key: numbers(value) for key, value in options.items()}


def numbers(text):
    found = [int(number) for number in text.split(",")]
    return found if "," in text else found[0]


PACKAGES = {
    "torchvision": torchvision,
    "timm": timm,
    "smp": smp,
    "monai": monai,
    "nnunet": nnunet,
}
