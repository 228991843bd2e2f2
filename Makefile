# One command per purpose. Nothing is assumed but Python >= 3.11 and make; .venv is made once from requirements.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Our rooms stand at the top of the checkout; UTC and one BLAS thread make reruns repeat themselves.
export TZ := UTC
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS ?= 1
export BENTOML_DO_NOT_TRACK := True
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: venv demo test check serve bench fuzz schemathesis faults mutants lock clean
DATA ?= complete-journey
ONCE ?=
WEEKS ?=

venv: $(READY)

demo: $(READY)
	$(BIN)/daypart demo --data $(DATA) $(if $(filter 1 true yes,$(ONCE)),--once) $(if $(WEEKS),--weeks $(WEEKS))

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

serve: $(READY)
	$(BIN)/daypart serve

bench: $(READY)
	$(BIN)/python -m bench

bench-%: $(READY)
	$(BIN)/python -m bench $*

# Requests made from the OpenAPI document, mostly with something wrong in them; FUZZ of them (half an hour), held memory watched.
# Then files of events, a quarter as many, odd and spoiled.
FUZZ ?= 100000
fuzz: $(READY)
	DAYPART__FUZZ_REQUESTS=$(FUZZ) $(BIN)/python -m pytest -q -s tests/flow/test_fuzz.py tests/flow/test_fuzz_files.py

# Schemathesis on the whole document, with each of the five keys: EXAMPLES requests of each kind for every call.
EXAMPLES ?= 20
schemathesis: $(READY)
	$(BIN)/python -m pip install --quiet --no-build-isolation -e '.[schemathesis]'
	DAYPART__SCHEMATHESIS_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q -s tests/flow/test_schemathesis.py

# Every part fails under load, each for so many times as long (a quarter of an hour): swaps for a minute, 10,000 idle connections,
# a minute of twice the load, with its figures.
FAULTS ?= 15
faults: $(READY)
	DAYPART__FAULT_SCALE=$(FAULTS) $(BIN)/python -m pytest -q -s tests/flow/test_faults.py tests/flow/test_faults_disk.py tests/flow/test_faults_inside.py

# Every mutant of the ledger's rules against their tests; survivors are listed in docs/mutants.toml.
mutants: $(READY)
	$(BIN)/python -m pip install --quiet --no-build-isolation -e '.[mutants]'
	$(BIN)/python -m bench.mutants

# Made in place, marked ready last: an interrupted install is started afresh by the next command.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Daypart needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) -V 2>&1`. Try: make PYTHON=python3.11"; exit 2; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# For maintainers: uv resolves, pip installs. No index lines, no registry hosts in the files.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header requirements.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header requirements.serve.in -o requirements.serve.lock

clean:
	rm -rf $(VENV) .daypart bench/results
