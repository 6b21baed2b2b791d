"""A worker of the bench: does one case's work on one peer, as often as it is asked to.

Without an argument it says, as JSON, what this installation of Python has. With an engine's name
it reads a job and then requests, and answers each, in lines of JSON. `src/protocol.rs` describes
them.
"""

import json
import os
import sys
import time
import warnings

import survey


def main():
    if len(sys.argv) == 1:
        json.dump(survey.survey(), sys.stdout)
        return
    say = answers()
    try:
        serve(sys.argv[1], say)
    except Exception as error:
        say({"failed": {"reason": f"{type(error).__name__}: {error}"}})


def serve(engine, say):
    job = json.loads(sys.stdin.readline())
    work = make(engine, job)
    say({"ready": {"parameters": work.parameters}})
    for line in sys.stdin:
        match json.loads(line):
            case "run":
                start = time.perf_counter()
                work.once()
                say({"ran": {"seconds": time.perf_counter() - start}})
            case "end":
                say({"ended": {"peak_rss_mib": peak_rss_mib()}})
                return


def make(engine, job):
    # Imported here, so that a process loads no library but the one that it is to time.
    match engine:
        case "onnxruntime":
            from onnxruntime_work import OnnxRuntimeInference

            return OnnxRuntimeInference(job)
        case "openvino":
            from openvino_work import OpenVinoInference

            return OpenVinoInference(job)
    from torch_work import make

    return make(engine, job)


def answers():
    """A function that answers on standard output, which nothing else gets to write to."""
    warnings.filterwarnings("ignore")
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(answer):
        print(json.dumps(answer), file=out, flush=True)

    return say


def peak_rss_mib():
    """The most memory that this process has had, where the system tells: on Linux."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


if __name__ == "__main__":
    main()
