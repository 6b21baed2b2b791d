"""The 256x256 gray images of the Data Science Bowl of 2018 (BBBC038, Caicedo et al. 2019, CC0)."""

import tarfile


def prepare(source, out):
    """Images and, as masks, the numbers of the nuclei."""
    if out.is_dir():
        return
    aside = out.with_name("unpacked")
    with tarfile.open(source / "nuclei_256.tar") as tar:
        tar.extractall(aside, filter="data")
    (root,) = aside.iterdir()
    for part in ("train", "test"):
        (root / part / "masks").rename(root / part / "foreground")
        (root / part / "instances").rename(root / part / "masks")
    root.rename(out)
    aside.rmdir()
