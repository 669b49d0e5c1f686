"""What many lanes ask for at a decision, as weights or as shares of baskets, in dense loops."""

from data.jit import dense


@dense
def ask_weights_nb(weights, asked_out, active_out):
    """Take the weights of a decision.

    Parameters
    ----------
    weights : ndarray of shape (A, L)
    asked_out : ndarray of shape (A, L)
        Written in place.
    active_out : ndarray of shape (L,)
        Written in place: 0 for a lane whose weights are all NaN.
    """
    n_assets, n_lanes = weights.shape
    for lane in range(n_lanes):
        active_out[lane] = 0
    for a in range(n_assets):
        for lane in range(n_lanes):
            weight = weights[a, lane]
            asked_out[a, lane] = weight
            active_out[lane] |= int(weight == weight)  # noqa: PLR0124 - false for NaN


@dense
def ask_baskets_nb(inner, shares, asked_out, active_out):
    """Multiply out the weights of a decision.

    Parameters
    ----------
    inner : ndarray of shape (B, A)
        Weights within each basket.
    shares : ndarray of shape (B, L)
        Of each basket; NaN in all of them: leave the lane alone.
    asked_out : ndarray of shape (A, L)
        Written in place.
    active_out : ndarray of shape (L,)
        Written in place: 0 for a lane whose weights are all NaN.
    """
    n_baskets, n_assets = inner.shape
    n_lanes, n_missing = shares.shape[1], 0
    for b in range(n_baskets):
        for lane in range(n_lanes):
            n_missing += int(shares[b, lane] != shares[b, lane])
    for lane in range(n_lanes):
        active_out[lane] = int(n_missing == 0)
    for a in range(n_assets):
        n_terms = 0
        for b in range(n_baskets):
            part = inner[b, a]
            if part == 0.0 and n_missing == 0:  # adds nothing
                continue
            for lane in range(n_lanes):
                asked_out[a, lane] = (asked_out[a, lane] if n_terms else 0.0) + part * shares[b, lane]
            n_terms += 1
        if n_terms == 0:
            for lane in range(n_lanes):
                asked_out[a, lane] = 0.0
    if n_missing == 0:
        return
    for a in range(n_assets):
        for lane in range(n_lanes):
            active_out[lane] |= int(asked_out[a, lane] == asked_out[a, lane])
