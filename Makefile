# hotcell: `make demo` shows it, `make test` proves it, `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED := 1
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION)

# Demo settings: make demo SERVE=0 CALLS=200000 SEED=7 LISTEN=127.0.0.1:9090
SERVE  ?= 1
CALLS  ?= 1000000
SEED   ?= 1
LISTEN ?= 127.0.0.1:8080
DEMO   := build/demo

.PHONY: help demo test build engine web unit race e2e soak bench quality lint vuln golden clean

help: ## list what make can do
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

demo: build ## make a city of a million calls, load it, rank it, serve the map on http://127.0.0.1:8080
	@SERVE=$(SERVE) CALLS=$(CALLS) SEED=$(SEED) LISTEN=$(LISTEN) DEMO=$(DEMO) ./scripts/demo.sh

test: engine web ## every test: Go, web, both stores, browser
	cd api/web && npm test
	go vet ./...
	go test -timeout 25m ./...

build: engine web bin/hotcell bin/citysim ## build bin/hotcell and bin/citysim

bin/hotcell bin/citysim: bin/%: FORCE
	@mkdir -p bin
	go build -ldflags '$(LDFLAGS)' -o $@ ./cmd/$*

engine: ## put the embedded ClickHouse (npm, 559 MB) into the cache outside the repository
	@./store/embedded/engine/install.sh

web: api/web/dist/index.html ## build the map application into api/web/dist

api/web/dist/index.html: $(shell find api/web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
	cd api/web && npm ci --no-audit --no-fund --loglevel=error && npm run build
	@touch $@

unit: ## the Go tests that need neither server nor browser
	go test -short ./...

race: engine ## the tests of the concurrent packages under the race detector
	go test -race -timeout 20m ./ingest/... ./store/... ./api/...

e2e: engine web ## the whole program and the pages in Chromium; screenshots in build/screenshots
	mkdir -p build/screenshots
	HOTCELL_SCREENSHOTS=$(CURDIR)/build/screenshots go test -count=1 -v -timeout 10m ./api/... ./cmd/hotcell/...

soak: engine ## two minutes of mixed load on the embedded engine under the race detector
	HOTCELL_SOAK=2m go test -race -count=1 -v -timeout 15m -run Soak ./store/embedded/

bench: build ## loading, ranking and memory as ratios to ClickHouse alone, in one run
	go test -run "^$$" -bench "Load|Rank" -benchtime 3x -timeout 30m ./cmd/hotcell

quality: build ## ranking quality on synthetic cities, against four baselines
	bin/citysim quality --hotcell bin/hotcell
	bin/citysim quality --hotcell bin/hotcell --seeds 2 --calls 200000 --daily # days to detection
	@if [ -d ../shared/data/mycall ]; then bin/citysim quality --hotcell bin/hotcell --mycall ../shared/data/mycall; \
	else echo "MyCall is not measured: ../shared/data/mycall is absent"; fi

lint: ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.7.0 ./...

vuln: ## known vulnerabilities of the libraries (asks the Go vulnerability database)
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

golden: engine ## write the golden schema anew after a new migration
	go test ./store/ -run Golden -update

clean: ## remove what was built, not the engine's cache
	rm -rf bin build api/web/dist/assets api/web/dist/index.html api/web/node_modules

FORCE:
