# Each target prepares .venv by itself; bootstrap.py says what is missing if it cannot.
#
#   make check                          answer for everything that is shipped
#   make check ARGS="--state WI"        the same, with options of `planner check`
#   make test                           all checks and tests
#   make format                         lay out the code
#   make clean                          remove .venv and what was built
#
# PYTHON=/path/to/python3.12 names the Python to build .venv with.

SHELL := /bin/sh
ARGS ?=

# Any Python 3 can run bootstrap.py. A pyenv without the version named in .python-version has a
# python3 that fails, so the next ones are tried.
define prepare
@for python in "$${PYTHON:-python3}" python3 /usr/bin/python3 /usr/local/bin/python3 \
    "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.*/bin/python; do \
  if "$$python" -c "import sys; sys.exit(sys.version_info < (3, 7))" >/dev/null 2>&1; then \
    exec "$$python" bootstrap.py $(1); \
  fi; \
done; \
echo "set-up: no python3 runs here; install Python 3.12 or newer and repeat the command." >&2; \
exit 2
endef

.PHONY: check test format clean

check:
	$(call prepare)
	@.venv/bin/planner check $(ARGS)

test:
	$(call prepare,test)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest -n auto --dist loadfile

format:
	$(call prepare,test)
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .

clean:
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
