# The verbs of this project. `make run` and `make test` set up everything they need, in a fresh clone.
# Plain make (3.81 is enough) and plain sh; every tool is called as a module, so the folder may be moved.

PYTHON = .venv/bin/python
CORES = $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
SCALE ?= 1
SOAK ?= 5000000
BLOWS ?= 10000
CRASHES ?= 200
RACES ?= 1000
RUNS ?= 1000000

.PHONY: run test worker setup check audit browser bench soak timing previous screenshots format lock

run: setup ## the database, the worker and the pages; Ctrl-C stops all of it
	@exec $(PYTHON) -m segment_engine.supervise

test: setup ## everything that must hold before a commit; the tests' own verdict comes last
	@status=0; \
	$(MAKE) --no-print-directory check || status=1; \
	$(PYTHON) tests/browser/install_browser.py || status=1; \
	$(PYTHON) -m pytest -n $(CORES) --dist loadgroup || status=1; \
	exit $$status

worker: setup ## one more worker beside those of `make run`
	@exec $(PYTHON) -m segment_engine worker

setup: ## .venv as requirements.txt says; does nothing when it is so already
	@sh .ci/setup

check: setup ## format, lint, types, import rules; all of them run, whichever fails
	@status=0; \
	$(PYTHON) -m ruff format --check . || status=1; \
	$(PYTHON) -m ruff check . || status=1; \
	$(PYTHON) -m basedpyright || status=1; \
	$(PYTHON) -c "from importlinter.cli import lint_imports_command as lint; lint()" || status=1; \
	exit $$status

audit: setup ## what is known against the pinned packages; exit code 3 when the lists cannot be reached
	@exec $(PYTHON) -m tests.audit

browser: setup ## find or install the browser of the tests, and say where it is
	@$(PYTHON) tests/browser/install_browser.py

bench: setup ## the figures of the README; `make bench SCALE=0.05` ends within a minute
	@exec $(PYTHON) -m benchmarks --scale $(SCALE)

soak: setup ## workers killed ten thousand times, killed two hundred times at each point, a thousand races, a month of a million runs, both engines over millions of documents; `make soak BLOWS=500 CRASHES=20 RACES=100 RUNS=3000 SOAK=100000` takes minutes
	@$(PYTHON) -m tests.faults.chaos $(BLOWS)
	@$(PYTHON) -m tests.faults.amounts $(CRASHES) $(RACES)
	@$(PYTHON) -m tests.faults.month $(RUNS)
	@exec $(PYTHON) -m tests.soak $(SOAK)

previous: setup ## the release before, by its own tests, on the schema of this one
	@exec $(PYTHON) -m tests.previous

timing: setup ## whether the time of an answer tells a foreign id from an unknown one; for a machine with nothing else to do
	@exec $(PYTHON) -m tests.timing

screenshots: setup ## a picture of every page, into docs/pictures/
	@exec $(PYTHON) -m tests.browser.screenshots

format: setup ## put the code into its form
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix --quiet . || true

lock: setup ## requirements.txt from requirements.in, pinned and with hashes, for every system
	@test -x .venv/lock/bin/uv || { $(PYTHON) -m venv .venv/lock && .venv/lock/bin/python -m pip install --quiet uv; }
	@.venv/lock/bin/uv pip compile requirements.in --universal --python-version 3.11 --generate-hashes --no-header --output-file requirements.txt
