# Every target sets up what is missing first. ARGS="..." is passed on by run, test, bench and prove.
#
#   make run      start the terminal               make bench    speed, against peers, as JSON lines
#   make test     all tests, without a display     make prove    the full counts of every counted test
#   make check    format, lint, types, layers      make shots    pictures of every panel into build/shots
#   make package  the bundle dist/bhav, tested     make lock     refresh requirements.lock (needs the network)

PY := .venv/bin/python
UV := .tools/bin/uv
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
OFFSCREEN := QT_QPA_PLATFORM=offscreen
SDKS := .venv-sdk/kiteconnect/.synced .venv-sdk/upstox-python-sdk/.synced

.PHONY: run test check bench prove shots package lock clean
.DELETE_ON_ERROR:

run: .venv/.ready .tools/.system_libs
	@$(PY) -m terminal_app $(ARGS)

test: .venv/.ready .tools/.system_libs .tools/.test_libs $(SDKS)
	@$(OFFSCREEN) $(PY) -m pytest -rs $(ARGS)

check: .venv/.ready .tools/.system_libs
	@$(PY) -m ruff format --check --output-format concise .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(OFFSCREEN) $(PY) -m pytest -q tests/unit/test_layers.py tests/unit/test_repository_rules.py

bench: .venv/.ready .tools/.system_libs .tools/.test_libs .venv-peer/vnpy/.synced
	@$(OFFSCREEN) $(PY) -m tests.bench $(ARGS)

prove: .venv/.ready .tools/.system_libs .tools/.test_libs $(SDKS)
	@$(OFFSCREEN) BHAV_PROVE=1 $(PY) -m tests.prove $(ARGS)

shots: .venv/.ready .tools/.system_libs
	@$(OFFSCREEN) $(PY) -m tests.shots $(ARGS)

package: .venv/.ready .tools/.system_libs .tools/.test_libs
	@$(PY) -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build/pyinstaller build.spec
	@$(PY) -m pytest -rs tests/package

# Names, versions and hashes only: no address of an index is written into it.
lock: $(UV)
	@$(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" --group dev pyproject.toml -o requirements.lock

.venv/.ready: .venv/.synced pyproject.toml
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(PY) --editable .
	@touch $@

.venv/.synced: requirements.lock | $(UV)
	@echo "Setting up .venv from requirements.lock"
	@$(UV) venv --quiet --allow-existing .venv
	@$(UV) pip sync --quiet --require-hashes --python $(PY) requirements.lock
	@touch $@

# Debian splits ensurepip out of python3, so the tool folder is made without pip and the system's pip is pointed at it.
$(UV): resources/setup/uv.txt
	@echo "Setting up .tools (uv)"
	@python3 -m venv --without-pip .tools
	@python3 -m pip --python .tools/bin/python --disable-pip-version-check install -qq --require-hashes \
	  --no-warn-script-location -r resources/setup/uv.txt
	@touch $@

# What the benches compare with: each in an environment of its own, byte-compiled like ours.
.venv-peer/%/.synced: tests/bench/locks/%.lock resources/setup/peers.sh | .venv/.ready
	@resources/setup/peers.sh $*
	@touch $@

# The brokers' own clients, which the conformance tests drive: each in an environment of its own.
.venv-sdk/%/.synced: tests/conformance/locks/%.lock resources/setup/sdks.sh | .venv/.ready
	@resources/setup/sdks.sh $*
	@touch $@

.tools/.system_libs: resources/setup/system_libs.sh resources/setup/apt.sh
	@mkdir -p .tools
	@resources/setup/system_libs.sh
	@touch $@

.tools/.test_libs: resources/setup/test_libs.sh resources/setup/apt.sh | .venv/.ready
	@mkdir -p .tools
	@resources/setup/test_libs.sh $(PY)
	@touch $@

clean:
	@rm -rf .venv .venv-peer .venv-sdk .tools build dist
