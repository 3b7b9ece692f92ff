"""How a long job tells how far it is."""

from collections.abc import Callable

Progress = Callable[[str, float, float], None]
"""Takes a description, what is done and the total; called again and again with one description per stage."""


def silent(description: str, done: float, total: float) -> None:
    """Tells nobody."""
