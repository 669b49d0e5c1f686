"""Values as charts of the page are sent them."""

import numpy as np

from backtest.report.charts.figure import plain


def test_values_of_charts_are_written_with_so_many_digits():
    rng = np.random.default_rng(3)
    values = np.concatenate(
        [rng.standard_normal(500) * 10.0 ** rng.integers(-9, 12, 500), [0.0, -0.0, 1e6, 99999995.0]]
    )
    for digits in (4, 7):
        expected = [float(f"{value:.{digits}g}") for value in values.tolist()]
        # Halves may turn the other way: the product by a power of ten is rounded before it is.
        np.testing.assert_allclose(plain(values, digits), expected, rtol=1.01 * 10.0 ** (1 - digits))
        assert sum(a == b for a, b in zip(plain(values, digits), expected, strict=True)) > 500
        assert max(len(repr(value).replace("e+", "e").strip("-")) for value in plain(values, digits)) < 20
    assert plain(np.array([np.nan, np.inf, -np.inf, 2.0])) == [None, None, None, 2.0]
