#!/usr/bin/env bash
# Measures our health checkers against HAProxy's and a loop around net/http's client: make bench-checks.
#
# Who checks runs on core 0, and the endpoint on core 1, so two cores that nobody else uses are wanted. All is on
# loopback, lives in one temporary folder, and is ended and removed at the end. As root it installs HAProxy from Debian,
# whose service is not started, where it is missing.
#
#	ROUNDS=15 FOR=700ms LONG=60s bench/checks/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d /tmp/bench-checks.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

if ! command -v haproxy >/dev/null && [ "$(id -u)" = 0 ]; then
	apt-get update -qq
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy >/dev/null
	rm -f /usr/sbin/policy-rc.d
fi
ulimit -n "$(ulimit -Hn)"
go build -o "$work/checks" ./bench/checks
go build -o "$work/checker" ./cloud/internal/bench/checker
taskset -c 1 "$work/checks" -checker "$work/checker" -haproxy "$(command -v haproxy || true)" -dir "$work" \
	-rounds "${ROUNDS:-15}" -for "${FOR:-700ms}" -long "${LONG:-60s}"
