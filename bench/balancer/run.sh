#!/usr/bin/env bash
# Measures our load balancer against HAProxy, nginx, Caddy and httputil.ReverseProxy: make bench-balancer.
#
# The proxy under test runs on core 0; the target (nginx) and who asks (wrk, h2load, or the program beside this) on core 1, so two cores that
# nobody else uses are wanted. Ours asks 100 rules, counts its metrics and writes its access log; nginx writes its own, the others none. All is
# on loopback, lives in one temporary folder, and is ended and removed at the end. As root it installs the others from Debian, whose services
# are not started, where they are missing.
#
# Beside rates it tells the processor time that each proxy takes for a request, which other work on the machine changes less.
#
#	ROUNDS=5 FOR=3s CONNECTIONS=64 RATE=10000 IDLE=10000 ONLY=kept,new,tls,http2,body1m,websocket,paced,idle,whole_path bench/balancer/run.sh
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

declare -A package=([nginx]=nginx-light [h2load]=nghttp2-client)
missing=()
for program in haproxy nginx caddy wrk h2load openssl curl; do command -v $program >/dev/null || missing+=("${package[$program]:-$program}"); done
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ]; then
	apt-get update -qq
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	rm -f /usr/sbin/policy-rc.d
fi
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
files=$(ulimit -n) # of which ours gives 9 in 32 to clients, and a sixteenth to none
idle=${IDLE:-10000}
if [ "$idle" -gt $((files / 4)) ]; then idle=$((files / 4)); fi
go build -o "$work/balance" ./cloud/internal/bench/balance
go build -o "$work/asker" ./bench/balancer

target=18080 echo=18079
declare -A port=([ours]=18081 [haproxy]=18082 [nginx]=18083 [caddy]=18084 [reverseproxy]=18085)
declare -A secure=([ours]=18091 [haproxy]=18092 [nginx]=18093 [caddy]=18094 [reverseproxy]=18095)
declare -A socket=([ours]=18071 [haproxy]=18072 [nginx]=18073 [caddy]=18074 [reverseproxy]=18075) # before the target of WebSocket
body=$(printf 'x%.0s' {1..128})
head -c 1048576 /dev/zero >"$work/1m"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=bench.test -addext subjectAltName=DNS:bench.test,IP:127.0.0.1 \
	-days 30 -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null
cat "$work/certificate.pem" "$work/key.pem" >"$work/pair.pem"

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
		events { worker_connections $((files / 2)); }
		http { access_log ${3:-off}; keepalive_requests 1000000000; client_body_temp_path $work/$1.body; proxy_temp_path $work/$1.proxy;
		fastcgi_temp_path $work/$1.f; uwsgi_temp_path $work/$1.u; scgi_temp_path $work/$1.s; $2 }
	END
}
nginx_conf target "sendfile on; server { listen 127.0.0.1:$target backlog=4096; location / { return 200 \"$body\"; }
	location = /1m { alias $work/1m; } }" >"$work/target.conf"
nginx_conf nginx "upstream t { server 127.0.0.1:$target; keepalive 256; }
	ssl_certificate $work/certificate.pem; ssl_certificate_key $work/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
	server { listen 127.0.0.1:${port[nginx]}; listen 127.0.0.1:${secure[nginx]} ssl http2;
	location / { proxy_pass http://t; proxy_http_version 1.1; proxy_set_header Connection \"\";
	proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for; } }
	server { listen 127.0.0.1:${socket[nginx]}; location / { proxy_pass http://127.0.0.1:$echo; proxy_http_version 1.1;
	proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection upgrade; } }" "$work/nginx.log" >"$work/nginx.conf"
cat >"$work/haproxy.cfg" <<END
global
	nbthread 1
	maxconn $((files / 2 - 100))
defaults
	mode http
	timeout connect 10s
	timeout client 60s
	timeout server 60s
	option forwardfor
	http-reuse always
frontend f
	bind 127.0.0.1:${port[haproxy]}
	bind 127.0.0.1:${secure[haproxy]} ssl crt $work/pair.pem alpn h2,http/1.1
	default_backend t
backend t
	server t 127.0.0.1:$target
