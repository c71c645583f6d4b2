#!/usr/bin/env bash
# Measures our load balancer against HAProxy, nginx, Caddy and httputil.ReverseProxy: make bench-balancer.
#
# The proxy under test runs on core 0; the target (nginx) and who asks (wrk) on core 1, so two cores that nobody else uses are wanted.
# Ours asks 100 rules, counts its metrics and writes its access log; nginx writes its own, the others none. All is on loopback, lives in
# one temporary folder, and is ended and removed at the end. As root it installs the others from Debian, whose services are not started,
# where they are missing.
#
# Beside rates it tells the processor time that each proxy takes for a request, which other work on the machine changes less.
#
#	ROUNDS=5 FOR=3s CONNECTIONS=64 ONLY=kept,new bench/balancer/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d /tmp/bench-balancer.XXXXXX)
pids=()
declare -A pid
cleanup() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

missing=()
for program in haproxy nginx caddy wrk; do command -v $program >/dev/null || missing+=("${program/nginx/nginx-light}"); done
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ]; then
	apt-get update -qq
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	rm -f /usr/sbin/policy-rc.d
fi
ulimit -n "$(ulimit -Hn)"
go build -o "$work/balance" ./cloud/internal/bench/balance

target=18080
declare -A port=([ours]=18081 [haproxy]=18082 [nginx]=18083 [caddy]=18084 [reverseproxy]=18085)
body=$(printf 'x%.0s' {1..128})

# on CORE PROGRAM...: runs a program in the background until the end.
on() {
	local core=$1
	shift
	taskset -c "$core" "$@" >>"$work/log" 2>&1 &
	pids+=($!)
}

nginx_conf() { # NAME, the http block's content
	cat <<-END
		daemon off; master_process off; worker_processes 1; error_log $work/$1.err; pid $work/$1.pid;
		events { worker_connections 10000; }
		http { access_log ${3:-off}; keepalive_requests 1000000000; client_body_temp_path $work/$1.body; proxy_temp_path $work/$1.proxy;
		fastcgi_temp_path $work/$1.f; uwsgi_temp_path $work/$1.u; scgi_temp_path $work/$1.s; $2 }
	END
}
nginx_conf target "server { listen 127.0.0.1:$target backlog=4096; location / { return 200 \"$body\"; } }" >"$work/target.conf"
nginx_conf nginx "upstream t { server 127.0.0.1:$target; keepalive 256; }
	server { listen 127.0.0.1:${port[nginx]}; location / { proxy_pass http://t; proxy_http_version 1.1; proxy_set_header Connection \"\";
	proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for; } }" "$work/nginx.log" >"$work/nginx.conf"
cat >"$work/haproxy.cfg" <<END
global
	nbthread 1
	maxconn 4000
defaults
	mode http
	timeout connect 10s
	timeout client 60s
	timeout server 60s
	option forwardfor
	http-reuse always
frontend f
	bind 127.0.0.1:${port[haproxy]}
	default_backend t
backend t
	server t 127.0.0.1:$target
END
cat >"$work/Caddyfile" <<END
{
	admin off
	auto_https off
}
http://127.0.0.1:${port[caddy]} {
	reverse_proxy 127.0.0.1:$target
}
END

on 1 nginx -c "$work/target.conf"
on 0 "$work/balance" -port "${port[ours]}" -target "127.0.0.1:$target" -logs "$work/logs" && pid[ours]=$!
on 0 "$work/balance" -by reverseproxy -port "${port[reverseproxy]}" -target "127.0.0.1:$target" && pid[reverseproxy]=$!
command -v nginx >/dev/null && on 0 nginx -c "$work/nginx.conf" && pid[nginx]=$!
command -v haproxy >/dev/null && on 0 haproxy -db -f "$work/haproxy.cfg" && pid[haproxy]=$!
command -v caddy >/dev/null && on 0 env HOME="$work" XDG_CONFIG_HOME="$work" XDG_DATA_HOME="$work" caddy run --config "$work/Caddyfile" --adapter caddyfile &&
	pid[caddy]=$!

here=()
for name in ours haproxy nginx caddy reverseproxy; do
	for _ in $(seq 100); do
		if curl -sf -o /dev/null "http://127.0.0.1:${port[$name]}/"; then here+=("$name") && break; fi
		sleep 0.1
	done
done

# ticks NAME: the processor time that a proxy has taken, in hundredths of a second (proc(5)).
ticks() { awk '{ print $14 + $15 }' "/proc/${pid[$1]}/stat"; }

# ask NAME [WRK'S OPTIONS]: requests a second, the 99th percentile and the proxy's time for a request, both in microseconds.
ask() {
	local name=$1 before
	shift
	before=$(ticks "$name")
	taskset -c 1 wrk -t1 -c"${CONNECTIONS:-64}" -d"${FOR:-3s}" --latency "$@" "http://127.0.0.1:${port[$name]}/" >"$work/asked"
	awk -v taken=$(($(ticks "$name") - before)) '
		/^ *99%/ { v = $2; u = v; gsub(/[0-9.]/, "", u); sub(/[a-z]+$/, "", v); p = v * (u == "us" ? 1 : u == "ms" ? 1000 : 1e6) }
		/requests in/ { n = $1 } /^Requests\/sec/ { r = $2 } END { print r, p, n ? taken * 1e4 / n : 0 }' "$work/asked"
}
for round in $(seq "${ROUNDS:-5}"); do
	for section in kept new; do
		[[ ",${ONLY:-$section}," = *",$section,"* ]] || continue
		options=()
		if [ $section = new ]; then options=(-H 'Connection: close'); fi
		for name in "${here[@]}"; do echo "$round $name $(ask "$name" "${options[@]}") $section"; done
	done
done >"$work/rounds"

awk '
	function median(list, n,   i, j, t, a) {
		n = split(list, a, " ")
		for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
		return a[int((n + 1) / 2)]
	}
	{
		section = $6 == "new" ? "connections_" : ""
		names[$2]; sections[section]; rounds[$1]
		rate[section, $2, $1] = $3; slow[section, $2, $1] = $4; took[section, $2, $1] = $5
	}
	function all(of, section, name,   round, list) {
		for (round in rounds) list = list " " of[section, name, round]
		return median(list)
	}
	function ratio(a, x, b, y, section,   round, list) { # of the rounds
		for (round in rounds) if (b[section, y, round] > 0) list = list " " a[section, x, round] / b[section, y, round]
		return median(list)
	}
	END {
		for (section in sections) for (name in names) {
			printf "figure balancer.%s_%sper_s %.0f requests/s\n", name, section, all(rate, section, name)
			printf "figure balancer.%s_%sp99_us %.0f us\n", name, section, all(slow, section, name)
			printf "figure balancer.%s_%scpu_us %.1f us\n", name, section, all(took, section, name)
			if (name == "ours") continue
			printf "figure balancer.%svs_%s %.2f times\n", section, name, ratio(rate, "ours", rate, name, section)
			printf "figure balancer.%scpu_vs_%s %.2f times\n", section, name, ratio(took, name, took, "ours", section)
		}
	}' "$work/rounds" | sort
