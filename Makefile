# make builds; make check is the fast judgement; make test is everything.
.PHONY: all build check portable test race race-rehearsals every-call reachability generate fuzz bench-dns bench-checks bench-calls bench-region bench-balancer bench-simulation bench-drills bench-drill ramp soak soak-balancer random-declarations terraform release

all: build

build:
	go build -o understudy ./cmd/understudy

check: bin/staticcheck
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	go vet ./...
	bin/staticcheck ./...
	go vet -C release ./...

# The tool on the systems without a cloud: minutes, for the SDK is compiled for each. `make release` builds for them too.
portable:
	GOOS=darwin go vet ./cmd/... .
	GOOS=windows go vet ./cmd/... .

test:
	scripts/test

# The packages with concurrency of their own, found by what they import.
race:
	scripts/race

# The rehearsals with an understudy that the race detector is built into, which ends at the first race: half an hour. OF=TestName for some of them.
race-rehearsals:
	go build -race -o bin/understudy-race ./cmd/understudy
	UNDERSTUDY_BINARY=$(CURDIR)/bin/understudy-race GORACE=halt_on_error=1 go test ./e2e -count=1 -timeout 4h -parallel 2 -run '$(OF)'

# Each call of a whole up, a change and a down goes wrong once in each way: hours. CALLS=20 for a sample of so many lives, OF=network for a change
# of both regions' networks.
every-call:
	UNDERSTUDY_EVERY_CALL=$(or $(CALLS),all) UNDERSTUDY_EVERY_CALL_OF=$(OF) go test ./e2e -count=1 -v -timeout 48h -run TestAfterAnyCallThatGoesWrongTheNextRunConverges

# Random VPCs whose every pair of interfaces is asked what reaches it, and compared with a model; VPCS=5000 for a night.
reachability:
	UNDERSTUDY_REACHABILITY=$(or $(VPCS),500) go test ./cloud/internal/network -count=1 -v -timeout 48h -run TestReachabilityIsAsPredicted

# Every fuzz target; FUZZTIME=10s for a short look.
fuzz:
	scripts/fuzz

# The name server against gdnsd, Knot, NSD, PowerDNS, BIND and CoreDNS: bench/README.md.
bench-dns:
	bench/dns/run.sh

# The health checkers against HAProxy and net/http's client: bench/README.md.
bench-checks:
	bench/checks/run.sh

# The load balancer, and the whole path to an instance, against HAProxy, nginx, Caddy and httputil.ReverseProxy: bench/README.md.
bench-balancer:
	bench/balancer/run.sh

# The calls of up, plan and parity, and how long they take where each takes 150 ms: bench/README.md.
bench-calls:
	bench/calls/run.sh

# How soon a cloud and its instances are there, how large they are, and how fast its calls and its network: bench/README.md.
bench-region:
	bench/region/run.sh

# How fast failovers are predicted and years simulated, without a cloud: bench/README.md.
bench-simulation:
	bench/simulation/run.sh

# What users felt in drills beside what was predicted, as a table and docs/pictures/drills-predicted.svg: docs/predict.md.
bench-drills:
	bench/drills/run.sh docs/pictures/drills-predicted.svg

# What measuring costs: bench/README.md.
bench-drill:
	bench/drill/run.sh

# A load that rises and falls through a load balancer, and what target tracking makes of it, as docs/pictures/target-tracking.svg.
ramp:
	UNDERSTUDY_PICTURE=$(CURDIR)/docs/pictures/target-tracking.svg go test ./e2e -count=1 -v -run TestRampScalesOutAndIn

# Networks and instances made and removed for ten minutes; fails if the cloud's memory grows.
soak:
	SOAK=$(or $(FOR),10m) bench/region/run.sh

# A load balancer under load whose instances, listeners, rules, certificates and attributes change for ten minutes; fails if a request is lost or
# the region's memory grows.
soak-balancer:
	UNDERSTUDY_SOAK=$(or $(FOR),10m) go test ./e2e -count=1 -v -timeout 2h -run TestNobodyIsLostWhileAllChanges

# Twenty random declarations, each built, compared and removed.
random-declarations:
	UNDERSTUDY_DECLARATIONS=$(or $(N),20) go test ./e2e -count=1 -v -timeout 2h -run TestRandomDeclarations

# Real Terraform takes over, builds and removes what is exported, with the providers of a folder (`terraform providers mirror`), on local clouds only: an hour.
# PLUGINS=folder, OF=TestName for some of it.
terraform:
	UNDERSTUDY_TERRAFORM_PLUGINS=$(abspath $(PLUGINS)) go test ./e2e -count=1 -v -timeout 12h -run '$(or $(OF),TestTerraform)'

# What people install, in dist/: programs, archives, packages, bills of materials and checksums. Twice gives the same bytes.
release:
	go run -C release .

generate:
	go generate ./...

bin/staticcheck: tools/go.mod
	go build -C tools -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