frontend w
	bind 127.0.0.1:${socket[haproxy]}
	default_backend e
backend e
	server e 127.0.0.1:$echo
END
cat >"$work/Caddyfile" <<END
{
	admin off
	auto_https off
}
http://127.0.0.1:${port[caddy]} {
	reverse_proxy 127.0.0.1:$target
}
https://127.0.0.1:${secure[caddy]} {
	tls $work/certificate.pem $work/key.pem
	reverse_proxy 127.0.0.1:$target
}
http://127.0.0.1:${socket[caddy]} {
	reverse_proxy 127.0.0.1:$echo
}
END

on 1 nginx -c "$work/target.conf"
on 1 "$work/asker" -at "127.0.0.1:$echo" echo
on 0 "$work/balance" -port "${port[ours]}" -target "127.0.0.1:$target" -secure "${secure[ours]}" -pair "$work/pair.pem" \
	-socket "${socket[ours]}" -echo "127.0.0.1:$echo" -logs "$work/logs" && pid[ours]=$!
on 0 "$work/balance" -by reverseproxy -port "${port[reverseproxy]}" -target "127.0.0.1:$target" -secure "${secure[reverseproxy]}" \
	-pair "$work/pair.pem" -socket "${socket[reverseproxy]}" -echo "127.0.0.1:$echo" && pid[reverseproxy]=$!
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
	[[ " ${here[*]} " = *" $name "* ]] || echo "bench/balancer: no answer from $name: $(tail -3 "$work/log")" >&2
done

wants() { [[ ",${ONLY:-$1}," = *",$1,"* ]]; }

# ticks PID: the processor time that a proxy has taken, in hundredths of a second (proc(5)).
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# ask SECTION ADDRESS PORT-FOR-TLS PORT-FOR-WEBSOCKET: requests a second, the 99th percentile in microseconds (0 if unknown), and their number.
ask() {
	local connections=${CONNECTIONS:-64} for=${FOR:-3s}
	local url=http://$2/ options=()
	case $1 in
	tls) taskset -c 1 "$work/asker" -at "127.0.0.1:$3" -for "$for" -connections 16 tls && return ;;
	websocket) taskset -c 1 "$work/asker" -at "127.0.0.1:$4" -for "$for" -connections "$connections" websocket && return ;;
	paced) taskset -c 1 "$work/asker" -at "$2" -for "$for" -connections "$connections" -rate "${RATE:-10000}" paced && return ;;
	http2) # of a fixed number: a connection has 10,000 requests at most
		taskset -c 1 h2load -t1 -c16 -m8 -n 48000 "https://127.0.0.1:$3/" | awk '/^finished in/ { r = $4 } /^requests:/ { n = $8 } END { print r, 0, n }'
		return ;;
	new) options=(-H 'Connection: close') ;;
	body1m) url+=1m connections=16 ;;
	esac
	taskset -c 1 wrk -t1 -c"$connections" -d"$for" --latency "${options[@]}" "$url" | awk '
		/^ *99%/ { v = $2; u = v; gsub(/[0-9.]/, "", u); sub(/[a-z]+$/, "", v); p = v * (u == "us" ? 1 : u == "ms" ? 1000 : 1e6) }
		/requests in/ { n = $1 } /^Requests\/sec/ { r = $2 } END { print r, p, n }'
}

# measure ROUND SECTION NAME PID ADDRESS [PORTS]: a line of the round, with the processor time in microseconds of each request.
measure() {
	local before rate slow count
	before=$(ticks "$4")
	read -r rate slow count < <(ask "$2" "${@:5}" 2>>"$work/log") || { echo "bench/balancer: $2 of $3 failed" >&2 && return; }
	echo "$1 $3 $rate $slow $(awk -v taken=$(($(ticks "$4") - before)) -v n="$count" 'BEGIN { print n ? taken * 1e4 / n : 0 }') $2"
}

# resident PID: memory in KiB.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# await FILE: waits until a program in the background has said into it that it is ready, or has ended.
await() {
	local background=$!
	until [ -s "$1" ]; do kill -0 $background 2>/dev/null && sleep 0.1 || return 1; done
}

