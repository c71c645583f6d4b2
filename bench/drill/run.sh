#!/usr/bin/env bash
# What measuring costs: make bench-drill. A drill of many users on a local cloud, the processor time of its process beside the cloud's, its memory,
# whether its users kept to their rate; and the same requests by a loop that does nothing but ask, before and after it. What a drill's answers took
# longer than the loop's, in the mean of both, is what measuring adds.
#
#	USERS=5000 RATE=1000 SPEED=10 bench/drill/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
. bench/hello.sh

ulimit -n "$(ulimit -Hn)"
go build -o "$work/drill" ./bench/drill
users=${USERS:-5000} rate=${RATE:-1000}

hello "${SPEED:-10}"
bare() { "$work/drill" ask -name hello.test -server "$UNDERSTUDY_RESOLVER" -port $((80 + ${UNDERSTUDY_PORT_SHIFT:-0})) -rate "$rate"; }
bare | tee "$work/figures"
"$work/drill" run "$program" drill -f "$declaration" --yes --fault targets --users "$users" --rate "$rate" \
	--clients "${CLIENTS:-cache}" ${OPEN_LOOP:+--open-loop} --abort-after 1h --patience 10m --json "$work/report.json"
"$work/drill" tell "$work/report.json" | tee -a "$work/figures"
bare | tee -a "$work/figures"
awk '{ at = $2; sub(/^drill\.answer\./, "", at) }
	at ~ /^bare\.p/ { sub(/^bare\./, "", at); bare[at] += $3 / 2; next }
	at ~ /^p[0-9]+$/ { measured[at] = $3 }
	END { for (at in measured) printf "figure drill.added.%s %.3g ms\n", at, measured[at] - bare[at] }' "$work/figures" | sort
