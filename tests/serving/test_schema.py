"""Schemathesis: the server keeps what its OpenAPI document promises, for requests drawn from it and for broken ones."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.faults.scale import tries

pytestmark = pytest.mark.slow

EXAMPLES = tries(600, 10)  # an operation and mode; some have fewer that differ
DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (result.ok() for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations())
}

EDGE = re.compile(r"^((?:0001-01-01|9999-12-31)T[0-9:.]+)[+-][0-9:]+$")

# Which fields go together in a rule depends on its kind and on other fields, so what the schema allows may be refused.
BEYOND_SCHEMA = {"PUT /v1/rules": [positive_data_acceptance]}


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=str)
@pytest.mark.parametrize("name", OPERATIONS)
def test_the_document_is_kept(running: str, name: str, mode: schemathesis.GenerationMode) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=OPERATIONS[name].as_strategy(generation_mode=mode))
    def keeps(case: Any) -> None:
        _mend(case)
        case.call_and_validate(base_url=running, excluded_checks=BEYOND_SCHEMA.get(name, []))

    try:
        keeps()
    except Unsatisfiable:
        pytest.skip("nothing about this operation can be broken")


def _mend(case: Any) -> None:
    """What no schema can say: the id in the path is that of the body, visitor_id and history exclude each other, no
    time is beyond the years 1 to 9999 in UTC.
    """
    case.body = _within_years(case.body)
    if (
        case.method == "PUT"
        and isinstance(case.body, dict)
        and case.body.get("id")
        and isinstance(case.body["id"], str)
    ):
        case.path_parameters["article_id"] = quote(case.body["id"], safe="")
    if {"visitor_id", "history"} <= set(case.query or {}):
        del case.query["history"]


def _within_years(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _within_years(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_within_years(part) for part in value]
    return EDGE.sub(r"\1Z", value) if isinstance(value, str) else value
