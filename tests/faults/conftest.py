"""The trained site of the server's tests."""

from tests.serving.conftest import home, trained_home, versions

__all__ = ["home", "trained_home", "versions"]
