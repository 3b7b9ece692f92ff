"""The home: the folder that holds one site's store, bundles and settings."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie in a site's folder."""

    root: Path

    @property
    def settings(self) -> Path:
        """Settings, TOML; may be absent."""
        return self.root / "recsys.toml"

    @property
    def store(self) -> Path:
        """The SQLite database."""
        return self.root / "store.db"

    @property
    def history(self) -> Path:
        """Events as Parquet, a folder per day."""
        return self.root / "history"

    @property
    def bundles(self) -> Path:
        """A folder per trained model version, and the pointer to the active one."""
        return self.root / "bundles"

    @property
    def reports(self) -> Path:
        """Reports of imports and evaluations."""
        return self.root / "reports"
