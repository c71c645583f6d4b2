#!/usr/bin/env bash
# Predicted beside measured: drills of each fault on a local cloud, at two speeds, with users of five kinds, as a table (docs/predict.md) and a
# picture: make bench-drills.
#
#	DRILLS=20 SPEEDS="10 30" FAULTS="targets isolate region" USERS=100 bench/drills/run.sh [PICTURE]
set -euo pipefail
cd "$(dirname "$0")/../.."
. bench/hello.sh

go build -o "$work/table" ./bench/drills
users=${USERS:-100}

for speed in ${SPEEDS:-10 30}; do
	hello "$speed"
	for fault in ${FAULTS:-invert targets isolate region flap}; do
		for n in $(seq "${DRILLS:-20}"); do
			echo "drill $n of $fault at speed $speed" >&2
			"$program" drill -f "$declaration" --yes --fault "$fault" --users "$users" --rate $((users * 5)) \
				--clients stub=20%,cache=20%,floor60=20%,retry=20%,pool=20% --abort-after 1h --patience 10m --json "$work/$speed-$fault-$n.json" \
				>"$work/said" 2>&1 || { tail -n 3 "$work/said" >&2; rm -f "$work/$speed-$fault-$n.json"; }
		done
	done
	"$program" down -f "$declaration" --yes --zone >/dev/null 2>&1
	"$program" cloud stop >/dev/null
	rm -rf "$work/cloud"
done
"$work/table" "$work" "${1:-}"
