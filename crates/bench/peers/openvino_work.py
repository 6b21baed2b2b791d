"""Inference with OpenVINO."""

import openvino
from openvino import properties
from openvino.properties import hint

import onnx_model


class OpenVinoInference:
    def __init__(self, job):
        self.parameters, model = onnx_model.export(job)
        core = openvino.Core()
        options = {
            # Else it computes in bfloat16 where the processor has it.
            hint.inference_precision: openvino.Type.f32,
            hint.performance_mode: hint.PerformanceMode.LATENCY,
            properties.num_streams: 1,
            properties.inference_num_threads: job["threads"],
        }
        network = core.compile_model(core.read_model(model), "CPU", options)
        self.request = network.create_infer_request()
        self.inputs = onnx_model.inputs(job)

    def once(self):
        # As ONNX Runtime does, it reads the images where they lie and gives copies.
        return self.request.infer(self.inputs, share_inputs=True)
