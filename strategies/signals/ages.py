"""What a reader is told of figures too old to be read."""

import numpy as np
from numpy.typing import NDArray

from strategies.signals.scene import Scene


def told_of_age(what: str, ages: NDArray[np.float64], scene: Scene, max_age_days: int) -> list[str]:
    """Say where in the run the last figure of a series is too old to be a reading.

    Parameters
    ----------
    what : str
        Such as "figure of positioning CHINA allocation".
    ages : ndarray of shape (n,)
        Days at each of the scene's stamps; NaN: nothing known yet.
    scene : Scene
    max_age_days : int

    Returns
    -------
    list of str
        One sentence, or none.
    """
    ages, dates = ages[scene.in_run], scene.dates[scene.in_run]
    old = np.flatnonzero(ages > max_age_days)
    if not len(old):
        return []
    told = (
        f"The last {what} is over {max_age_days} days old at {len(old)} of {len(dates)} closes, from {dates[old[0]]} "
        f"to {dates[old[-1]]}: no reading there (signal.max_age_days)."
    )
    return [told]
