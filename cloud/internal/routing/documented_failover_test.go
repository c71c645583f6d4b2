package routing

const (
	choosePage  = "health-checks-how-route-53-chooses-records"
	complexPage = "dns-failover-complex-configs"
	simplePage  = "dns-failover-simple-configs"
	typesPage   = "dns-failover-types"
)

// The pairs that failover has: plain ones, aliases to load balancers, and mixed.
const (
	plainPair = `
		@ A 192.0.2.1 | primary check=p
		@ A 192.0.2.2 | secondary check=s`
	uncheckedPair = `
		@ A 192.0.2.1 | primary check=p
		@ A 192.0.2.2 | secondary`
	aliasPair = `
		@ A -> lb1 | primary eth
		@ A -> lb2 | secondary eth`
	checkedAliasPair = `
		@ A -> lb1 | primary eth check=p
		@ A -> lb2 | secondary eth check=s`
	blindPair = `
		@ A -> lb1 | primary
		@ A -> lb2 | secondary eth`
	checkOnlyPair = `
		@ A -> lb1 | primary check=p
		@ A -> lb2 | secondary check=s`
	mixedPair = `
		@ A -> lb1 | primary eth
		@ A 192.0.2.2 | secondary`
	otherMixedPair = `
		@ A 192.0.2.1 | secondary
		@ A -> lb2 | primary eth check=p`
)

