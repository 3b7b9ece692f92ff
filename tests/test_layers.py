"""The layers that the import lint can't put into words."""

import grimp
import pytest


@pytest.mark.slow
def test_below_the_store_nothing_knows_of_a_database():
    graph = grimp.build_graph("recsys")
    above = ("recsys.store", "recsys.cli")
    below = {module for module in graph.modules if not module.startswith(above)}
    assert "recsys.model" in below
    known = {
        module: [i for i in graph.find_modules_directly_imported_by(module) if i.startswith(above)] for module in below
    }
    assert {module: imports for module, imports in known.items() if imports} == {}
