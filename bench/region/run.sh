#!/usr/bin/env bash
# Measures a local cloud's regions: make bench-region.
#
# The cloud runs on core 0 and who asks it on core 1, so two cores that nobody else uses are wanted. All is on loopback and in
# the cloud's own namespaces, lives in one temporary folder, and is ended and removed at the end.
#
#	MACHINES=100 STOPPED=1000 bench/region/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d /tmp/bench-region.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
go build -o "$work/understudy" ./cmd/understudy
go build -o "$work/region" ./bench/region
taskset -c 1 "$work/region" -understudy "$work/understudy" -dir "$work" -machines "${MACHINES:-100}" -stopped "${STOPPED:-1000}"
go test ./cloud/internal/network -count=1 -run TestFigures -v | grep ^figure
