# The commands of this project; `just` lists them.

_list:
    @just --list

# Run the server with SQLite in ./data
run:
    cargo run --release

# Check everything, as CI does
test:
    tests/run

# Unit tests of the domain only: takes seconds
test-domain:
    cargo test --package auth-domain

# The whole application in one process; `INSTA_UPDATE=always just test-app` updates the snapshots
test-app:
    cargo test --package auth-http --test whole_app

# The store contract on both engines
test-stores:
    cargo test --package auth-sqlite --package auth-postgres

# Black-box tests whose name contains NAME
test-black-box NAME="":
    cargo test --package auth-black-box {{ NAME }}

# Update the generated files: docs/openapi.json, docs/errors.md, docs/configuration.*
generate:
    cargo run --quiet -- openapi > docs/openapi.json
    cargo run --quiet -- openapi --errors > docs/errors.md
    cargo run --quiet -- config reference > docs/configuration.md
    cargo run --quiet -- config reference --schema > docs/configuration.schema.json

# Format
fmt:
    cargo fmt --all

# Lint, warnings as errors
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Build the documentation of everything, including private items; warnings as errors
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

# Build with the oldest supported Rust, if it is installed
msrv:
    scripts/msrv

# Fuzz with libFuzzer: `just fuzz TARGET SECONDS`; without a target, list them
fuzz *ARGUMENTS:
    scripts/fuzz {{ ARGUMENTS }}

# Make a release: `just release VERSION`; `just release --dry-run VERSION` shows what would change
release *ARGUMENTS:
    scripts/release {{ ARGUMENTS }}

# Upgrade and roll back under load, between two binaries
prove-upgrade PREVIOUS NEW="target/release/auth-server":
    tests/upgrade/prove {{ PREVIOUS }} {{ NEW }}

# Measure exports, restores, drills and moves of a million accounts
bench-archive ACCOUNTS="1000000":
    cargo run --release --package auth-bench -- archive {{ ACCOUNTS }}

# Measure logins while one network, or many, send a storm of them
bench-storm:
    cargo run --release --package auth-bench -- storm

# Build the container image
image:
    docker build -f docker/Dockerfile -t auth-server .

# Start the whole stack: service, PostgreSQL, a mail catcher, Prometheus, Grafana
stack:
    docker/make-secrets
    docker compose -f docker/compose.yml up --build --wait

# Test the image without pulling any: needs root, buildah, podman and debootstrap
prove-image:
    tests/containers/prove

# Check licences, sources, and who may depend on what
deny:
    scripts/deny

# Check the dependencies for known vulnerabilities: downloads the advisory database
advisories:
    scripts/deny advisories

# Regenerate the list of common passwords from an npm package
common-passwords:
    scripts/common-passwords

# Compare with the limits of the machine, and print the method: a quarter of an hour; faster with `just bench --quick`
bench *ARGUMENTS:
    bench/run {{ ARGUMENTS }}
