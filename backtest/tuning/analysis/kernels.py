"""Compiled loops over all candidates of a sweep."""

from data.jit import kernel


@kernel
def add_pairs_nb(codes, sizes, starts, values, counts, sums):
    """Add values up by every pair of groups of several groupings, all of them in one pass.

    Parameters
    ----------
    codes : ndarray of shape (n, n_groupings), uint16
        Groups of each value.
    sizes : ndarray of shape (n_groupings,), int64
        How many groups each has.
    starts : ndarray of shape (n_pairs,), int64
        Where the cells of each pair begin, pairs in the order of `itertools.combinations`: group i of the first and j
        of the second are the cell i * (size of the second) + j.
    values : ndarray of shape (n,)
    counts, sums : ndarray of shape (n_cells,)
        Added to.
    """
    for i in range(values.shape[0]):
        pair = 0
        for a in range(sizes.shape[0]):
            for b in range(a + 1, sizes.shape[0]):
                cell = starts[pair] + codes[i, a] * sizes[b] + codes[i, b]
                counts[cell] += 1
                sums[cell] += values[i]
                pair += 1
