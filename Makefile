# Two commands: `make build` publishes a warehouse from the sample, `make test` checks everything.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_HOME := target/test-home
# A file's tests share what they build, so one worker has them all.
IN_TWO := --numprocesses 2 --dist loadfile --no-loadscope-reorder

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := build
.PHONY: build test lint test-dbt test-python test-journeys test-spark test-clients find-java docs \
	mutants soak bench-build bench-refresh bench-gates sample screenshots lock ci-deps clean

## build: install, build the sample, check it, publish it, show its KPIs
build: $(VENV)/.installed
	@$(BIN)/tiktok-warehouse refresh --sample

## test: everything that guards the project
test: lint test-dbt test-python

## lint: ruff, mypy, yamllint, and sqlfluff on compiled models
lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	TIKTOK_WAREHOUSE_HOME=$(TEST_HOME) $(BIN)/sqlfluff lint --disable-progress-bar --processes 2 models tests/singular

## test-dbt: build the sample from an empty database, with all tests
test-dbt: $(VENV)/.installed-dev
	@rm -rf $(TEST_HOME)
	TIKTOK_WAREHOUSE_HOME=$(TEST_HOME) $(BIN)/dbt --warn-error build

## test-python: the tests of the Python part, and of the models through it
test-python: $(VENV)/.installed-dev
	$(BIN)/pytest $(IN_TWO)

## test-journeys: what README and docs tell people to type, typed on a clean clone (minutes)
test-journeys: $(VENV)/.installed-dev
	$(BIN)/pytest $(IN_TWO) tests/journeys

## test-spark: Spark, on this machine, gives the rows that DuckDB gives (needs Java 17; minutes)
test-spark: find-java $(VENV)/.installed-spark
	$(BIN)/pytest tests/spark

find-java:
	@$(FIND_JAVA) || (echo "make test-spark needs Java 17 or newer, and \`java -version\` shows none." \
		"On Debian, make ci-deps installs it (as root); elsewhere install a JRE," \
		"put java on the PATH or set JAVA_HOME to its folder, and run make test-spark again." && exit 1)

## test-clients: the published file opens in the oldest DuckDB that it is meant for (installs it)
test-clients: $(VENV)/.installed
	$(BIN)/python tests/clients.py

## docs: the sample's documentation in one folder that opens from disk, target/docs/index.html
docs: $(VENV)/.installed
	@$(BIN)/tiktok-warehouse refresh --sample
	@TIKTOK_WAREHOUSE_HOME=home/sample $(BIN)/dbt --quiet docs generate --static
	@$(BIN)/python -m tiktok_warehouse.docs_site

## mutants: plant mistakes in the SQL, one at a time, and see the suite go red (about 20 minutes)
mutants: $(VENV)/.installed-dev
	$(BIN)/python tests/mutants.py

## bench-build: a refresh of 20 million events beside a hand-written script (EVENTS=n)
bench-build: $(VENV)/.installed
	$(BIN)/python benchmarks/build/run.py --events $(or $(EVENTS),20000000)

## bench-refresh: a refresh's cost with 30 and with 360 days of history (about 15 minutes)
bench-refresh: $(VENV)/.installed
	$(BIN)/python benchmarks/refresh/run.py

## bench-gates: right data is never stopped, wrong data always is (2 hours on two idle cores; SEED=n goes on)
bench-gates: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/gates/run.py $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

## soak: kills, readers and random sequences of ingests (18 minutes on two idle cores)
soak: $(VENV)/.installed-dev
	$(BIN)/python tests/soak.py

## sample: write the sample seeds and the example exports anew
sample: $(VENV)/.installed
	$(BIN)/tiktok-warehouse generate --sample
	rm -rf examples/exports && $(BIN)/python tests/python/write_examples.py

## screenshots: the pictures of the dashboard in docs/images (needs chromium: make ci-deps)
screenshots: $(VENV)/.installed-dev
	$(BIN)/tiktok-warehouse refresh --sample
	$(BIN)/python tests/python/write_screenshots.py home/sample/published/dashboard/index.html docs/images

## lock: resolve the locks anew (needs uv)
lock:
	uv pip compile pyproject.toml --extra dev --extra postgres --extra semantic $(LOCK_OPTIONS) --output-file requirements-dev.lock
	uv pip compile pyproject.toml --constraints requirements-dev.lock $(LOCK_OPTIONS) --output-file requirements.lock
	uv pip compile pyproject.toml --extra dev --extra postgres --extra semantic --extra spark --constraints requirements-dev.lock $(LOCK_OPTIONS) --output-file requirements-spark.lock

# Extras are kept because pip, asked for hashes, does not let mashumaro pin mashumaro[msgpack].
LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-annotate --no-header --quiet --upgrade

## ci-deps: what the tests need beyond Python, from Debian
ci-deps:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| (apt-get update && apt-get install --yes --no-install-recommends python3-venv)
	@$(FIND_JAVA) || (apt-get update && apt-get install --yes --no-install-recommends openjdk-17-jre-headless)
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null \
		|| (apt-get update && apt-get install --yes --no-install-recommends postgresql)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
		|| (apt-get update && apt-get install --yes --no-install-recommends chromium)

# Spark 4 runs on Java 17 and newer.
FIND_JAVA := "$${JAVA_HOME:+$$JAVA_HOME/bin/}java" -version 2>&1 | grep -Eq 'version "(1[7-9]|[2-9][0-9])'

## clean: remove what was installed and built; the homes stay
clean:
	rm -rf $(VENV) target logs

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| (echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12" && exit 1)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once; about a minute) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.installed-spark: requirements-spark.lock $(VENV)/.installed-dev
	@echo "Installing Spark into $(VENV) (once; 0.5 GB) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-spark.lock
	@touch $@
