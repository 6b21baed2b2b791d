"""Which peers an installation of Python has, without loading them."""

import platform
from importlib import metadata

import catalog

TORCH = ["torch", "torchvision"]

# PyTorch and what its exporter needs.
EXPORT = [*TORCH, "onnx", "onnxscript", "ml_dtypes", "numpy"]

# What each engine does, and the libraries that it needs.
ENGINES = {
    "torch": (["inference", "training"], TORCH),
    "torch-channels-last": (["inference", "training"], TORCH),
    "torch-compile": (["inference", "training"], TORCH),
    "onnxruntime": (["inference"], [*EXPORT, "onnxruntime"]),
    "openvino": (["inference"], [*EXPORT, "openvino"]),
}


def survey():
    versions = {"python": platform.python_version()}
    missing = {}
    engines = {}
    for engine, (modes, libraries) in ENGINES.items():
        absent = [library for library in libraries if version(library) is None]
        if absent:
            missing[engine] = f"{', '.join(absent)} not installed"
            continue
        engines[engine] = modes
        versions |= {library: version(library) for library in libraries}
    return {
        "engines": engines,
        "models": catalog.NAMES,
        "versions": versions,
        "missing": missing,
    }


def version(library):
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None
