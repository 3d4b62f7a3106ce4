"""Draw how time and memory grow with the number of checks, as SVG; needs matplotlib (dependency group ``bench``)."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

PANELS = (
    ("seconds", "Seconds", "time, local Checkly included"),
    ("cpu", "Seconds", "processor time of the host"),
    ("memory", "MB", "memory above an idle host"),
)


def draw(folder: Path) -> None:
    """Draw ``growth.json`` of a folder as ``growth.svg`` beside it."""
    points = json.loads((folder / "growth.json").read_text())["points"]
    checks = [point["checks"] for point in points]
    # The same numbers give the same file, and its texts stay texts.
    mpl.rcParams.update({"svg.hashsalt": "growth", "svg.fonttype": "none", "font.size": 9})
    figure, panels = plt.subplots(1, len(PANELS), figsize=(11, 3.2), layout="constrained")
    for axes, (key, unit, title) in zip(panels, PANELS, strict=True):
        axes.plot(checks, [point[key] for point in points], "o-", color="#0a6e5c", markersize=4, linewidth=1.5)
        axes.set(title=title, xlabel="checks", ylabel=unit, xlim=0, ylim=0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3)
    figure.savefig(folder / "growth.svg", metadata={"Date": None})
