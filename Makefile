# `make run` starts Campanile on this machine; `make test` runs all its tests. Both set up what they need.

TARGET := $(or $(CARGO_TARGET_DIR),target)
SEEDS ?= 1000

.PHONY: help run test screenshots soak bench web tools clean

help:
	@echo "make run     build and start everything on this machine; prints one link. In another folder with DATA=…"
	@echo "make test    format, lints, all tests, the dashboard's build, a browser's walk"
	@echo "make screenshots  every screen in three languages, wide and as a phone, light and dark, in $(TARGET)/screenshots"
	@echo "make soak    seeded runs of the whole pipeline under a paused clock; SEEDS=1000"
	@echo "make bench   measure: messages, webhooks and sends a second, units and requests per message; one part with PART=growth or PART=aws"
	@echo "make web     build the dashboard only"

run: tools web
	@echo "Building Campanile …"
	@cargo build --quiet --workspace --exclude dashboard --exclude xtask --bin campanile
	@exec $(TARGET)/debug/campanile $(if $(DATA),--data $(DATA))

web: tools
	@echo "Building the dashboard (the first time takes some minutes) …"
	@cargo run --quiet -p xtask -- web

test:
	@sh infra/setup.sh test
	@bash tests/all.sh

screenshots: web
	@sh infra/setup.sh test
	@cargo test --quiet -p campanile-tests --test whole browser_screens::every_screen; \
		status=$$?; echo "The screenshots are in $(TARGET)/screenshots."; exit $$status

soak: tools
	@SEEDS=$(SEEDS) cargo test --release --quiet -p campanile-tests --test whole seeds:: -- --nocapture

bench: tools
	@cargo build --release --quiet -p campanile-tests -p lambdas -p simulator --bins
	@case "$(PART)" in ''|functions|aws) cargo build --profile api --quiet -p lambdas --bin api;; esac
	@if [ "$(PART)" != aws ]; then $(TARGET)/release/bench $(PART); fi
	@case "$(PART)" in ''|aws) $(MAKE) --no-print-directory web && PROFILE=release python3 tests/aws/deployed.py;; esac

tools:
	@sh infra/setup.sh run

clean:
	cargo clean
	rm -rf frontend/dist
