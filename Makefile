# The one list of commands.

.PHONY: help run test cluster-test lint fmt docs interop browser conformance tables bench hotpath soak scale deny fuzz ci

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 24

run: ## Run the server with recorded data on http://127.0.0.1:8000/sse
	cargo run --release -- serve --demo

test: ## Run all tests, those with real MCP clients included
	.ci/packages
	interop/setup
	browser/setup || [ "$$CI" != true ]
	cargo test --workspace

cluster-test: ## Test several instances with Redis and nginx, for longer than `make test` does
	.ci/packages
	interop/setup
	CLUSTER_TEST=long cargo test --workspace --test it -- cluster shared balanced redis_

lint: ## Check formatting, lints and documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

fmt: ## Format the code
	cargo fmt --all

docs: ## Write the documents that are made from the settings
	UPDATE_DOCS=1 cargo test -p aareguru-mcp --lib up_to_date

interop: ## Let real MCP clients talk to the server, and show what they say
	interop/setup
	cargo test -p aareguru-mcp --test it interop

browser: ## Let a real browser read the pages and try the console
	browser/setup
	cargo test -p aareguru-mcp --test it browser

conformance: ## Let MCP's official conformance suite test the server, and show what it says
	interop/setup
	cargo test -p aareguru-mcp --test it conformance

tables: ## Renew the README's tables of clients and conformance
	interop/setup
	RENEW_TABLES=1 cargo test -p aareguru-mcp --test it -- interop conformance

bench: ## Measure the server side by side with its peers (15 minutes)
	interop/setup
	cargo build --release
	cargo run --release -p load --features peers -- bench --rounds 3 --write docs/BENCHMARKS.md

soak: ## Let the server run under load and troubles for 20 minutes, and see what it holds on to
	cargo build --release
	cargo run --release -p load --features peers -- soak --chart docs/soak.svg

scale: ## See what 20,000 sessions cost, and an update for 10,000 subscribers
	cargo build --release
	cargo run --release -p load --features peers -- scale --chart docs/scale.svg

hotpath: ## Count the instructions of one call and compare with docs/PERFORMANCE.md (needs valgrind)
	cargo build --profile dist -p aareguru-mcp -p load
	load/hotpath.py

deny: ## Check licences, sources and banned crates of all dependencies
	.ci/cargo-deny check --hide-inclusion-graph bans licenses sources

ci: ## What continuous integration runs
	.ci/run

fuzz: ## Feed random input to the transport for a minute a target
	cargo build --manifest-path crates/rmcp-transport/fuzz/Cargo.toml --release
	for target in message_body host_and_origin; do \
	    $${CARGO_TARGET_DIR:-crates/rmcp-transport/fuzz/target}/release/$$target -max_total_time=60 || exit 1; \
	done
