# `make` lists the targets. `make run` and `make test` do all their own set-up.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Programs of a board, built as Embedded Swift too.
BOARD_PROGRAMS := warden-selftest wardend wardensim
TOOLCHAINS := boards/toolchains

.PHONY: help
help:
	@echo "Warden: access, alarms and sensors of a stairwell, on one small board."
	@echo
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/  make \1 \2/p' Makefile | awk '{ printf "  %s %-18s", $$1, $$2; $$1 = $$2 = ""; print }'

## setup: install the Debian packages that are missing here, saying which
.PHONY: setup
setup:
	@.ci/setup build arm bench shims

## build: every program, for this machine (debug)
.PHONY: build
build:
	@.ci/setup build
	swift build

## release: the board programs for this machine, optimised
.PHONY: release
release:
	@.ci/setup build
	for program in $(BOARD_PROGRAMS); do swift build -c release --scratch-path .build/release --product $$program || exit; done

## test: every test, for this machine
.PHONY: test
test:
	@.ci/setup build
	@.ci/peers
	swift build --build-tests
	swift test --skip-build
	swift run --skip-build warden-selftest
	.ci/scenarios
	.ci/check-sensor-models
	swift run --skip-build wardensim soak --seeds 1-3 --days 1 --interval 2 --replay
	.ci/test-python
	python3 -m unittest Tests/Wardend/test_wardend.py
	.ci/recordings
	.ci/test-console

## test-kernel: the real wardend on a simulated kernel's lines, buses and ports; builds it once. SCENARIOS=all plays every one
SCENARIOS ?=
.PHONY: test-kernel
test-kernel:
	@.ci/setup build
	for program in wardend wardenctl wardensim kernelplayer; do swift build --product $$program || exit; done
	simulators/kernel/test $(SCENARIOS)

## test-board: the armhf wardend on an emulated ARM board with Debian's own kernel (QEMU, AST2600)
.PHONY: test-board
test-board:
	@.ci/setup build arm
	$(TOOLCHAINS)/build armhf wardend
	swift build --product wardenctl
	simulators/qemu/test

## bench-kernel: from an input to an output on the simulated kernel, beside a control in C; ROUNDS of each path (10000)
ROUNDS ?= 10000
.PHONY: bench-kernel
bench-kernel:
	@.ci/setup build kernel bench
	swift build --product wardenctl
	$(TOOLCHAINS)/build embedded-x86_64 wardend
	simulators/kernel/latency --rounds $(ROUNDS)

## peers: the other makers' programs that reader tests talk to, in .venv; `make test` does it too
.PHONY: peers
peers:
	@.ci/peers

## run: an evening in a lobby on a virtual board, live where there is a terminal; CORPUS=DIR plays recordings from there
CORPUS ?= ../shared/data
.PHONY: run
run:
	@.ci/setup build
	swift build --product wardensim
	@mkdir -p .build/demo
	@if [ -t 0 ] && [ -t 1 ]; then live="--live"; fi; \
	if [ -d "$(CORPUS)" ]; then corpus="--corpus $(CORPUS)"; fi; \
	.build/debug/wardensim boards/lobby.yaml simulators/scenarios/evening.yaml --hash-key boards/demo.hashkey \
	    --trace .build/demo/evening.trace $$corpus $$live

## check: formatting, rooms keep to the architecture, key frames leave nothing out, generated files up to date, C shims compile everywhere
.PHONY: check
check:
	@.ci/setup build shims schema
	swift format lint --strict --recursive --parallel Package.swift Sources Tests simulators
	.ci/check-rooms --prove
	.ci/check-rooms
	.ci/check-carried --prove
	.ci/check-carried
	.ci/check-generated
	.ci/check-shims
	.ci/check-standard-table --prove
	.ci/check-standard-table

## docs: the guides and every room's pages as one site in .build/docs, links checked
.PHONY: docs
docs:
	@.ci/setup build
	swift build
	.ci/docs

## embedded: the board programs as Embedded Swift for x86_64, and their self-test; ROOM=Drivers compiles one room
## arm64: the same for arm64, run under QEMU
## armhf: the same for armhf, run under QEMU
.PHONY: embedded arm64 armhf
embedded:
	@.ci/setup build
ifdef ROOM
	$(TOOLCHAINS)/build embedded-x86_64 --room $(ROOM)
else
	$(TOOLCHAINS)/build embedded-x86_64 $(BOARD_PROGRAMS)
	$(TOOLCHAINS)/run embedded-x86_64 warden-selftest
endif

arm64 armhf:
	@.ci/setup build arm
	$(TOOLCHAINS)/build $@ $(BOARD_PROGRAMS)
	$(TOOLCHAINS)/run $@ warden-selftest

