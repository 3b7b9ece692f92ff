"""The browser reads the site that the tests of serving train."""

from tests.browser.chromium import browser
from tests.serving.conftest import trained_home

__all__ = ["browser", "trained_home"]
