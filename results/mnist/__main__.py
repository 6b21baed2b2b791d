"""How well MNIST is learned: the accuracy on its 10,000 test images, over three seeds.

    cargo build --workspace
    python -m results.mnist --data MNIST

MNIST is the folder of the four files `train-images-idx3-ubyte.gz`, .. A seed that is done is not run
again, and one that was stopped goes on.
"""

from pathlib import Path

from results.kit import runs

HERE = Path(__file__).resolve().parent


def main():
    arguments = runs.recipe_arguments(__doc__, HERE)
    ours = runs.Runs(arguments, {"mnist": arguments.data})
    ours.learn_and_publish(arguments, HERE, "mnist")


if __name__ == "__main__":
    main()
