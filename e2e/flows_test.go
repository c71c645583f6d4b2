package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// ofFlows is one attribute of the target group.
func ofFlows(key string) string {
	return ofTargetAttributes + "\"Attributes[?Key=='" + key + "'].Value\""
}

// flowFields are the keys of network load balancers.
var flowFields = []field{
	{key: "target.check_protocol", first: "HTTP /healthz 200", second: "TCP None None",
		shown: ofTargets + "[HealthCheckProtocol,HealthCheckPath,Matcher.HttpCode]"},
	{key: "target.preserve_client_ip", first: "true", second: "false", shown: ofFlows("preserve_client_ip.enabled")},
	{key: "target.connection_termination", first: "false", second: "true", shown: ofFlows("deregistration_delay.connection_termination.enabled")},
	{key: "target.stickiness.source_ip", first: "false", second: "true", shown: ofFlows("stickiness.enabled")},
	{key: "balancer.cross_zone", first: "true", second: "false", shown: ofBalancer("load_balancing.cross_zone")},
}

// What is declared of network load balancers is built, changed in place, and removed, and users go to the standby when the primary is lost.
func TestNetworkLoadBalancersServeAPair(t *testing.T) {
	t.Parallel()
	s := start(t)
	const first, second = "testdata/fields/flows.first.yaml", "testdata/fields/flows.second.yaml"
	s.file = first
	s.must("up", "-f", first, "--yes")
	s.asDeclared(first)
	s.must("parity", "-f", first)
	s.readsBack(first)
	before := s.shows(flowFields, "first", first, nil)
	if page := s.curl("http", 8088); !strings.Contains(page.stdout, primary) {
		t.Errorf("at the further port is %+v", page)
	}
	var r demoReport
	out := s.must("drill", "-f", first, "--fault", "region", "--json", "-", "--hold", "1s", "--abort-after", lenience, "--patience", lenience, "--force", busy)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if r.ServedBy[primary] == 0 || r.ServedBy[secondary] == 0 || r.Undetected {
		t.Errorf("%+v", r)
	}
	r.outage.addsUp(t, "the region behind a network load balancer")
	s.unchanged()
	s.must("up", "-f", second, "--yes")
	s.shows(flowFields, "second", second, before)
	s.asDeclared(second)
	s.must("parity", "-f", second)
	s.readsBack(second)
	s.must("down", "-f", second, "--zone", "--yes")
	s.nothingIsLeft()
}
