#!/usr/bin/env bash
# Counts the calls of up, plan and parity, and measures how long they take where each call takes 150 ms: make bench-calls.
#
# Two local clouds are used one after the other: a delay at the second one's front door makes its calls slow. What up takes
# there beyond what it took in the first is its waiting for calls; boots, images and health checks take the same in both.
# All is on this machine, lives in one temporary folder, and is ended and removed at the end.
#
#	DELAY=150 SPEED=30 bench/calls/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

delay=${DELAY:-150} speed=${SPEED:-30} file=examples/hello/understudy.yaml
work=$(mktemp -d /tmp/bench-calls.XXXXXX)
export UNDERSTUDY_HOME=$work/cloud XDG_STATE_HOME=$work
u=$work/understudy
trap '"$u" cloud stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
go build -o "$u" ./cmd/understudy

# begin: a new cloud, to which the commands that follow go.
begin() {
	rm -rf "$UNDERSTUDY_HOME"
	"$u" cloud start --speed "$speed" --while $$ >/dev/null
	eval "$("$u" cloud env)"
}

# run COMMAND...: sets calls and took, in milliseconds.
run() {
	"$u" cloud calls --forget >/dev/null
	local began=${EPOCHREALTIME/./}
	"$u" "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	calls=$("$u" cloud calls --json | grep -o '"operation"' | wc -l)
}

# tell NAME WAITED: the figures of the last run, WAITED milliseconds of which it waited for calls.
tell() {
	echo "figure calls.$1.calls $calls calls"
	echo "figure calls.$1.wall $took ms"
	echo "figure calls.$1.sum $((calls * delay)) ms"
	echo "figure calls.$1.waited $2 ms"
	awk -v s=$((calls * delay)) -v w="$2" -v n="$1" 'BEGIN { printf "figure calls.%s.faster %.1f times\n", n, s / w }'
}

begin
run up -f $file --yes
undelayed=$took
"$u" cloud stop >/dev/null
begin
"$u" cloud fault add --delay "${delay}ms" >/dev/null
run up -f $file --yes
tell up $((took - undelayed))
echo "figure calls.up.undelayed $undelayed ms"
for command in plan parity; do
	run $command -f $file
	tell $command "$took"
done
