"""Writes a model in evaluation mode as ONNX to standard output, after a line with its parameters.

The one argument is the job.
"""

import io
import json
import os
import sys
import warnings

import torch

import catalog


def main():
    warnings.filterwarnings("ignore")
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    job = json.loads(sys.argv[1])
    model = catalog.model(job["case"]).eval()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    images = torch.zeros(job["batch"], *job["input"])
    file = io.BytesIO()
    torch.onnx.export(model, (images,), file, input_names=["images"], dynamo=False)
    out.write(b"%d\n" % parameters)
    out.write(file.getvalue())
    out.close()


if __name__ == "__main__":
    main()
