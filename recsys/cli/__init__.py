"""The command line: the one place that wires library, training and serving together.

Imports that cost time stand inside the commands, so that `recsys --help` answers at once.
"""

from recsys.cli.app import main

__all__ = ["main"]
