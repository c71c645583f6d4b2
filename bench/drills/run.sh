#!/usr/bin/env bash
# Predicted beside measured: drills of each fault on a local cloud, at two speeds, with users of five kinds, as a table (docs/predict.md) and a
# picture: make bench-drills.
#
#	DRILLS=20 SPEEDS="4 10" FAULTS="targets isolate region" USERS=100 REPORTS=FOLDER bench/drills/run.sh [PICTURE]
#
# Drills whose reports are in FOLDER, or that another run with this FOLDER has begun, are not made again: so several runs share the work, each with a
# cloud of its own, and one that was stopped goes on. A drill that failed leaves what it said there. One whose users the machine was too slow for is
# not in the table.
set -euo pipefail
cd "$(dirname "$0")/../.."
. bench/hello.sh

go build -o "$work/table" ./bench/drills
users=${USERS:-100} reports=${REPORTS:-$work/reports}
mkdir -p "$reports"

# one SPEED FAULT NUMBER: a drill, unless somebody has it.
one() {
	local report=$reports/$1-$2-$3
	mkdir "$report.begun" 2>/dev/null || return 0
	echo "drill $3 of $2 at speed $1" >&2
	if "$program" drill -f "$declaration" --yes --fault "$2" --users "$users" --rate $((users * 5)) \
		--clients stub=20%,cache=20%,floor60=20%,retry=20%,pool=20% --abort-after 1h --patience 10m --json "$report.part" >"$report.said" 2>&1; then
		mv "$report.part" "$report.json"
		rm "$report.said"
	else
		tail -n 3 "$report.said" >&2
		rm -f "$report.part"
	fi
}

for speed in ${SPEEDS:-4 10}; do
	hello "$speed"
	for n in $(seq "${DRILLS:-20}"); do
		for fault in ${FAULTS:-invert targets isolate region blackhole partition flap}; do one "$speed" "$fault" "$n"; done
	done
	"$program" down -f "$declaration" --yes --zone >/dev/null 2>&1
	"$program" cloud stop >/dev/null
	rm -rf "$work/cloud"
done
"$work/table" "$reports" "${1:-}"
