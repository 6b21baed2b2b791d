"""Inference with ONNX Runtime."""

import onnxruntime

import onnx_model


class OnnxRuntimeInference:
    def __init__(self, job):
        self.parameters, model = onnx_model.export(job)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = job["threads"]
        # Between runs its threads leave the cores to the other engines.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self.inputs = onnx_model.inputs(job)

    def once(self):
        return self.session.run(None, self.inputs)
