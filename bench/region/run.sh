#!/usr/bin/env bash
# Measures a local cloud's regions: make bench-region.
#
# The cloud runs on core 0 and who asks it on core 1, so two cores that nobody else uses are wanted. All is on loopback and in
# the cloud's own namespaces, lives in one temporary folder, and is ended and removed at the end.
#
#	MACHINES=100 STOPPED=1000 bench/region/run.sh
#	SOAK=10m bench/region/run.sh   # only builds and removes for so long, and fails if memory grows: make soak
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d /tmp/bench-region.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
go build -o "$work/understudy" ./cmd/understudy
go build -o "$work/region" ./bench/region
if [ -n "${SOAK:-}" ]; then
	"$work/region" -understudy "$work/understudy" -dir "$work" -soak "$SOAK"
	exit
fi
taskset -c 1 "$work/region" -understudy "$work/understudy" -dir "$work" -machines "${MACHINES:-100}" -stopped "${STOPPED:-1000}"
go test ./cloud/internal/network -count=1 -run TestFigures -v | grep ^figure
