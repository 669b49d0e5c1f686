"""How the cost of a sweep grows: seconds against candidates, dates and names, in sleeves and in the general form.

Run with `python -m benchmarks.sweep.growth`, with `--figure FOLDER` for a drawing. Grids are parts of the headline's;
markets are made up, new for each time. Seconds are those in which blocks ran: what is worked out once for all
candidates stands beside them. An exponent is the slope of a least-squares line through the logarithms: 1 is linear.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from benchmarks.markets import N_DATES, N_NAMES, make_market, make_thesis
from benchmarks.sweep.grid import headline
from benchmarks.sweep.whole import IN_LOTS, time_sweep

FORMS: Mapping[str, Mapping[str, object]] = {"sleeves": {}, "general": IN_LOTS}
DATES = (375, 750, 1500)
NAMES = (10, 20, 40, 80)
TIMES = (1, 2, 4, 8)


@dataclass(frozen=True)
class Curve:
    """Seconds against one size, the others unchanged.

    Attributes
    ----------
    what : str
        The size that grows.
    form : {"sleeves", "general"}
    sizes : tuple of int
    running, preparation, whole : tuple of float
        Seconds at each size, medians.
    """

    what: str
    form: str
    sizes: tuple[int, ...]
    running: tuple[float, ...]
    preparation: tuple[float, ...]
    whole: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """Slope of the running seconds in logarithms."""
        return exponent(self.sizes, self.running)


def exponent(sizes: tuple[int, ...], seconds: tuple[float, ...]) -> float:
    """Fit a power law by least squares in logarithms.

    Parameters
    ----------
    sizes, seconds : tuple of number

    Returns
    -------
    float
        Its exponent.

    Examples
    --------
    >>> round(exponent((1, 2, 4), (0.5, 1.0, 2.0)), 6), round(exponent((1, 2, 4), (0.5, 2.0, 8.0)), 6)
    (1.0, 2.0)
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def grow(what: str, form: str, candidates: int, threads: int, repeats: int) -> Curve:
    """Time sweeps of growing size.

    Parameters
    ----------
    what : {"candidates", "dates", "names"}
    form : {"sleeves", "general"}
    candidates : int
        At the smallest size of the first kind, and twice as many at each size of the others.
    threads, repeats : int

    Returns
    -------
    Curve
    """
    thesis = make_thesis().replace(FORMS[form])
    steps = {"candidates": tuple(candidates * times for times in TIMES), "dates": DATES, "names": NAMES}[what]
    timed, sizes = [], []
    for step in steps:
        market = {"n_dates": N_DATES, "n_names": N_NAMES} | ({} if what == "candidates" else {f"n_{what}": step})
        grid = headline(step if what == "candidates" else 2 * candidates)
        timed.append(time_sweep(partial(make_market, **market), thesis, grid, threads, repeats, n_checked=2))
        sizes.append(timed[-1].found.space.n if what == "candidates" else step)
    return Curve(
        what=what,
        form=form,
        sizes=tuple(sizes),
        running=tuple(one.phases["running"] for one in timed),
        preparation=tuple(one.phases["preparation"] for one in timed),
        whole=tuple(one.seconds for one in timed),
    )


def draw(curves: list[Curve], folder: Path) -> Path:
    """Draw the curves on logarithmic scales, a dotted line for what is linear.

    Parameters
    ----------
    curves : list of Curve
    folder : Path
        Made if need be.

    Returns
    -------
    Path
        The file.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    kinds = list(dict.fromkeys(curve.what for curve in curves))
    figure, axes = plt.subplots(1, len(kinds), figsize=(4 * len(kinds), 3.6), layout="constrained", squeeze=False)
    for axis, what in zip(axes[0], kinds, strict=True):
        for curve in (one for one in curves if one.what == what):
            (line,) = axis.loglog(curve.sizes, curve.running, marker="o")
            label = f"{curve.form}: exponent {curve.exponent:.2f}"
            line.set_label(label)
            linear = np.array(curve.sizes) / curve.sizes[-1] * curve.running[-1]
            axis.loglog(curve.sizes, linear, linestyle=":", linewidth=1, color=line.get_color())
        axis.set(xlabel=what, ylabel="seconds in which blocks ran" if what == kinds[0] else "")
        axis.set_xticks(curve.sizes, [f"{size:,}" for size in curve.sizes])
        axis.minorticks_off()
        axis.legend(frameon=False, fontsize="small")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "sweep-growth.svg"
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
    return file


def main() -> None:
    """Time, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--candidates", type=int, default=32_400, help="at the smallest size; a quarter in general form"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--figure", type=Path, help="folder to draw into")
    arguments = parser.parse_args()
    for changes in FORMS.values():  # compiles, or reads what was compiled
        time_sweep(make_market, make_thesis().replace(changes), headline(600), arguments.threads, 1)
    print(f"{machine()}; {arguments.threads} threads, median of {arguments.repeats}")
    curves = []
    for what in ("candidates", "dates", "names"):
        for form in FORMS:
            n = arguments.candidates if form == "sleeves" else arguments.candidates // 4
            curve = grow(what, form, n, arguments.threads, arguments.repeats)
            curves.append(curve)
            print(f"{f'{what}, {form}':22s}" + "".join(f"{size:11,}" for size in curve.sizes) + "   exponent")
            for label in ("running", "preparation", "whole"):
                seconds = getattr(curve, label)
                slope = f"{exponent(curve.sizes, seconds):11.2f}"
                print(f"  {f'{label}, s':20s}" + "".join(f"{one:11.3f}" for one in seconds) + slope, flush=True)
    if arguments.figure is not None:
        print(f"drawn: {draw(curves, arguments.figure)}")


if __name__ == "__main__":
    main()
