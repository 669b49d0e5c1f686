"""Compiled loops over all candidates of a sweep."""

from data.jit import kernel


@kernel
def add_pairs_nb(codes, sizes, starts, values, weights, counts, sums):
    """Add values up by every pair of groups of several groupings.

    Parameters
    ----------
    codes : ndarray of shape (n, n_groupings), uint16
        Groups of each value; room to work in.
    sizes : ndarray of shape (n_groupings,), int64
        How many groups each has.
    starts : ndarray of shape (n_groupings, n_groupings), int64
        Where the cells of the pair of a grouping and a later one begin (others are not read): group i of the first and
        j of the second are the cell i * (size of the second) + j.
    values : ndarray of shape (n,)
        Room to work in.
    weights : ndarray of shape (n,), int64
        How many each counts for; room to work in.
    counts, sums : ndarray of shape (n_cells,)
        Added to.

    Notes
    -----
    In a grid the last grouping is the fastest to change. Once its pairs are added up, neighbours that differ in it
    alone are one, and pairs of the others have so many fewer to go through.
    """
    n = values.shape[0]
    for b in range(sizes.shape[0] - 1, 0, -1):
        for i in range(n):
            for a in range(b):
                cell = starts[a, b] + codes[i, a] * sizes[b] + codes[i, b]
                counts[cell] += weights[i]
                sums[cell] += values[i]
        last = 0
        for i in range(1, n if b > 1 else 0):
            is_same = True
            for a in range(b):
                is_same &= codes[i, a] == codes[last, a]
            if is_same:
                weights[last] += weights[i]
                values[last] += values[i]
            else:
                last += 1
                weights[last], values[last] = weights[i], values[i]
                for a in range(b):
                    codes[last, a] = codes[i, a]
        n = min(n, last + 1)
