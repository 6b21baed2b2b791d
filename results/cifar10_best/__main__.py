"""The best that two cores reach on CIFAR-10 in about three hours with less than a million parameters: the
accuracy on the 10,000 test images.

    cargo build --workspace
    pip install -r results/requirements.txt
    python -m results.cifar10_best --data CIFAR10 --seeds 1

CIFAR10 is the folder of `train_1.bin.xz` to `train_5.bin.xz` and `test.bin.xz`. A seed that is done is not
run again, and one that was stopped goes on.
"""

from pathlib import Path

from results.kit import cifar10, runs

HERE = Path(__file__).resolve().parent


def main():
    arguments = runs.recipe_arguments(__doc__, HERE)
    ours = runs.Runs(arguments)
    cifar10.prepare(arguments.data, ours.folder / "cifar10")
    ours.learn_and_publish(arguments, HERE, "cifar10")


if __name__ == "__main__":
    main()
