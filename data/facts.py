"""The fact tables that come with Eastbound: small frozen files, with their sources in `datasets/SOURCES.md`."""

from importlib import resources

import pandas as pd


def fact_files() -> list[str]:
    """List the fact tables.

    Returns
    -------
    list of str
        File names, sorted.
    """
    names = (path.name for path in (resources.files("data") / "datasets").iterdir())
    return sorted(name for name in names if name.endswith(".csv"))


def read_facts(file: str) -> pd.DataFrame:
    """Read a fact table as it is written.

    Parameters
    ----------
    file : str
        Name in `data/datasets`, such as "adr_ratios.csv".

    Returns
    -------
    DataFrame
        Every cell as text, "" where it is empty: what it means is its reader's to say.

    Examples
    --------
    >>> read_facts("disclosure_breaks.csv").columns[:3].tolist()
    ['table', 'entity', 'last_date']
    """
    with (resources.files("data") / "datasets" / file).open(encoding="utf-8") as content:
        return pd.read_csv(content, dtype=str, keep_default_na=False)
