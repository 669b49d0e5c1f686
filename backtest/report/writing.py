"""Words for sentences made of figures."""

from collections.abc import Sequence

from backtest.report.tables import number


def counted(n: float, noun: str) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    n : float
    noun : str
        Takes an "s" in the plural.

    Returns
    -------
    str

    Examples
    --------
    >>> counted(1, "day"), counted(1200, "trade")
    ('1 day', '1,200 trades')
    """
    return f"{number(n)} {noun}{'' if n == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """Join words as a list in a sentence.

    Parameters
    ----------
    words : sequence of str

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["price", "currency", "interest"])
    'price, currency and interest'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
