# Bantam. `make` builds, `make run` shows a container, `make test` runs everything,
# `make check` is the fast gate before a commit. README.md says what each is for.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

# A test machine may have no HOME; Go wants one for its caches.
ifeq ($(origin HOME),undefined)
export HOME := $(CURDIR)/.cache/home
endif
export CGO_ENABLED := 0
# The version is stamped below; a clone owned by somebody else must build, too.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

GO       ?= go
VERSION  ?= $(shell cat VERSION)
COMMIT   ?= $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
PROGRAMS := bantam bantam-oci bantamd box
RUNNER   := $(GO) run ./test/runner
TOOL     := $(GO) tool -modfile=tools/go.mod

.PHONY: all build run test report check unit golden bench fuzz test-vm ledger man clean install packages help images builtin generate applet $(PROGRAMS)

all: build

build: $(PROGRAMS) ## build the four programs into bin/

# Its first instructions protect it from its containers: internal/linux/selfexe.
bantam-oci: private LDFLAGS += -E bantam/internal/linux/selfexe.entry
# What it was started with: internal/linux/initial.
box: private LDFLAGS += -E bantam/internal/linux/initial.entry -funcalign=1
bantam: private LDFLAGS += -E bantam/internal/linux/selfexe.lazy
bantamd: private LDFLAGS += -E bantam/internal/linux/selfexe.server

# box is what it is made of: PROFILE=full (all applets), min, or tls (full, and
# wget speaks https); APPLETS="sh ls cat" makes a box of exactly these.
PROFILE ?= full
APPLETS ?=
box: TAGS = $(if $(APPLETS),custom,$(filter-out full,$(PROFILE)))
box: generate
# Small where that costs no speed (cmd/box/gcflags), and without what only stack traces
# need, for which the runtime is edited (packaging/shrink); SHRINK= leaves all in, for a crash.
box: private FLAGS = $(shell cat cmd/box/gcflags)
SHRINK ?= box
# The others' runtime is edited, too, to start faster.
OVERLAY = -overlay $(or $(shell $(GO) run ./packaging/shrink $(if $(filter $@,$(SHRINK)),-overlay .cache/runtime,-starts .cache/starts)),$(error no overlay))

generate:
	@$(GO) run ./internal/userland/generate $(if $(APPLETS),-applets "$(APPLETS)")

# The image box is in bantam and bantamd, so it is made first.
bantam bantamd: builtin
builtin: box
	@$(IMAGES) -embed bin/box

# What the images are dated: when the version was last changed.
export SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct -- VERSION 2>/dev/null),0)
IMAGES := $(GO) run ./packaging/images

# WRITE copies a program with one call. What the linker writes, through a mapping, is cached in single pages, and what is written at once in huge
# ones, where it starts in three quarters of the time.
WRITE = dd if=$(1) of=$(2) bs=64M status=none && chmod 0755 $(2)

$(PROGRAMS):
	@mkdir -p bin
	$(GO) build -trimpath $(FLAGS) $(OVERLAY) $(if $(TAGS),-tags $(TAGS)) -ldflags '$(LDFLAGS)' -o bin/$@ ./cmd/$@
	$(if $(filter $@,$(SHRINK)),@$(GO) run ./packaging/shrink bin/$@)
	@$(call WRITE,bin/$@,bin/.$@) && mv bin/.$@ bin/$@

images: ## make the base images bin/images/{box,box-min,box-tls}.tar, for docker, podman and bantam load
	@mkdir -p bin
	@for p in full min tls; do $(MAKE) -s box PROFILE=$$p; mv bin/box bin/box-$$p; done
	@cp bin/box-full bin/box
	@$(IMAGES) -o bin/images box=bin/box-full box:min=bin/box-min box:tls=bin/box-tls,certificates

applet: ## write the skeleton of a new applet and its cases: make applet NAME=foo
	@$(GO) run ./internal/userland/generate -new '$(NAME)'

run: build ## run a container from an image made here: a shell, or a tour without a terminal
	@test/run.sh

packages: ## install what the tests drive: the peers, busybox, qemu
	@test/packages.sh

test: packages build ## run everything and count what was skipped
	@$(RUNNER) all

check: ## format, vet, lint, vulnerabilities, architecture, unit and golden tests
	@test/check.sh

unit: ## the tests of the packages alone
	@$(RUNNER) unit

golden: ## rewrite the expected plans: review the difference before committing it
	$(GO) test ./internal/plan/... -update

bench: packages build ## measure against the peers and print SPECIFICATION.md's table
	@$(GO) run ./test/bench

report: build images ## measure the base images and write docs/base-images.md with its picture
	@test/report.sh

fuzz: ## fuzz each target for FUZZTIME (10s)
	@test/fuzz.sh

test-vm: build ## boot Debian's kernel under qemu and run the runtime's tests inside
	@$(RUNNER) vm

ledger: ## write the committed lists of linked packages and binary sizes anew
	$(GO) test ./internal/archtest -update

man: bantam ## write the manual pages into bin/man
	@mkdir -p bin/man
	bin/bantam man bin/man

clean: ## remove what was built
	rm -rf --one-file-system bin .cache

install: TO = $(DESTDIR)$(or $(PREFIX),/usr/local)
install: build man ## install into PREFIX (/usr/local), with manual pages and completion
	install -d $(TO)/bin $(TO)/share/man/man1 $(TO)/share/bash-completion/completions $(TO)/share/zsh/site-functions $(TO)/share/fish/vendor_completions.d
	@$(foreach p,$(PROGRAMS),$(call WRITE,bin/$(p),$(TO)/bin/.$(p)) && mv $(TO)/bin/.$(p) $(TO)/bin/$(p) &&) true
	install -m 0644 bin/man/*.1 $(TO)/share/man/man1
	bin/bantam completion bash >$(TO)/share/bash-completion/completions/bantam
	bin/bantam completion zsh >$(TO)/share/zsh/site-functions/_bantam
	bin/bantam completion fish >$(TO)/share/fish/vendor_completions.d/bantam.fish

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12
