"""Ranks of sleeves: how many names are bought, by how far they have drifted."""

import numpy as np

from data.jit import dense, leaf


@dense
def rank_alike_nb(ratio, below, above, alike, rank):
    """Give every lane the rank of one of them; arrays of shape (L,).

    Parameters
    ----------
    ratio : ndarray
    below, above : float
        Drifts of its last name bought and of its first sold.
    alike : int
        Its rank.
    rank : ndarray, int64
        Written in place.

    Returns
    -------
    n_other : int
        Lanes whose rank is another.
    """
    n = 0
    for lane in range(ratio.shape[0]):
        asked = ratio[lane]
        rank[lane] = alike
        n += int((asked <= below) | (asked > above))
    return n


@dense
def rank_four_nb(ratio, first, second, third, fourth, is_first, rank):
    """Count four more names that have drifted less than what is asked for; arrays of shape (L,).

    Parameters
    ----------
    ratio : ndarray
    first, second, third, fourth : float
        Drifts of names.
    is_first : bool
        The first four.
    rank : ndarray, int64
        Written in place.
    """
    for lane in range(ratio.shape[0]):
        asked = ratio[lane]
        more = np.int64(first < asked) + np.int64(second < asked) + np.int64(third < asked) + np.int64(fourth < asked)
        rank[lane] = more if is_first else rank[lane] + more


@leaf
def rank_sleeve_nb(ratio, drift, rank):
    """Count the names of a sleeve that have drifted less than what is asked for: these are bought.

    Parameters
    ----------
    ratio : ndarray of shape (L,)
    drift : ndarray of shape (n_names + 2,)
        Ascending, from minus infinity to infinity.
    rank : ndarray of shape (L,), int64
        Written in place.

    Returns
    -------
    is_alike : bool
        All lanes have the same: that of neighbours in a grid is often one, and looks up one place of a table.
    """
    last, alike = drift.shape[0] - 1, 0
    while drift[alike + 1] < ratio[0]:
        alike += 1
    if rank_alike_nb(ratio, drift[alike], drift[alike + 1], alike, rank) == 0:
        return True
    for i in range(1, last, 4):
        rank_four_nb(
            ratio, drift[i], drift[min(i + 1, last)], drift[min(i + 2, last)], drift[min(i + 3, last)], i == 1, rank
        )  # fmt: skip
    return False
