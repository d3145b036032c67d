# make site    builds the demo site into public/
# make serve   opens it live: edit a file, the browser follows
# make test    runs the tests (browser tests want Chromium; BROWSER=none leaves them out)
# make crash   kills builds and inboxes at random moments, and looks whether anything is lost (SEED=… repeats a run)
# make forges  checks what we ask of forges by what they publish of their APIs (500 MB from npm, once)
# make check   formatting, lint, types, and the demo's HTML (with the Nu checker, which wants Java and npm)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: site serve test forges check fuzz crash screenshots clean

site: $(VENV)/.site
	@$(BIN)/labo build
	@echo "The site is in public/; 'make serve' opens it live."

serve: $(VENV)/.site
	$(BIN)/labo serve

test: $(VENV)/.test
	@tools/browser $(BIN)
	$(BIN)/python -m pytest -n auto -m "not forges$(if $(filter none,$(BROWSER)), and not browser)" $(TESTS)

forges: $(VENV)/.test
	@tools/forges $(BIN)
	$(BIN)/python -m pytest -m forges tests/test_forge_descriptions.py

check: $(VENV)/.test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	@$(BIN)/labo build --output .labo/check >/dev/null
	@tools/nu .labo/check $(BIN)

fuzz: $(VENV)/.test
	LABO_FUZZ=1 $(BIN)/python -m pytest tests/test_spip_safety.py tests/test_incremental.py tests/test_incremental_races.py \
		tests/test_moderation_properties.py

crash: $(VENV)/.test
	PYTHONPATH=. $(BIN)/python tools/crash.py $(if $(SEED),--seed $(SEED))
	PYTHONPATH=. $(BIN)/python tools/crash_inbox.py $(if $(SEED),--seed $(SEED))

screenshots: $(VENV)/.test
	@tools/browser $(BIN)
	$(BIN)/python tools/screenshots.py

clean:
	rm -rf public public.releases .labo $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.site: pyproject.toml constraints.txt tools/venv
	@tools/venv $(PYTHON) $(VENV)
	@$(BIN)/python -m pip install --quiet --editable '.[serve,search]'
	@touch $@

$(VENV)/.test: $(VENV)/.site
	@$(BIN)/python -m pip install --quiet --editable '.[serve,search,fast,test,check]'
	@touch $@
