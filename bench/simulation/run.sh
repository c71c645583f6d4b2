#!/usr/bin/env bash
# How fast failovers are predicted and years simulated: make bench-simulation. Nothing runs but the benchmarks of cloud/simulation, on one
# core; it needs no cloud.
#
#	ROUNDS=3 bench/simulation/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

# Garbage is collected as `understudy simulate` has it collected. Each line of a benchmark has values and their units in turn.
GOGC=400 go test ./cloud/simulation -run '^$' -bench . -benchtime "${ROUNDS:-3}x" -cpu 1 | awk '
	/^Benchmark/ {
		name = tolower(substr($1, 10))
		for (i = 3; i < NF; i += 2) {
			value = $i; unit = $(i + 1)
			if (unit == "ns/op") { value /= 1e6; unit = "ms" }
			printf "figure simulation.%s.%s %g %s\n", name, unit == "ms" ? "took" : unit, value, unit
		}
	}'