var documentedFailover = []documented{
	{choosePage, "a healthy primary is returned alone", plainPair, "", "", "", "192.0.2.1"},
	{choosePage, "a healthy primary is returned alone, whatever the secondary's health", plainPair, "s", "", "", "192.0.2.1"},
	{choosePage, "primary unhealthy, secondary healthy: the secondary", plainPair, "p", "", "", "192.0.2.2"},
	{choosePage, "both unhealthy: the primary", plainPair, "p s", "", "", "192.0.2.1"},
	{choosePage, "secondary without a check, primary healthy", uncheckedPair, "", "", "", "192.0.2.1"},
	{choosePage, "secondary without a check is always used when the primary is unhealthy", uncheckedPair, "p", "", "", "192.0.2.2"},
	{choosePage, "the other's check is none of a record's", uncheckedPair, "s", "", "", "192.0.2.1"},
	{choosePage, "the order that records are listed in says nothing", `
		@ A 192.0.2.2 | secondary check=s
		@ A 192.0.2.1 | primary check=p`, "", "", "", "192.0.2.1"},
	{choosePage, "both unhealthy: the primary, wherever it is listed", `
		@ A 192.0.2.2 | secondary check=s
		@ A 192.0.2.1 | primary check=p`, "p s", "", "", "192.0.2.1"},
	{choosePage, "a record of several values is returned whole", `
		@ A 192.0.2.1, 192.0.2.11 | primary check=p
		@ A 192.0.2.2 | secondary`, "", "", "", "192.0.2.1 192.0.2.11"},
	{choosePage, "failover of another type is another group", plainPair + `
		@ AAAA 2001:db8::1 | primary check=p6
		@ AAAA 2001:db8::2 | secondary`, "p6", "", "", "192.0.2.1"},
	{choosePage, "failover works for every type: AAAA", `
		@ AAAA 2001:db8::1 | primary check=p6
		@ AAAA 2001:db8::2 | secondary`, "p6", "", "@ AAAA", "2001:db8::2"},
	{choosePage, "failover works for every type: CNAME", `
		www CNAME a.example. | primary check=p
		www CNAME b.example. | secondary`, "p", "", "www A", "b.example."},
	{choosePage, "failover works for every type: MX", `
		@ MX 10 a.example. | primary check=p
		@ MX 10 b.example. | secondary`, "p", "", "@ MX", "10 b.example."},
	{choosePage, "failover works for every type: TXT", `
		@ TXT "a" | primary check=p
		@ TXT "b" | secondary`, "p", "", "@ TXT", `"b"`},
	{choosePage, "one check may be two records'", `
		@ A 192.0.2.1 | primary check=p
		@ A 192.0.2.2 | secondary check=p`, "p", "", "", "192.0.2.1"},
	{choosePage, "both may be aliases: well", aliasPair, "", "", "", pAddr},
	{choosePage, "both may be aliases: primary's target unhealthy", aliasPair, "lb1", "", "", sAddr},
	{choosePage, "both may be aliases: secondary's target unhealthy", aliasPair, "lb2", "", "", pAddr},
	{choosePage, "both may be aliases: no target healthy", aliasPair, "lb1 lb2", "", "", pAddr},
	{"resource-record-sets-values-failover-alias#rrsets-values-failover-alias-alias", "one may be an alias: primary", mixedPair, "", "", "", pAddr},
	{"resource-record-sets-values-failover-alias#rrsets-values-failover-alias-alias", "one may be an alias: primary's target unhealthy", mixedPair, "lb1", "", "", "192.0.2.2"},
	{"resource-record-sets-values-failover-alias#rrsets-values-failover-alias-alias", "either may be the primary", otherMixedPair, "", "", "", sAddr},
	{"resource-record-sets-values-failover-alias#rrsets-values-failover-alias-alias", "either may be the primary: its check fails", otherMixedPair, "p", "", "", "192.0.2.1"},
	{"resource-record-sets-values-failover-alias#rrsets-values-failover-alias-alias", "either may be the primary: its target is unhealthy", otherMixedPair, "lb2", "", "", "192.0.2.1"},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "check and target: both healthy", checkedAliasPair, "", "", "", pAddr},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "check and target: the check fails", checkedAliasPair, "p", "", "", sAddr},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "check and target: the target is unhealthy", checkedAliasPair, "lb1", "", "", sAddr},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "check and target: of each, one half fails", checkedAliasPair, "p lb2", "", "", pAddr},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "check and target: all fail", checkedAliasPair, "p lb1 s lb2", "", "", pAddr},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "a check instead of the target: the target says nothing", checkOnlyPair, "lb1", "", "", pAddr},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "a check instead of the target: the check fails", checkOnlyPair, "p", "", "", sAddr},
	{complexPage + "#dns-failover-complex-configs-eth-no", "an alias that evaluates nothing never fails over", blindPair, "lb1", "", "", pAddr},
	{complexPage + "#dns-failover-complex-configs-eth-no", "an alias that evaluates nothing, all unhealthy", blindPair, "lb1 lb2", "", "", pAddr},
	{typesPage + "#dns-failover-types-active-passive-one-resource", "one primary and one secondary", aliasPair, "lb1", "", "", sAddr},
	{typesPage + "#dns-failover-types-active-passive-multiple-resources", "several primaries: any that is healthy", severalPair, "p1", "", "", "192.0.2.2×1"},
	{typesPage + "#dns-failover-types-active-passive-multiple-resources", "several primaries: none healthy", severalPair, "p1 p2", "", "", "192.0.2.3×0.5 192.0.2.4×0.5"},
	{typesPage + "#dns-failover-types-active-passive-multiple-resources", "several primaries: all healthy", severalPair, "", "", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{typesPage + "#dns-failover-types-active-passive-multiple-resources", "several primaries: nothing healthy anywhere", severalPair, "p1 p2 s1 s2", "", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{typesPage + "#dns-failover-types-active-passive-weighted", "weights of zero are passive", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=0 check=b`, "", "", "", "192.0.2.1×1"},
	{typesPage + "#dns-failover-types-active-passive-weighted", "weights of zero take over", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=0 check=b`, "a", "", "", "192.0.2.2×1"},
	{"dns-failover-private-hosted-zones", "failover in a private zone", `
		zone inside.test. private us-east-1/vpc-1
		@ A 10.0.0.1 | primary check=p
		@ A 10.0.0.2 | secondary`, "p", "vpc us-east-1/vpc-1", "inside.test. A", "10.0.0.2"},
}

const severalPair = `
	@ A -> first | primary eth
	@ A -> second | secondary eth
	first A 192.0.2.1 | weight=10 check=p1
	first A 192.0.2.2 | weight=10 check=p2
	second A 192.0.2.3 | weight=10 check=s1
	second A 192.0.2.4 | weight=10 check=s2`

const cascades = "dns-failover-problems#dns-failover-cascading-failures"

// Of records with health checks, whatever their policy.
var documentedChoice = []documented{
	{choosePage, "no record is healthy: weighted", `
		@ A 192.0.2.1 | weight=3 check=a
		@ A 192.0.2.2 | weight=1 check=b`, "a b", "", "", "192.0.2.1×0.75 192.0.2.2×0.25"},
	{choosePage, "no record is healthy: latency", `
		@ A 192.0.2.1 | region=us-east-1 check=a
		@ A 192.0.2.2 | region=eu-west-1 check=b`, "a b", "eu-west-2", "", "192.0.2.2"},
	{choosePage, "no record is healthy: geolocation", `
		@ A 192.0.2.1 | country=* check=a
		@ A 192.0.2.2 | continent=EU check=b`, "a b", "eu-west-2", "", "192.0.2.2"},
	{choosePage, "no record is healthy: geoproximity", `
		@ A 192.0.2.1 | near=us-east-1 check=a
		@ A 192.0.2.2 | near=eu-west-1 check=b`, "a b", "eu-west-2", "", "192.0.2.2"},
	{choosePage, "no record is healthy: IP-based", `
		location x 10.1.0.0/16
		@ A 192.0.2.1 | location=* check=a
		@ A 192.0.2.2 | location=x check=b`, "a b", "10.1.2.0/24", "", "192.0.2.2"},
	{choosePage, "no record is healthy: multivalue", `
		@ A 192.0.2.1 | multi id=1 check=a
		@ A 192.0.2.2 | multi id=2 check=b`, "a b", "", "", "192.0.2.1 192.0.2.2"},
	{choosePage, "records without a check are always healthy: weighted", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=1`, "a", "", "", "192.0.2.2×1"},
	{choosePage, "records without a check are always healthy: latency", `
		@ A 192.0.2.1 | region=us-east-1
		@ A 192.0.2.2 | region=eu-west-1 check=b`, "b", "eu-west-2", "", "192.0.2.1"},
	{choosePage, "a record alone answers whatever its check says", `
		@ A 192.0.2.1 | weight=1 check=a`, "a", "", "", "192.0.2.1"},
	{choosePage, "an alias is healthy while one of its weighted targets is", `
		@ A -> east | primary eth
		@ A 192.0.2.9 | secondary
		east A 192.0.2.1 | weight=1 check=a
		east A 192.0.2.2 | weight=1 check=b`, "a", "", "", "192.0.2.2×1"},
	{choosePage, "an alias is unhealthy when none of its weighted targets is healthy", `
		@ A -> east | primary eth
		@ A 192.0.2.9 | secondary
		east A 192.0.2.1 | weight=1 check=a
		east A 192.0.2.2 | weight=1 check=b`, "a b", "", "", "192.0.2.9"},
	{choosePage, "an alias to a single checked record", `
		@ A -> east | primary eth
		@ A 192.0.2.9 | secondary
		east A 192.0.2.1 | check=a`, "a", "", "", "192.0.2.9"},
	{cascades, "one of three fails: the two others share", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=1 check=b
		@ A 192.0.2.3 | weight=1 check=c`, "c", "", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{cascades, "all three fail: all share again", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=1 check=b
		@ A 192.0.2.3 | weight=1 check=c`, "a b c", "", "", "192.0.2.1×0.333 192.0.2.2×0.333 192.0.2.3×0.333"},
	{cascades, "never NXDOMAIN, at any level", `
		@ A -> east | primary eth
		@ A -> west | secondary eth
		east A -> lb1 | weight=1 eth
		west A -> lb2 | weight=1 eth`, "lb1 lb2", "", "", pAddr},
	{"API_AliasTarget", "a load balancer's TTL and addresses are its own", "@ A -> lb1 | eth", "lb1", "", "", pAddr},
	{"API_AliasTarget", "aliases of load balancers in a group: the healthy one", `
		@ A -> lb1 | weight=1 eth
		@ A -> lb2 | weight=1 eth`, "lb1", "", "", sAddr + "×1"},
	{"API_AliasTarget", "a load balancer that is gone has no health and no address", `
		@ A -> gone.us-east-1.elb.amazonaws.com. | primary eth
		@ A 192.0.2.2 | secondary`, "", "", "", "192.0.2.2"},
}
