package routing

// The tree of the page "How health checks work in complex configurations": latency aliases over weighted records.
const (
	tree = `
		@ A -> east | region=us-east-1 eth
		@ A -> south | region=ap-southeast-2 eth
		east A 192.0.2.1 | weight=1 check=e1
		east A 192.0.2.2 | weight=1 check=e2
		south A 192.0.2.3 | weight=1 check=s1
		south A 192.0.2.4 | weight=1 check=s2`
	checkedTree = `
		@ A -> east | region=us-east-1 eth check=top
		@ A -> south | region=ap-southeast-2 eth
		east A 192.0.2.1 | weight=1 check=e1
		east A 192.0.2.2 | weight=1 check=e2
		south A 192.0.2.3 | weight=1 check=s1
		south A 192.0.2.4 | weight=1 check=s2`
	gapTree = `
		@ A -> east | region=us-east-1 eth
		@ A -> south | region=ap-southeast-2 eth
		east A 192.0.2.1 | weight=1 check=e1
		east A 192.0.2.2 | weight=1
		south A 192.0.2.3 | weight=1 check=s1
		south A 192.0.2.4 | weight=1 check=s2`
	blindTree = `
		@ A -> east | region=us-east-1
		@ A -> south | region=ap-southeast-2 eth
		east A 192.0.2.1 | weight=1 check=e1
		east A 192.0.2.2 | weight=1 check=e2
		south A 192.0.2.3 | weight=1 check=s1
		south A 192.0.2.4 | weight=1 check=s2`
	deepTree = `
		@ A -> main | primary eth
		@ A -> sorry | secondary
		main A -> east | region=us-east-1 eth
		main A -> west | region=us-west-2 eth
		east A -> east-blue | weight=1 eth
		east A -> east-green | weight=0 eth
		east-blue A 192.0.2.1 | check=blue
		east-green A 192.0.2.2 | check=green
		west A -> lb2 | eth
		sorry A 192.0.2.9`
)

var documentedTrees = []documented{
	{complexPage, "the nearest branch, by weight", tree, "", "us-east-1", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{complexPage, "an unhealthy leaf: the branch's other", tree, "e1", "us-east-1", "", "192.0.2.2×1"},
	{complexPage, "no leaf is healthy: back out to the next best branch", tree, "e1 e2", "us-east-1", "", "192.0.2.3×0.5 192.0.2.4×0.5"},
	{complexPage, "back out, and there too an unhealthy leaf", tree, "e1 e2 s1", "us-east-1", "", "192.0.2.4×1"},
	{complexPage, "nothing is healthy: the nearest branch, as if all were", tree, "e1 e2 s1 s2", "us-east-1", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{complexPage, "the other user's nearest branch", tree, "e1 e2", "ap-southeast-2", "", "192.0.2.3×0.5 192.0.2.4×0.5"},
	{complexPage, "the other user's branch fails", tree, "s1 s2", "ap-southeast-2", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{complexPage, "a branch's own name", tree, "e1", "ap-southeast-2", "east A", "192.0.2.2×1"},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "the alias's check fails: none of its leaves, healthy as they are", checkedTree, "top", "us-east-1", "", "192.0.2.3×0.5 192.0.2.4×0.5"},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "the alias's check passes, no leaf is healthy", checkedTree, "e1 e2", "us-east-1", "", "192.0.2.3×0.5 192.0.2.4×0.5"},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "the alias's check passes, one leaf is healthy", checkedTree, "e2", "us-east-1", "", "192.0.2.1×1"},
	{complexPage + "#dns-failover-complex-configs-hc-alias", "exceptions: nothing else is healthy", checkedTree, "top s1 s2", "us-east-1", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{complexPage + "#dns-failover-complex-configs-hc-omitting", "a leaf without a check keeps its branch", gapTree, "e1", "us-east-1", "", "192.0.2.2×1"},
	{complexPage + "#dns-failover-complex-configs-hc-omitting", "a leaf without a check, all others unhealthy", gapTree, "e1 s1 s2", "ap-southeast-2", "", "192.0.2.2×1"},
	{complexPage + "#dns-failover-complex-configs-eth-no", "one of the branch's records, though all fail", blindTree, "e1 e2", "us-east-1", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{complexPage + "#dns-failover-complex-configs-eth-no", "within the branch health still counts", blindTree, "e1", "us-east-1", "", "192.0.2.2×1"},
	{complexPage + "#dns-failover-complex-configs-eth-no", "a branch that is taken for healthy is another's way out", blindTree, "s1 s2 e1 e2", "ap-southeast-2", "", "192.0.2.1×0.5 192.0.2.2×0.5"},

	{choosePage, "health goes up four levels: all healthy", deepTree, "", "us-east-1", "", "192.0.2.1"},
	{choosePage, "health goes up four levels: blue fails, green has no weight but health", deepTree, "blue", "us-east-1", "", "192.0.2.2"},
	{choosePage, "health goes up four levels: a region fails", deepTree, "blue green", "us-east-1", "", sAddr},
	{choosePage, "health goes up four levels: both regions fail", deepTree, "blue green lb2", "us-east-1", "", "192.0.2.9"},
	{choosePage, "health goes up four levels: the far region's user", deepTree, "lb2", "us-west-2", "", "192.0.2.1"},

	{choosePage, "weighted over failover", `
		@ A -> one | weight=1 eth
		@ A -> two | weight=1 eth
		one A 192.0.2.1 | primary check=a
		one A 192.0.2.2 | secondary check=b
		two A 192.0.2.3 | check=c`, "a c", "", "", "192.0.2.2×1"},
	{choosePage, "geolocation over weighted: back out to the default", `
		@ A -> europe | continent=EU eth
		@ A 192.0.2.9 | country=*
		europe A 192.0.2.1 | weight=1 check=a
		europe A 192.0.2.2 | weight=1 check=b`, "a b", "eu-west-1", "", "192.0.2.9"},
	{choosePage, "failover over multivalue", `
		@ A -> many | primary eth
		@ A 192.0.2.9 | secondary
		many A 192.0.2.1 | multi id=1 check=a
		many A 192.0.2.2 | multi id=2 check=b`, "a", "", "", "192.0.2.2"},
	{choosePage, "failover over multivalue: all fail", `
		@ A -> many | primary eth
		@ A 192.0.2.9 | secondary
		many A 192.0.2.1 | multi id=1 check=a
		many A 192.0.2.2 | multi id=2 check=b`, "a b", "", "", "192.0.2.9"},
	{choosePage, "failover over latency over failover", `
		@ A -> all | primary eth
		@ A 192.0.2.9 | secondary
		all A -> east | region=us-east-1 eth
		all A -> west | region=us-west-2 eth
		east A 192.0.2.1 | primary check=e1
		east A 192.0.2.2 | secondary check=e2
		west A 192.0.2.3 | primary check=w1
		west A 192.0.2.4 | secondary check=w2`, "e1 e2 w1", "us-east-1", "", "192.0.2.4"},
	{geoPage, "a branch that has nothing for this client is backed out of", `
		@ A -> geo | primary eth
		@ A 192.0.2.9 | secondary
		geo A 192.0.2.1 | continent=EU`, "", kenya, "", "192.0.2.9"},
}
