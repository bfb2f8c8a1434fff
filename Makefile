# Two commands: `make up` and `make test`. Nothing else needs to be installed than Python 3.11, Node 20 and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
RUN := $(VENV)/bin/python -m
UV_VERSION := 0.13.9
UV := $(RUN) uv
# Where a proxy signs for the outside world, the second try believes the system's certificates.
SYNC := -q --python $(VENV)/bin/python --require-hashes requirements.lock
# Compiled modules are kept: without them every process of the product compiles all it imports at each start.
unexport PYTHONDONTWRITEBYTECODE
WEB_SOURCES := $(shell find web/src web/public -type f 2>/dev/null | sed 's/ /\\ /g') $(wildcard web/*.html) web/vite.config.ts

.PHONY: up test security bench soak lint features docs reset install web browser

up: install web
	@$(RUN) minfang.project.cli up

install: $(VENV)/.installed web/node_modules/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "安装 Python 依赖……"
	@test -x $(VENV)/bin/python || "$(PYTHON)" -m venv $(VENV)
	@$(RUN) pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@$(UV) pip sync $(SYNC) || $(UV) --system-certs pip sync $(SYNC)
	@$(UV) pip install -q --python $(VENV)/bin/python --no-deps -e .
	@touch $@

web/node_modules/.installed: web/package-lock.json
	@echo "安装前端依赖……"
	@cd web && npm ci --silent --no-audit --no-fund --loglevel=error
	@touch $@

web: web/dist/.built

web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	@echo "构建前端……"
	@cd web && npx --no-install vite build --logLevel error
	@$(RUN) whitenoise.compress -q web/dist woff woff2 png ttf
	@touch $@

browser: install
	@$(VENV)/bin/python scripts/ensure_browser.py

test: install web browser
	@cd web && npx --no-install vitest run --silent
	@$(RUN) pytest -n 2 --dist loadgroup --no-loadscope-reorder

security: install web browser
	@MINFANG_FUZZ_EXAMPLES=60 $(RUN) pytest tests/security tests/project/test_routes.py tests/project/test_web_guard.py

lint: install
	@$(RUN) ruff check src tests bench scripts
	@$(RUN) ruff format --check src tests bench scripts
	@$(RUN) mypy src
	@$(VENV)/bin/lint-imports --no-cache
	@$(RUN) minfang.project.cli openapi --check
	@cd web && npx --no-install vue-tsc --noEmit

bench: install web
	@$(RUN) bench

soak: install web
	@$(RUN) bench.soak

features: install
	@$(RUN) minfang.project.cli features

docs: install
	@$(RUN) minfang.project.cli openapi
	@cd web && npm run -s api

reset: install
	@$(RUN) minfang.project.cli reset
