"""What the engines share that run a model which PyTorch has exported."""

import json
import os
import subprocess
import sys

import numpy


def export(job):
    """The parameters and the ONNX of a job's model. PyTorch's memory is another process's."""
    script = os.path.join(os.path.dirname(__file__), "onnx_export.py")
    command = [sys.executable, "-B", script, json.dumps(job)]
    exported = subprocess.run(command, stdout=subprocess.PIPE)
    if exported.returncode != 0:
        raise RuntimeError("the model cannot be exported; what PyTorch says is above")
    parameters, model = exported.stdout.split(b"\n", 1)
    return int(parameters), model


def inputs(job):
    """What goes into it."""
    shape = (job["batch"], *job["input"])
    images = numpy.random.default_rng(1).standard_normal(shape, dtype=numpy.float32)
    return {"images": images}