## check-traces: the evening on every build, with the same trace byte for byte
.PHONY: check-traces
check-traces:
	@.ci/setup build arm
	.ci/check-traces $(CORPUS)

## fuzz: readers and the link's bytes with libFuzzer, SECONDS for each target (60 unless told)
SECONDS ?= 60
.PHONY: fuzz
fuzz:
	@.ci/setup build
	.ci/fuzz-readers all $(SECONDS)
	.ci/fuzz-link all $(SECONDS)

## check-allocations: a board at work asks for no memory
.PHONY: check-allocations
check-allocations:
	@.ci/setup build
	.ci/check-allocations $(CORPUS)

## bench: speed, size and memory beside the same work in C, as a table and as .build/bench.json
.PHONY: bench
bench:
	@.ci/setup build arm bench
	swift build --product wardenctl
	$(TOOLCHAINS)/build embedded-x86_64 warden-bench wardend wardensim
	$(TOOLCHAINS)/build arm64 wardend
	$(TOOLCHAINS)/build armhf wardend
	for program in wardend access-bench life-safety-benchmark; do \
	    swift build -c release --scratch-path .build/release --product $$program || exit; done
	Tests/Benchmarks/bench

## bench-consoles: what a key waits for at a console, and a door, while every console and a link are flooded and alarms storm
.PHONY: bench-consoles
bench-consoles:
	@.ci/setup build bench
	swift build --product wardenctl
	swift build --product wardend
	Tests/Benchmarks/consoles

## bench-protocol: the link's messages beside nanopb, MAVLink 2, swift-protobuf and a layout written by hand
.PHONY: bench-protocol
bench-protocol:
	@.ci/setup build bench protocols
	$(TOOLCHAINS)/build embedded-x86_64 protocol-bench
	swift build -c release --scratch-path .build/release --product swift-protobuf-bench
	Tests/Benchmarks/Protocol/bench

## bench-access: decisions at 1,000 to 1,000,000 credentials, credential tables, OSDP buses; as .build/bench/access.json
.PHONY: bench-access
bench-access:
	@.ci/setup build bench
	swift build -c release --scratch-path .build/release --product access-bench
	Tests/Benchmarks/access

## bench-journal: durable appends and recovery beside raw writes and SQLite; FOLDER=DIR measures the disk of that folder
FOLDER ?= .build/bench
.PHONY: bench-journal
bench-journal:
	@.ci/setup build
	swift build -c release --scratch-path .build/release --product journal-bench
	Tests/Benchmarks/Journal/bench $(FOLDER)

## soak: random lives of a whole board, optimised; SEEDS=1-20 DAYS=30, INTERVAL=10 s between looks of probes, REPLAY=1
SEEDS ?= 1-20
DAYS ?= 30
INTERVAL ?= 10
.PHONY: soak
soak:
	@.ci/setup build
	swift build -c release --scratch-path .build/release --product warden-soak
	.build/release/release/warden-soak --seeds $(SEEDS) --days $(DAYS) --interval $(INTERVAL) $(if $(REPLAY),--replay)

## clean: remove every build of this checkout (fetched sysroots in ~/.cache/warden stay)
.PHONY: clean
clean:
	rm -rf .build

## deb: the Debian package for boards, into .build/deb; ARCH=arm64 builds one of arm64, armhf and amd64
## test-deb: installs, upgrades, downgrades and purges the packages in fresh Debian trees, as root
.PHONY: deb test-deb
deb:
	@.ci/setup build deb
	boards/packaging/build-deb $(ARCH)
test-deb:
	@.ci/setup deb arm
	boards/packaging/test-deb $(or $(ARCH),amd64 arm64)

## image: a flashable image of BOARD=FILE.yaml and its update bundle, into .build/image, as root; HASH_KEY, READER_KEYS, CERTIFICATE and SIGNING_KEY name the site's own
## test-image: the life of an image on an emulated ARM board: first start, power cuts, updates; as root
## test-image-raspberry-pi: the first start of an image on an emulated Raspberry Pi, which takes some minutes; as root
.PHONY: image test-image test-image-raspberry-pi
image:
	@.ci/setup build deb image
	boards/images/build $(if $(HASH_KEY),--hash-key $(HASH_KEY)) $(if $(READER_KEYS),--reader-keys $(READER_KEYS)) \
		$(if $(CERTIFICATE),--certificate $(CERTIFICATE)) $(if $(SIGNING_KEY),--signing-key $(SIGNING_KEY)) $(BOARD)
test-image:
	boards/images/test

test-image-raspberry-pi:
	boards/images/test --raspberry-pi
