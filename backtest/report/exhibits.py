"""What a section of the report shows: exhibits, each a table or a chart with its caption and what it says."""

from dataclasses import dataclass, field
from typing import Any

from backtest.report.tables import Table

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A table or a chart, and what to say about it.

    Attributes
    ----------
    title, caption : str
        What it shows.
    says : str
        What it says, in a sentence made of its figures; empty where there is nothing to say.
    table : Table or None
    figure : dict or None
        `data` and `layout` as plotly.js takes them.
    choices : tuple of (str, dict)
        Figures by name, one drawn at a time, the first at first: a reader chooses. `figure` is the first of them.
    key : str
        Names a chart within the page.
    look : {"", "narrow", "prose", "tall", "broad"}
        How a table is set; "tall" scrolls within a bounded height. A "broad" chart scrolls sideways on a phone.
    is_half : bool
        Whether it takes half of the width where there is room.
    has_scales : bool
        Whether a chart can be switched between log and linear.
    """

    title: str
    caption: str = ""
    says: str = ""
    table: Table | None = None
    figure: Figure | None = None
    choices: tuple[tuple[str, Figure], ...] = ()
    key: str = ""
    look: str = ""
    is_half: bool = False
    has_scales: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    key : str
        Its anchor, and the name of its template where it has one of its own.
    title : str
    exhibits : tuple of Exhibit
    paragraphs : tuple of str
        Said before the exhibits.
    content : mapping
        What a template of its own sets besides.
    has_template : bool
    """

    key: str
    title: str
    exhibits: tuple[Exhibit, ...] = ()
    paragraphs: tuple[str, ...] = ()
    content: dict[str, Any] = field(default_factory=dict)
    has_template: bool = False
