"""The claims of the market story, a report of 11 February 2025, and what an indicator cannot say about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

NOT_ON_BOARD = "no indicator on this board"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim of the story.

    Attributes
    ----------
    number : int
    title : str
        What the report said, in short.
    why_none : str
        Why no indicator says it on a date; that of a claim which could have one is `NOT_ON_BOARD`.
    """

    number: int
    title: str
    why_none: str = NOT_ON_BOARD


_AS_TOLD = (
    Claim(number=1, title="Hedge funds' net buying of Chinese stocks in the week to 7 Feb was the highest in 4 months"),
    Claim(number=2, title="Allocation to China at 7.6 % of the prime book, 23rd percentile of five years"),
    Claim(number=3, title="Discretionary, IT, internet, industrials bought; energy, utilities, property sold"),
    Claim(number=4, title="Hang Seng Tech in a technical bull market"),
    Claim(number=5, title="MSCI China up four weeks running"),
    Claim(number=6, title='The "China discount" will disappear'),
    Claim(number=7, title='Hang Seng Tech is the "Eastern Nasdaq"'),
    Claim(
        number=8,
        title="Nvidia lost over $500bn in a day; the Big Seven under sustained selling",
        why_none="a dated event: the returns around it are measured, and no indicator is read on other dates",
    ),
    Claim(
        number=9,
        title="MSCI China target 75, about 69 now",
        why_none="a view: it enters an allocation as an expected return; on a date there is nothing to read",
    ),
    Claim(
        number=10,
        title='"Soft technology" to outperform',
        why_none="a view on sectors: it enters an allocation as a view or a limit",
    ),
    Claim(number=11, title="Appaloosa: Alibaba and JD among the largest holdings at the end of 2024"),
    Claim(number=12, title="The Big Seven will no longer carry the US market"),
    Claim(number=13, title='"Dual liquidity dividend": Fed cuts and Chinese easing'),
    Claim(
        number=14,
        title="An extra 10 % tariff, less than feared",
        why_none="a scenario: a portfolio is put through it; on a date there is nothing to read",
    ),
    Claim(
        number=15,
        title="Hedge funds are leveraged; they sell the Seven and buy China",
        why_none="a way of holding: borrowing, financing and limits of a run, not a figure of a date",
    ),
)
CLAIMS: Mapping[int, Claim] = MappingProxyType({claim.number: claim for claim in _AS_TOLD})
