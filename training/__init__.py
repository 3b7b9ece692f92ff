"""Offline jobs: from a store of articles and events to a published model bundle."""
