# Every command works in a fresh clone. Targets that people type are listed by `make help`.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X callout/internal/cli.Version=$(VERSION)

# Tests with the race detector, without the checks of pointers that come with it where they are of the database, which is a
# translation from C: a third of its time.
RACE     = CGO_ENABLED=1 $(GO) test -race -gcflags='modernc.org/...=-d=checkptr=0'

.PHONY: help run build test quick lint bench fuzz clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: build ## build, and show everything on this machine alone (Ctrl-C ends it)
	bin/callout demo

build: ## bin/callout
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/callout ./cmd/callout

test: ## all tests with the race detector, real mail servers included (installs Debian packages, as root)
	test/install-packages
	$(RACE) -timeout 10m ./cmd/... ./internal/... ./bench/...
	$(RACE) -timeout 15m ./test/servers ./test/browser
	$(RACE) -timeout 20m -count=1 -v ./test

quick: ## the tests that need no real servers and no browser
	$(GO) test -short ./cmd/... ./internal/...

lint: ## gofmt, go vet, staticcheck
	@files=$$(gofmt -l cmd internal test bench); if [ -n "$$files" ]; then echo "not gofmt-ed:"; echo "$$files"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: build ## speed, as ratios of one run (installs Debian packages, as root)
	test/install-packages
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...
	bench/run

fuzz: ## every fuzz target for 30 s
	@for t in $$(grep -rlE '^func Fuzz' --include='*_test.go' internal | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9]+' $$t/*_test.go | sed 's/func //'); do \
			echo "$$t $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime 30s ./$$t || exit 1; \
		done; \
	done

clean: ## what was built
	rm -rf bin