# hold CONNECTIONS ADDRESS COMMAND...: runs a command while so many connections are idle, each of which has had one answer.
hold() {
	: >"$work/held"
	taskset -c 1 "$work/asker" -connections "$1" -at "$2" idle >"$work/held" 2>>"$work/log" &
	if ! await "$work/held"; then echo "bench/balancer: not $1 connections at $2" >&2 && return 1; fi
	sleep 1
	"${@:3}"
	kill $! && wait $! || true
}

if wants idle; then # first, before their heaps have grown
	for name in "${here[@]}"; do
		before=$(resident "${pid[$name]}")
		after=$(hold "$idle" "127.0.0.1:${port[$name]}" resident "${pid[$name]}") || continue
		awk -v name="$name" -v kb=$((after - before)) -v n="$idle" 'BEGIN { printf "figure balancer.%s_idle_kb_each %.2f KiB\n", name, kb / n }'
	done
fi

for round in $(seq "${ROUNDS:-5}"); do
	for section in kept new tls http2 body1m websocket paced; do
		wants $section || continue
		for name in "${here[@]}"; do
			measure "$round" $section "$name" "${pid[$name]}" "127.0.0.1:${port[$name]}" "${secure[$name]}" "${socket[$name]}"
		done
	done
done >"$work/rounds"

# The whole path: from a published address on loopback through a cloud's load balancer to an instance. The cloud is on core 0, the instance's
# nginx on core 1.
if wants whole_path; then
	go build -o "$work/understudy" ./cmd/understudy
	"$work/asker" -understudy "$work/understudy" -dir "$work" whole >"$work/whole" 2>>"$work/log" &
	pids+=($!)
	await "$work/whole" || { cat "$work/log" >&2 && exit 1; }
	read -r _ address region <"$work/whole"
	open_files() { ls "/proc/$region/fd" | wc -l; }
	before=$(open_files)
	during=$(hold 64 "$address" open_files)
	awk -v n=$((during - before)) 'BEGIN { printf "figure balancer.whole_path_descriptors %.1f each\n", n / 64 }'
	for round in $(seq "${ROUNDS:-5}"); do
		measure "$round" whole_path ours "$region" "$address"
		[ -z "${pid[haproxy]:-}" ] || measure "$round" whole_path haproxy "${pid[haproxy]}" "127.0.0.1:${port[haproxy]}"
	done >>"$work/rounds"
fi

awk '
	function median(list, n,   i, j, t, a) {
		n = split(list, a, " ")
		for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
		return a[int((n + 1) / 2)]
	}
	{
		section = $6 == "kept" ? "" : $6 == "new" ? "connections_" : $6 "_"
		names[$2]; sections[section]; rounds[$1]
		rate[section, $2, $1] = $3; slow[section, $2, $1] = $4; took[section, $2, $1] = $5
	}
	function all(of, section, name,   round, list) {
		for (round in rounds) if ((section, name, round) in of) list = list " " of[section, name, round]
		return median(list)
	}
	function ratio(a, x, b, y, section,   round, list) { # of the rounds
		for (round in rounds) if (b[section, y, round] > 0) list = list " " a[section, x, round] / b[section, y, round]
		return median(list)
	}
	function has(section, name,   round) {
		for (round in rounds) if ((section, name, round) in rate) return 1
	}
	END {
		for (section in sections) for (name in names) {
			if (!has(section, name)) continue
			printf "figure balancer.%s_%sper_s %.0f requests/s\n", name, section, all(rate, section, name)
			if (all(slow, section, name) > 0) printf "figure balancer.%s_%sp99_us %.0f us\n", name, section, all(slow, section, name)
			printf "figure balancer.%s_%scpu_us %.1f us\n", name, section, all(took, section, name)
			if (name == "ours" || !has(section, "ours")) continue
			if (section == "paced_") printf "figure balancer.paced_p99_vs_%s %.2f times\n", name, ratio(slow, name, slow, "ours", section)
			else printf "figure balancer.%svs_%s %.2f times\n", section, name, ratio(rate, "ours", rate, name, section)
			printf "figure balancer.%scpu_vs_%s %.2f times\n", section, name, ratio(took, name, took, "ours", section)
		}
	}' "$work/rounds" | sort
