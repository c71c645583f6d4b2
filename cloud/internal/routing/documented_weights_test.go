package routing

const (
	weightedPage = "routing-policy-weighted"
	weightPage   = "resource-record-sets-values-weighted#rrsets-values-weighted-weight"
)

const tenTwentyTwenty = `
	@ A 192.0.2.1 | weight=10 check=a
	@ A 192.0.2.2 | weight=20 check=b
	@ A 192.0.2.3 | weight=20 check=c`

var documentedWeights = []documented{
	{simplePage, "three records: 10/(10+20+20)", tenTwentyTwenty, "", "", "", "192.0.2.1×0.2 192.0.2.2×0.4 192.0.2.3×0.4"},
	{simplePage, "the third is unhealthy: 10/(10+20)", tenTwentyTwenty, "c", "", "", "192.0.2.1×0.333 192.0.2.2×0.667"},
	{simplePage, "two are unhealthy", tenTwentyTwenty, "b c", "", "", "192.0.2.1×1"},
	{simplePage, "all are unhealthy: as if all were healthy", tenTwentyTwenty, "a b c", "", "", "192.0.2.1×0.2 192.0.2.2×0.4 192.0.2.3×0.4"},
	{simplePage, "one without a check counts as healthy", `
		@ A 192.0.2.1 | weight=10 check=a
		@ A 192.0.2.2 | weight=20 check=b
		@ A 192.0.2.3 | weight=20`, "a b", "", "", "192.0.2.3×1"},
	{simplePage, "aliases and others may be mixed", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A -> lb1 | weight=1 eth`, "", "", "", "192.0.2.1×0.5 " + pAddr + "×0.5"},
	{simplePage, "aliases and others may be mixed: the alias is unhealthy", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A -> lb1 | weight=1 eth`, "lb1", "", "", "192.0.2.1×1"},
	{weightedPage, "1 and 255: 1/256th and 255/256ths", `
		@ A 192.0.2.1 | weight=1
		@ A 192.0.2.2 | weight=255`, "", "", "", "192.0.2.1×0.004 192.0.2.2×0.996"},
	{weightedPage, "a weight of 0 stops traffic", `
		@ A 192.0.2.1 | weight=0
		@ A 192.0.2.2 | weight=1`, "", "", "", "192.0.2.2×1"},
	{weightedPage, "equal weights, equal shares", `
		@ A 192.0.2.1 | weight=7 id=1
		@ A 192.0.2.2 | weight=7 id=2
		@ A 192.0.2.3 | weight=7 id=3
		@ A 192.0.2.4 | weight=7 id=4`, "", "", "", "192.0.2.1×0.25 192.0.2.2×0.25 192.0.2.3×0.25 192.0.2.4×0.25"},
	{weightedPage, "one record alone", "@ A 192.0.2.1 | weight=5", "", "", "", "192.0.2.1"},
	{weightPage, "all weights 0: equal probability", `
		@ A 192.0.2.1 | weight=0 id=1
		@ A 192.0.2.2 | weight=0 id=2`, "", "", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{weightPage, "all weights 0 and one unhealthy", `
		@ A 192.0.2.1 | weight=0 check=a
		@ A 192.0.2.2 | weight=0 check=b`, "a", "", "", "192.0.2.2×1"},
	{weightPage, "one record of weight 0 alone", "@ A 192.0.2.1 | weight=0", "", "", "", "192.0.2.1"},
	{choosePage, "weight 0: only nonzero ones at first", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=1 check=b
		@ A 192.0.2.3 | weight=0 check=c`, "a", "", "", "192.0.2.2×1"},
	{choosePage, "weight 0: considered when all others are unhealthy", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=1 check=b
		@ A 192.0.2.3 | weight=0 check=c`, "a b", "", "", "192.0.2.3×1"},
	{choosePage, "weight 0: two of them share", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=0 check=b
		@ A 192.0.2.3 | weight=0 check=c`, "a", "", "", "192.0.2.2×0.5 192.0.2.3×0.5"},
	{choosePage, "weight 0: all unhealthy, so nonzero ones again", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=1 check=b
		@ A 192.0.2.3 | weight=0 check=c`, "a b c", "", "", "192.0.2.1×0.5 192.0.2.2×0.5"},
	{choosePage, "weight 0: an unhealthy one is not considered", `
		@ A 192.0.2.1 | weight=1 check=a
		@ A 192.0.2.2 | weight=0 check=b
		@ A 192.0.2.3 | weight=0 check=c`, "a b", "", "", "192.0.2.3×1"},
	{"API_ResourceRecordSet", "weighted records of another type count for themselves", `
		@ A 192.0.2.1 | weight=1
		@ AAAA 2001:db8::1 | weight=255`, "", "", "", "192.0.2.1"},
}

const (
	multivaluePage = "routing-policy-multivalue"
	eight          = `
		@ A 192.0.2.1 | multi id=1 check=c1
		@ A 192.0.2.2 | multi id=2 check=c2
		@ A 192.0.2.3 | multi id=3 check=c3
		@ A 192.0.2.4 | multi id=4 check=c4
		@ A 192.0.2.5 | multi id=5 check=c5
		@ A 192.0.2.6 | multi id=6 check=c6
		@ A 192.0.2.7 | multi id=7 check=c7
		@ A 192.0.2.8 | multi id=8 check=c8`
)

var documentedMultivalue = []documented{
	{multivaluePage, "eight or fewer healthy: all of them", eight, "", "", "", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 192.0.2.8"},
	{multivaluePage, "only healthy ones", eight, "c1 c3 c5", "", "", "192.0.2.2 192.0.2.4 192.0.2.6 192.0.2.7 192.0.2.8"},
	{multivaluePage, "nine, of which eight are healthy: those", eight + "\n@ A 192.0.2.9 | multi id=9 check=c9", "c4", "", "", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.5 192.0.2.6 192.0.2.7 192.0.2.8 192.0.2.9"},
	{multivaluePage, "without a check always healthy", `
		@ A 192.0.2.1 | multi id=1 check=a
		@ A 192.0.2.2 | multi id=2`, "a", "", "", "192.0.2.2"},
	{multivaluePage, "all unhealthy: up to eight unhealthy ones", eight, "c1 c2 c3 c4 c5 c6 c7 c8", "", "", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 192.0.2.8"},
	{multivaluePage, "one healthy: that alone", eight, "c1 c2 c3 c4 c5 c6 c7", "", "", "192.0.2.8"},
	{multivaluePage, "in a private zone", `
		zone inside.test. private us-east-1/vpc-1
		@ A 10.0.0.1 | multi id=1
		@ A 10.0.0.2 | multi id=2`, "", "vpc us-east-1/vpc-1", "inside.test. A", "10.0.0.1 10.0.0.2"},
	{"routing-policy-simple", "a record's values are all returned", "@ A 192.0.2.1, 192.0.2.2, 192.0.2.3", "", "", "", "192.0.2.1 192.0.2.2 192.0.2.3"},
	{"routing-policy-simple", "one value", "@ A 192.0.2.1", "", "", "", "192.0.2.1"},
}
