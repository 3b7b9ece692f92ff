"""The committed OpenAPI document is the one that the code describes."""

from pathlib import Path

from serving.openapi import document

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_current() -> None:
    """Run `python -m serving.openapi > docs/openapi.json` where this fails."""
    assert COMMITTED.read_text(encoding="utf-8") == document()
