"""Runs of the program `train`, each made once, and what is written of them."""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def parser(about, folder):
    """The flags of all scripts; `folder` is the result's own."""
    flags = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument(
        "--train",
        type=Path,
        default=ROOT / "target/debug/train",
        help="the program; cargo build --workspace makes it [default: %(default)s]",
    )
    flags.add_argument(
        "--runs",
        type=Path,
        default=folder / "runs",
        help="where runs are kept; what is done there is not done again [default: %(default)s]",
    )
    flags.add_argument("--threads", type=int, default=2, help="threads that compute [default: %(default)s]")
    return flags


def recipe_arguments(about, folder):
    """What a result that learns is asked for."""
    flags = parser(about, folder)
    flags.add_argument("--data", type=Path, required=True, help="the folder of the data's files")
    flags.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="[default: 1 2 3]")
    flags.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="PATH=VALUE",
        help="changes of the recipe, to try things out; what comes of it is no result, and stays with --runs",
    )
    return flags.parse_args()


class Runs:
    """Runs of `train` in a folder. It works there and is told of the data by a link, so that nothing
    that it writes has a path of this machine."""

    def __init__(self, arguments, data=None):
        if not arguments.train.is_file():
            raise SystemExit(f"'{arguments.train}' is not there: cargo build --workspace, or name it with --train")
        self.program = arguments.train.resolve()
        self.folder = arguments.runs
        self.folder.mkdir(parents=True, exist_ok=True)
        self.threads = arguments.threads
        for name, path in (data or {}).items():
            link = self.folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(path.resolve())

    def train(self, *flags, log=None, threads=None):
        """Runs the program; what it prints goes to a file, if there is one to be."""
        command = [self.program, *map(str, flags)]
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads or self.threads)}
        with open(log or os.devnull, "a") as file:
            done = subprocess.run(command, cwd=self.folder, env=environment, stdout=file)
        if done.returncode != 0:
            raise SystemExit(f"train {' '.join(command[1:])}: ended with {done.returncode}")

    def fit(self, name, *flags, threads=None):
        """The folder of a run: one that has ended stays, one that was stopped goes on."""
        out = self.folder / name
        if self.summary(name).get("test"):
            return out
        log = self.folder / f"{name}.log"
        if (out / "config.json").is_file():
            self.train("resume", "--plain", name, log=log, threads=threads)
        else:
            shutil.rmtree(out, ignore_errors=True)
            log.unlink(missing_ok=True)
            self.train("fit", "--plain", "--out", name, *flags, log=log, threads=threads)
        return out

    def summary(self, name):
        path = self.folder / name / "summary.json"
        return json.loads(path.read_text()) if path.is_file() else {}

    def spreads(self, names):
        """What several runs say of the test images, and how long they took."""
        all_runs = [self.summary(name) for name in names]
        tests = spreads([run["test"] for run in all_runs])
        return {"parameters": all_runs[0]["parameters"], "test": tests, **spreads(all_runs, ["seconds"])}

    def once(self, name, work):
        """What `work` gives, kept as a file: it is done where that is not there. It is told the file's path."""
        path = self.folder / f"{name}.json"
        if not path.is_file():
            write_json(path, work(path))
        return json.loads(path.read_text())

    def weights(self, name, *flags):
        """A run's weights as a file for PyTorch, in a folder of its own: beside it lies how images are seen."""
        folder = self.folder / f"{name}-weights"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        path = folder / "model.safetensors"
        self.train("export", name, "--safetensors", path.relative_to(self.folder), *flags)
        return path

    def learn(self, arguments, folder, data, seed):
        """The name of the run of a seed, by the recipe of a result and of data that the runs' folder has."""
        name = f"seed-{seed}"
        recipe = folder / "recipe.toml"
        asked = recipe.read_text() + "".join(f"# --set {change}\n" for change in arguments.set)
        kept = self.folder / f"{name}.toml"
        if kept.is_file() and kept.read_text() != asked:
            raise SystemExit(f"'{self.folder / name}' is of another recipe, '{kept}': name another folder with --runs")
        kept.write_text(asked)
        changes = [flag for change in arguments.set for flag in ("--set", change)]
        self.fit(name, "--config", recipe, "--data", data, *changes, "--seed", seed)
        return name

    def learn_and_publish(self, arguments, folder, data):
        """All of a result that is learned by us alone."""
        names = [self.learn(arguments, folder, data, seed) for seed in arguments.seeds]
        self.publish(arguments, folder, {"seeds": arguments.seeds, "train": self.spreads(names)}, names)

    def publish(self, arguments, folder, summary, logs):
        """Writes what came of all beside the script, with the logs; or, of a trial, with the runs."""
        to = self.folder if getattr(arguments, "set", None) else folder
        write_json(to / "summary.json", {**summary, "machine": machine(arguments.threads)})
        if to != self.folder:
            self.publish_logs(to, logs)
        print((to / "summary.json").read_text())

    def publish_logs(self, folder, names):
        (folder / "logs").mkdir(exist_ok=True)
        for name in names:
            # How a run that was stopped goes on is said with the path of the program.
            lines = (self.folder / f"{name}.log").read_text().splitlines(keepends=True)
            kept = (line for line in lines if not line.startswith("go on with: "))
            (folder / "logs" / f"{name}.log").write_text("".join(kept))


def spread(values):
    """Several values with their mean and the standard deviation of a sample."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"values": values, "mean": statistics.fmean(values), "deviation": deviation}


def spreads(records, keys=None):
    """That of each key of several records."""
    return {key: spread([record[key] for record in records]) for key in keys or records[0]}


def machine(threads):
    """What the figures are of."""
    cpu = Path("/proc/cpuinfo").read_text()
    value = lambda key: next(line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith(key))
    known = value("flags").split()
    return {
        "processor": value("model name"),
        "cores": os.cpu_count(),
        "threads": threads,
        "instructions": [name for name in ("avx2", "fma", "avx512f") if name in known],
        "system": platform.system(),
        "commit": output("git", "rev-parse", "HEAD"),
        "rustc": output("rustc", "--version"),
    }


def versions(*packages):
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def output(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")
