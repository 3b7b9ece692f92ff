"""The browser reads the site that the tests of serving train."""

from tests.serving.conftest import trained_home

__all__ = ["trained_home"]
