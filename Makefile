# Commands for development. `make help` lists them.

.PHONY: help run test cluster-test lint fmt docs interop browser conformance tables bench hotpath soak scale deny fuzz ci

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 24

run: ## Run the server with recorded data on http://127.0.0.1:8000/sse
	cargo run --release -- serve --demo

test: ## Run all tests, including those with real MCP clients
	.ci/packages
	interop/setup
	browser/setup || [ "$$CI" != true ]
	cargo test --workspace

cluster-test: ## Run the tests of several instances with Redis and nginx for longer than `make test`
	.ci/packages
	interop/setup
	CLUSTER_TEST=long cargo test -p aareguru-mcp --test it cluster::

lint: ## Check formatting, lints and documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

fmt: ## Format the code
	cargo fmt --all

docs: ## Generate the documents of the settings
	UPDATE_DOCS=1 cargo test -p aareguru-mcp --lib up_to_date

interop: ## Test the server with real MCP clients, and print their results
	interop/setup
	cargo test -p aareguru-mcp --test it interop

browser: ## Test the web pages and the console in a real browser
	browser/setup
	cargo test -p aareguru-mcp --test it browser

conformance: ## Run MCP's official conformance suite, and print its results
	interop/setup
	cargo test -p aareguru-mcp --test it conformance

tables: ## Update the tables in docs/COMPATIBILITY.md
	interop/setup
	RENEW_TABLES=1 cargo test -p aareguru-mcp --test it -- interop conformance

bench: ## Run the benchmarks of this server and of others (15 minutes)
	interop/setup
	cargo build --release
	cargo run --release -p load --features peers -- bench --rounds 3 --write docs/BENCHMARKS.md

soak: ## Run the server under load and failures for 20 minutes, and check for leaks
	cargo build --release
	cargo run --release -p load --features peers -- soak --chart docs/soak.svg

scale: ## Measure 20,000 sessions, and an update for 10,000 subscribers
	cargo build --release
	cargo run --release -p load --features peers -- scale --chart docs/scale.svg

hotpath: ## Count the instructions of one call and compare with docs/PERFORMANCE.md (needs valgrind)
	cargo build --profile dist -p aareguru-mcp -p load
	load/hotpath.py

deny: ## Check licences, sources and banned crates of all dependencies
	.ci/cargo-deny check --hide-inclusion-graph bans licenses sources

ci: ## Run what continuous integration runs
	.ci/run

fuzz: ## Fuzz the transport, one minute per target
	cargo build --manifest-path crates/rmcp-transport/fuzz/Cargo.toml --release
	for target in message_body host_and_origin; do \
	    $${CARGO_TARGET_DIR:-crates/rmcp-transport/fuzz/target}/release/$$target -max_total_time=60 || exit 1; \
	done
