"""Writes the OpenAPI document: `python -m serving.openapi > docs/openapi.json`."""

import json
import sys

from serving.api import make_api


def document() -> str:
    """The OpenAPI document as it is committed."""
    return json.dumps(make_api().openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
