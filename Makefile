# Two commands matter: `make demo` and `make test`. Both make their own virtual environment in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)

# Hundreds of processes are started by the tests; without files of bytecode each compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test faults check bench docs lock wheel clean

demo: $(VENV)/.train
	$(BIN)/recsys demo

test: $(VENV)/.dev
	@sh tests/system-packages.sh
	$(BIN)/pytest -m "not slow" -n 2 --dist worksteal
	$(BIN)/pytest -m slow -n 2 --dist worksteal

faults: $(VENV)/.dev
	RECSYS_FULL=1 $(BIN)/pytest -s --timeout 7200 tests/faults tests/serving/test_schema.py tests/serving/test_protocol.py tests/browser/test_walk.py

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench
	for script in benchmarks/*.py; do $(BIN)/python -P $$script || exit 1; done

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -b html docs dist/docs

lock:
	for set in base: train:--extra=train fleet:--extra=fleet docs:--extra=docs dev:--extra=dev bench:--extra=bench; do \
	  uv pip compile pyproject.toml $${set#*:} --universal --generate-hashes --no-emit-index-url --no-header \
	    --no-annotate --quiet --output-file requirements/$${set%%:*}.txt || exit 1; done

wheel: $(VENV)/.dev
	$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf $(VENV) dist demo-home .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Installs requirements/<name>.txt by hash, then the project itself, editable and without its dependencies; and compiles
# what servers run compiled, so that the first of them doesn't.
$(VENV)/.%: requirements/%.txt pyproject.toml | $(VENV)/bin/python
ifdef UV
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $<
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	$(BIN)/python -c "import recsys.recommendation"
	@touch $@
