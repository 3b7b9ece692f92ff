"""Which engine computes the signals. Apart from `training.engines`, so that to choose one loads none."""

from dataclasses import dataclass
from typing import Literal

from training.remote_files import File

EngineName = Literal["duckdb", "spark"]


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine, and where it finds the events.

    master  Spark's address of a cluster, or local[N]: N threads of this machine
    files   Parquet files of all events, which the engine reads itself; none: it is handed the table of events
    """

    name: EngineName = "duckdb"
    master: str = "local[*]"
    files: tuple[File, ...] = ()


DUCKDB = EngineChoice()
