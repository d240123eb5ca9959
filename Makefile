# Two commands do everything on a Debian 12 machine that has Swift: make demo, make test.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --static-swift-stdlib
DEMO_DIR ?= Output/demo
DATA ?= ../shared/data

.PHONY: demo test torture setup build lint format bench evaluate docs clean

# Installs what is missing, builds, runs the main job and says where the results are.
demo: build
	rm -rf "$(DEMO_DIR)"
	.build/release/checkin demo --into "$(DEMO_DIR)"

# Installs what is missing and runs every test.
test: setup
	$(SWIFT) build --build-tests --disable-xctest
	$(SWIFT) test --skip-build --disable-xctest

# Ten minutes of three doors and a centre under load while everything goes wrong; see docs/doors.md.
torture: build
	scripts/torture --program .build/release/checkin --seconds $(or $(SECONDS_OF_TORTURE),600)

setup:
	@scripts/setup.sh

build: setup
	$(RELEASE) --product checkin

# The committed format, checked.
lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

# The committed format, applied.
format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

# Ratios against named peers; see CONTRIBUTING.md for what the peers need.
bench: setup
	$(RELEASE) --product checkin
	$(RELEASE) --product checkin-bench
	.build/release/checkin-bench all

# What contacts are named, measured on the data sets in DATA; see docs/evaluation.md.
evaluate: setup
	$(RELEASE) --product checkin-bench
	.build/release/checkin-bench evaluate distance --plots docs/evaluation \
	  --train $(sort $(wildcard $(DATA)/dp3t-exp05/*.sqlite))
	.build/release/checkin-bench evaluate contacts --plots docs/evaluation \
	  --contacts $(sort $(wildcard $(DATA)/sociopatterns/*tij.dat.*)) \
	  --radio $(sort $(wildcard $(DATA)/dp3t-exp05/*.sqlite))

# The documentation of the library modules; a dead link is an error.
docs: setup
	scripts/docs.sh

clean:
	rm -rf .build "$(DEMO_DIR)"
