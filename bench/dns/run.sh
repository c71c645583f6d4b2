#!/usr/bin/env bash
# Measures our name server against gdnsd, Knot, NSD, PowerDNS, BIND and CoreDNS: make bench-dns.
#
# Each runs with one thread on core 0, and the generator on core 1, so two cores that nobody else uses are wanted. All
# listens on loopback at high ports, lives in one temporary folder, and is ended and removed at the end. As root it
# installs the peers that are missing from Debian, whose services are not started; CoreDNS, which Debian does not
# have, is built from its module into bin/ where it is not installed.
#
#	ROUNDS=15 FOR=250ms REST=200ms PEERS="gdnsd knot nsd pdns bind coredns" bench/dns/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=${PEERS:-gdnsd knot nsd pdns bind coredns}
names=9990 # and a few others: a zone of Route 53 has at most 10,000 records

work=$(mktemp -d /tmp/bench-dns.XXXXXX)
export TMPDIR=$work
pids=()
finish() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

install_missing() {
	local missing=()
	command -v gdnsd >/dev/null || missing+=(gdnsd)
	command -v knotd >/dev/null || missing+=(knot)
	command -v nsd >/dev/null || missing+=(nsd)
	command -v pdns_server >/dev/null || missing+=(pdns-server pdns-backend-bind)
	command -v named >/dev/null || missing+=(bind9)
	command -v dnsperf >/dev/null || missing+=(dnsperf)
	[ ${#missing[@]} -eq 0 ] && return
	apt-get update -qq
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	rm -f /usr/sbin/policy-rc.d
}

# serve NAME COMMAND... starts a server on core 0 and notes it.
serve() {
	local name=$1
	shift
	taskset -c 0 "$@" >"$work/$name.log" 2>&1 &
	pids+=($!)
}

# zone FILE FAILOVER writes the zone, with this line for its failover name.
zone() {
	printf '$ORIGIN bench.test.\n$TTL 60\n@ IN SOA ns hostmaster 1 7200 1800 259200 900\n@ IN NS ns\nns IN A 127.0.0.1\nwww IN A 198.51.100.1\n%s\n' "$2" >"$1"
	seq 0 $((names - 1)) | awk '{printf "n%05d IN A 198.51.100.%d\n", $1, $1 % 250 + 1}' >>"$1"
}

start_gdnsd() {
	mkdir -p "$work/gdnsd/zones" "$work/gdnsd/run" "$work/gdnsd/state"
	zone "$work/gdnsd/zones/bench.test" 'fail DYNA simplefo!pair'
	cat >"$work/gdnsd/config" <<-END
		options => { listen => 127.0.0.1:5301, udp_threads => 1, tcp_threads => 1, run_dir => $work/gdnsd/run, state_dir => $work/gdnsd/state }
		service_types => { web => { plugin => tcp_connect, port => 5380, interval => 10, timeout => 4 } }
		plugins => { simplefo => { service_types => web, pair => { primary => 127.0.0.1, secondary => 127.0.0.2 } } }
	END
	serve gdnsd gdnsd -c "$work/gdnsd" start
}

start_knot() {
	mkdir -p "$work/knot"
	zone "$work/knot/bench.test" ''
	cat >"$work/knot/conf" <<-END
		server:
		  rundir: $work/knot
		  listen: 127.0.0.1@5302
		  udp-workers: 1
		  tcp-workers: 1
		  background-workers: 1
		database:
		  storage: $work/knot/db
		zone:
		  - domain: bench.test
		    storage: $work/knot
		    file: bench.test
	END
	serve knot knotd -c "$work/knot/conf"
}

start_nsd() {
	mkdir -p "$work/nsd"
	zone "$work/nsd/bench.test" ''
	cat >"$work/nsd/conf" <<-END
		server:
		  ip-address: 127.0.0.1@5303
		  server-count: 1
		  username: ""
		  zonesdir: $work/nsd
		  pidfile: $work/nsd/pid
		  xfrdfile: $work/nsd/xfrd
		  zonelistfile: $work/nsd/list
		  xfrdir: $work/nsd
		  database: ""
		  minimal-responses: yes
		  rrl-ratelimit: 0
		remote-control:
		  control-enable: no
		zone:
		  name: bench.test
		  zonefile: bench.test
	END
	serve nsd nsd -d -c "$work/nsd/conf"
}

start_pdns() {
	mkdir -p "$work/pdns"
	zone "$work/pdns/bench.test" "fail IN LUA A \"ifportup(5380, {'127.0.0.1', '127.0.0.2'}, {selector='pickclosest'})\""
	printf 'zone "bench.test" { type master; file "%s/pdns/bench.test"; };\n' "$work" >"$work/pdns/named.conf"
	cat >"$work/pdns/pdns.conf" <<-END
		launch=bind
		bind-config=$work/pdns/named.conf
		local-address=127.0.0.1
		local-port=5304
		socket-dir=$work/pdns
		receiver-threads=1
		distributor-threads=1
		enable-lua-records=yes
	END
	serve pdns pdns_server --config-dir="$work/pdns" --daemon=no --guardian=no
}

start_bind() {
	mkdir -p "$work/bind"
	zone "$work/bind/bench.test" ''
	cat >"$work/bind/conf" <<-END
		options { directory "$work/bind"; pid-file "$work/bind/pid"; session-keyfile "$work/bind/key"; listen-on port 5305 { 127.0.0.1; };
			listen-on-v6 { none; }; recursion no; minimal-responses yes; querylog no; dnssec-validation no; };
		controls { };
		zone "bench.test" { type primary; file "$work/bind/bench.test"; };
	END
	serve bind named -f -n 1 -c "$work/bind/conf"
}

start_coredns() {
	mkdir -p "$work/coredns"
	zone "$work/coredns/bench.test" ''
	printf 'bench.test:5306 {\n bind 127.0.0.1\n file %s/coredns/bench.test\n}\n' "$work" >"$work/coredns/Corefile"
	PATH=$PATH:$PWD/bin
	command -v coredns >/dev/null || GOBIN=$PWD/bin go install github.com/coredns/coredns@v1.15.0
	GOMAXPROCS=1 serve coredns coredns -conf "$work/coredns/Corefile"
}

# answers PORT waits until a server answers there.
answers() {
	for _ in $(seq 150); do
		[ -n "$(dig +short +tries=1 +time=1 -p "$1" @127.0.0.1 n00000.bench.test 2>/dev/null | grep ^198)" ] && return
		sleep 0.2
	done
	return 1
}

[ "$(id -u)" = 0 ] && install_missing
go build -o "$work/measure" ./bench/dns
go build -o "$work/nameserver" ./cloud/internal/bench/nameserver
mkdir "$work/empty"
# What the health checks look at.
(cd "$work/empty" && exec taskset -c 1 python3 -m http.server -b 127.0.0.1 5380 >/dev/null 2>&1) &
pids+=($!)
GOMAXPROCS=1 serve understudy "$work/nameserver" -listen 127.0.0.1:5300 -names $names -target 127.0.0.1:5380

declare -A ports=([understudy]=5300 [gdnsd]=5301 [knot]=5302 [nsd]=5303 [pdns]=5304 [bind]=5305 [coredns]=5306)
servers=
for peer in understudy $peers; do
	if [ "$peer" != understudy ]; then start_"$peer"; fi
	if answers "${ports[$peer]}"; then
		servers+=${servers:+,}$peer=127.0.0.1:${ports[$peer]}
	else
		echo "$peer does not answer:" >&2
		tail -5 "$work/$peer.log" >&2
	fi
done
sleep 3 # the first rounds of health checks
taskset -c 1 "$work/measure" -servers "$servers" -failover understudy,gdnsd,pdns -rounds "${ROUNDS:-15}" -for "${FOR:-250ms}" -rest "${REST:-200ms}"

if command -v dnsperf >/dev/null; then
	echo
	echo "dnsperf, one name, one thread, 4 sockets:"
	echo 'www.bench.test A' >"$work/queries"
	for s in ${servers//,/ }; do
		rate=$(taskset -c 1 dnsperf -s 127.0.0.1 -p "${s##*:}" -d "$work/queries" -l 3 -c 4 -T 1 2>/dev/null | awk '/Queries per second/ {print $4}')
		printf '  %-10s %9.0f answers/s\n' "${s%%=*}" "${rate:-0}"
	done
fi
echo
go test ./cloud/internal/dns -run TestFigures -count=1 -v | grep ^figure
