"""Inference with ONNX Runtime, of a model exported from PyTorch."""

import json
import os
import subprocess
import sys

import numpy
import onnxruntime


class OnnxInference:
    def __init__(self, job):
        self.parameters, model = export(job)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = job["threads"]
        # Between runs its threads leave the cores to the other engines.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        shape = (job["batch"], *job["input"])
        noise = numpy.random.default_rng(1).standard_normal(shape, dtype=numpy.float32)
        self.images = {"images": noise}

    def once(self):
        self.session.run(None, self.images)


def export(job):
    """The parameters and the ONNX of a job's model. PyTorch's memory is another process's."""
    script = os.path.join(os.path.dirname(__file__), "onnx_export.py")
    command = [sys.executable, "-B", script, json.dumps(job)]
    exported = subprocess.run(command, stdout=subprocess.PIPE)
    if exported.returncode != 0:
        raise RuntimeError("the model cannot be exported; what PyTorch says is above")
    parameters, model = exported.stdout.split(b"\n", 1)
    return int(parameters), model
