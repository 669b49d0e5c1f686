"""Flows by sector: where within a basket money goes (claim 3 of the market story)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.series.point_in_time import all_series
from strategies.errors import StrategyError
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


def sector_flows(
    scene: Scene,
    universe: str | tuple[str, ...],
    *,
    kind: str = "auto",
    entity: str = "CHINA",
    lookback: int,
    history: int,
    min_history: int,
    max_age_days: int,
) -> SectorFlows:
    """Read the flows of a basket's sectors.

    Parameters
    ----------
    scene : Scene
    universe : str or tuple of str
    kind : {"auto", "flows", "volume"}
        "auto": the flows file if it has sectors of the entity when the run starts, else the proxy of names.
    entity : str
        In the flows file its sectors are entities such as "CHINA/Information Technology".
    lookback : int
        Sessions of the decision venue that a flow is summed over.
    history, min_history : int
        Sessions of the trailing z-score, and readings it needs.
    max_age_days : int
        A recorded flow whose last figure is older is no reading.

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
    begins = entity + BETWEEN
    of_entity = [one for one in recorded if one.startswith(begins)]
    if kind == "flows" and not of_entity:
        raise StrategyError(
            f"tilt.input = 'flows', but at the start, {market.start}, the market's flows have no sector of "
            f"{entity!r}, such as '{begins}Information Technology'. They have: {', '.join(recorded) or 'nothing'}."
        )
    if kind != "volume" and of_entity:
        series = all_series(market, "flows")
        sectors = tuple(one.removeprefix(begins) for one in of_entity)
        columns = [recorded_flow(series[one,], scene.stamps, lookback, max_age_days) for one in of_entity]
        origin = f"flows file, {len(sectors)} sectors of {entity}"
        inputs = scene.inputs("flows", *((one,) for one in of_entity))
    else:
        proxy = proxy_flow(scene, universe, (), lookback)
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
        trailing_zscore_nb(flow, history, min_history, np.empty((2, len(flow))), score)
        flows[:, i], zscores[:, i] = flow, score
    return SectorFlows(sectors=sectors, flows=flows, zscores=zscores, origin=origin, inputs=inputs)
