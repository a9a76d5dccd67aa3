# Everything people and CI call. `make` alone tells the targets.

ADDR  ?= 127.0.0.1:8022
NODES ?= 1
DATA  ?= ./data/demo$(if $(filter-out 1,$(NODES)),-nodes)
UI    := inbox/ui
CHAT  := inbox/ui/widget
E2E   := inbox/ui/e2e

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# Playwright drives the system's Chromium and must fetch no browser of its own.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1
export CGO_ENABLED ?= 0

# Where memory has room (4 GB) for what can be run, what tests keep for a moment lies there: they wait for
# thousands of flushes otherwise. Kills do not depend on the disk; test-long keeps to it.
SCRATCH := $(shell grep -qs ' /dev/shm .*noexec' /proc/mounts || df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4194304 { print "/dev/shm" }')
INMEMORY = $(if $(SCRATCH),GOTMPDIR=$${TMPDIR:-/tmp} TMPDIR=$(SCRATCH))

.DEFAULT_GOAL := help
.PHONY: help build deb demo test test-long mattermost bench check lint generate verify unit race browser screenshots tools test-tools clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

build: tools $(UI)/dist/index.html $(CHAT)/dist/widget.js ## The program, with its pages inside: bin/tongdai
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/tongdai ./cmd/tongdai

# The packer is a program of its own, run in the version named; it is no dependency of ours. Later versions ask for modules that the module proxy does not have.
NFPM := go run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0

deb: build ## The package for Debian and Ubuntu: bin/tongdai_*.deb
	VERSION=$(or $(DEB_VERSION),$(patsubst v%,%,$(shell git describe --tags --match 'v*' 2>/dev/null || echo 0.0.0-dev.$$(git rev-list --count HEAD)))) ARCH=$$(go env GOARCH) $(NFPM) package --config configs/deploy/nfpm.yaml --packager deb --target bin/

demo: build ## Build, fill ./data/demo and start it (ADDR=127.0.0.1:8022 DATA=./data/demo NODES=1; NODES=3 needs PostgreSQL)
	bin/tongdai demo --listen $(ADDR) --data $(DATA) --nodes $(NODES)

# Where the tools were checked, no test may be skipped for want of PostgreSQL or Dovecot.
test test-long: export TONGDAI_NEED_POSTGRES := 1
test test-long: export TONGDAI_NEED_DOVECOT := 1

test: build test-tools lint verify unit race browser ## Everything that must hold

# The real Mattermost takes long to build the first time, so that only the long run insists on it; where it is there, every run uses it.
test-long: export TONGDAI_NEED_MATTERMOST := 1

test-long: build test-tools mattermost ## The full counts of the tests that kill, flood and fuzz
	TONGDAI_LONG=1 CGO_ENABLED=1 go test -race -p 1 -timeout 90m ./...

# A module of its own, beside what its server reads: translations, templates and a font.
REAL := connectors/mattermost/realserver

mattermost: bin/mattermost/i18n/en.json ## The real Mattermost server, which the bridge is tried against: bin/mattermost

bin/mattermost/i18n/en.json: $(wildcard $(REAL)/*)
	cd $(REAL) && go build -trimpath -ldflags "-s -w" -o $(CURDIR)/bin/mattermost/mattermost .
	@from=$$(cd $(REAL) && go list -m -f '{{.Dir}}' github.com/mattermost/mattermost-server/v6) && to=bin/mattermost && \
	mkdir -p $$to/i18n && cp -rf $$from/templates $$from/fonts $$to/ && cp -f $$from/i18n/en.json $$to/i18n/ && chmod -R u+w $$to && touch $@

bench: ## The benchmarks of docs/benchmarks.md
	go test -run '^$$' -bench . -benchmem ./kb/... ./inbox/... ./bot/... ./cmd/...
	bin/tongdai loadtest

lint: ## Formatting, vet, staticcheck
	@files=$$(git ls-files '*.go' | xargs gofmt -l); test -z "$$files" || { echo "not formatted (run gofmt -w):"; echo "$$files"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

generate: $(UI)/node_modules/.ready ## API types for Go and TypeScript from openapi.yaml
	go generate ./inbox/api/gen
	cd $(UI) && npm run generate

verify: $(UI)/node_modules/.ready ## Fails when what is generated is stale
	@before=$$(sha256sum $(GENERATED)); go generate ./inbox/api/gen; test "$$before" = "$$(sha256sum $(GENERATED))" \
		|| { echo "$(GENERATED) was stale; commit what make generate made"; exit 1; }
	cd $(UI) && npm run --silent verify
GENERATED := inbox/api/gen/server.gen.go

unit: $(UI)/node_modules/.ready $(CHAT)/node_modules/.ready ## Type checks and unit tests of the front ends
	cd $(UI) && npm run --silent check && npm test --silent
	cd $(CHAT) && npm run --silent check && npm test --silent

race: ## All Go tests with the race detector
	CGO_ENABLED=1 $(INMEMORY) go test -race -p 2 -timeout 30m ./...

browser: build test-tools $(E2E)/node_modules/.ready ## The browser tests; the main ones also on two nodes over PostgreSQL
	cd $(E2E) && npm run --silent check && $(INMEMORY) npm test --silent && $(INMEMORY) npm run --silent test:nodes

screenshots: build test-tools $(E2E)/node_modules/.ready ## Pictures of every page, wide and narrow, light and dark, into docs/screens
	cd $(E2E) && npm run screenshots

# Packages are fetched again only when the lock file has changed since.
%/node_modules/.ready: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(UI)/dist/index.html: $(UI)/node_modules/.ready $(shell find $(UI)/src $(UI)/public $(UI)/*.ts $(UI)/*.css $(UI)/index.html -type f 2>/dev/null)
	cd $(UI) && npm run build --silent

$(CHAT)/dist/widget.js: $(CHAT)/node_modules/.ready $(UI)/tokens.css $(shell find $(CHAT)/src $(CHAT)/*.ts -type f 2>/dev/null)
	cd $(CHAT) && npm run build --silent

tools: ## Says what is missing to build
	@command -v go >/dev/null || { echo "Go 1.26 or newer is needed: https://go.dev/dl/"; exit 1; }
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "Node 20 or newer with npm is needed"; exit 1; }
	@v=$$(go env GOVERSION | sed -E 's/^go([0-9]+)\.([0-9]+).*/\1\2/'); test "$$v" -ge 126 || { echo "Go 1.26 or newer is needed, this is $$(go env GOVERSION)"; exit 1; }
	@v=$$(node -p 'process.versions.node.split(".")[0]'); test "$$v" -ge 20 || { echo "Node 20 or newer is needed, this is $$(node --version)"; exit 1; }

# What the tests need besides: a browser, a C compiler for the race detector,
# PostgreSQL with pgbouncer, and Dovecot, of which the tests start their own: a
# service that comes with the packages is switched off again.
test-tools: tools
	@missing=""; services=""; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v gcc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || services="$$services postgresql"; \
	command -v pgbouncer >/dev/null || test -x /usr/sbin/pgbouncer || services="$$services pgbouncer"; \
	command -v dovecot >/dev/null || test -x /usr/sbin/dovecot || services="$$services dovecot-imapd"; \
	missing="$$missing$$services"; \
	test -z "$$missing" && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing$$missing"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null || exit 1; \
		for s in $$services; do \
			! command -v systemctl >/dev/null || systemctl disable --quiet --now $${s%-imapd} 2>/dev/null || true; \
		done; \
	else \
		echo "The tests need:$$missing"; echo "Install with: sudo apt-get install$$missing"; \
		test -z "$$services" || echo "Their services are not needed: sudo systemctl disable --now$$services"; exit 1; \
	fi

clean: ## Remove what was built; data stays
	rm -rf bin $(UI)/node_modules $(CHAT)/node_modules $(E2E)/node_modules $(E2E)/results
	find $(UI)/dist $(CHAT)/dist -mindepth 1 -not -name .keep -delete
