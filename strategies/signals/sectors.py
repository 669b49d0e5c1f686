"""Flows by sector: where within a basket money goes (claim 3 of the market story)."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.series.point_in_time import all_series
from data.series.tables import LONG_TABLES
from strategies.errors import StrategyError
from strategies.settings import Section, window_fits
from strategies.signals.flow import recorded_flow
from strategies.signals.kernels.trailing import trailing_zscore_nb
from strategies.signals.reading import Input
from strategies.signals.scene import Scene
from strategies.signals.turnover import proxy_flow

BETWEEN = "/"  # in the flows file, an entity and its sector: "CHINA/Information Technology"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SectorFlows:
    """Flows of a basket's sectors at the closes of a venue.

    Attributes
    ----------
    sectors : tuple of str, length n_sectors
        In alphabetical order.
    flows : ndarray of shape (n, n_sectors)
        USD from a flows file; from the proxy what the names of a sector add to that of the basket, so that sectors add
        up to it. NaN where no name of the sector counts, or its last figure is too old.
    zscores : ndarray of shape (n, n_sectors)
        Of each sector on its own trailing history; NaN where there is too little of it.
    origin : str
    inputs : tuple of Input
    """

    sectors: tuple[str, ...]
    flows: NDArray[np.float64]
    zscores: NDArray[np.float64]
    origin: str
    inputs: tuple[Input, ...]


class SectorFlow(Section):
    """How the flows of a basket's sectors are read: keys of a tilt, and of the sectors of a board.

    Attributes
    ----------
    input : {"auto", "flows", "volume"}
        "auto": the flows file if it has sectors of the entity when the run starts, else the proxy of names.
    entity : str
        In the flows file its sectors are entities such as "CHINA/Information Technology".
    lookback : int
        Sessions of the decision venue that a flow is summed over.
    history, min_history : int
        Sessions of the trailing z-score, and readings it needs.
    max_age_days : int
        A recorded flow whose last figure is older is no reading.
    """

    input: Literal["auto", "flows", "volume"] = "auto"
    entity: Annotated[str, Field(min_length=1)] = "CHINA"
    lookback: Annotated[int, Field(ge=1, le=756)] = 20
    history: Annotated[int, Field(ge=20)] = 756
    min_history: Annotated[int, Field(ge=20)] = 252
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["flows"].stale_after_days

    _window = model_validator(mode="after")(window_fits)

    def flows(self, scene: Scene, universe: str | tuple[str, ...]) -> SectorFlows:
        """Read the flows of a basket's sectors.

        Parameters
        ----------
        scene : Scene
        universe : str or tuple of str

        Returns
        -------
        SectorFlows

        Raises
        ------
        StrategyError
            If a flows file is asked for, and it has no sector of the entity when the run starts.
        """
        market = scene.market
        table = market.table("flows")
        started = market.start.astype("datetime64[ns]").astype(np.int64)
        recorded = sorted(set(table.loc[table["known"] <= started, "entity"].astype(str))) if len(table) else []
        begins = self.entity + BETWEEN
        of_entity = [one for one in recorded if one.startswith(begins)]
        if self.input == "flows" and not of_entity:
            known = ", ".join(recorded) or "nothing"
            raise StrategyError(
                f"input = 'flows' of sectors, but at the start, {market.start}, the market's flows have no sector of "
                f"{self.entity!r}, such as '{begins}Information Technology'. They have: {known}."
            )
        if self.input != "volume" and of_entity:
            series = all_series(market, "flows")
            sectors = tuple(one.removeprefix(begins) for one in of_entity)
            columns = [recorded_flow(series[one,], scene.stamps, self.lookback, self.max_age_days) for one in of_entity]
            origin = f"flows file, {len(sectors)} sectors of {self.entity}"
            inputs = scene.inputs("flows", *((one,) for one in of_entity))
        else:
            proxy = proxy_flow(scene, universe, (), self.lookback)
            of = np.array([market.instruments[symbol].sector for symbol in proxy.symbols], dtype=object)
            sectors = tuple(sorted(set(of)))
            columns = []
            for sector in sectors:
                own = of == sector
                columns.append(np.where(proxy.counted[:, own].any(axis=1), proxy.by_name[:, own].sum(axis=1), np.nan))
            origin = f"signed-dollar-volume proxy of {len(sectors)} sectors of {proxy.label}"
            inputs = (proxy.input,)
        shape = (len(scene.stamps), len(sectors))
        flows, zscores = np.empty(shape), np.empty(shape)
        for i, flow in enumerate(columns):
            score = np.empty(len(flow))
            trailing_zscore_nb(flow, self.history, self.min_history, np.empty((2, len(flow))), score)
            flows[:, i], zscores[:, i] = flow, score
        return SectorFlows(sectors=sectors, flows=flows, zscores=zscores, origin=origin, inputs=inputs)
