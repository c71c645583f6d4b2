package routing

const (
	latencyPage   = "routing-policy-latency"
	geoPage       = "routing-policy-geo"
	geoHealthPage = "resource-record-sets-values-geo#rrsets-values-geo-associate-with-health-check"
	subPage       = "resource-record-sets-values-geo#rrsets-values-geo-sublocation"
	proximityPage = "routing-policy-geoproximity"
	biasPage      = "routing-policy-geoproximity#routing-policy-geoproximity-bias"
	ipPage        = "routing-policy-ipbased"
	ednsPage      = "routing-policy-edns0"
)

// Networks of places.txt.
const (
	kyiv, texas, newYork, amsterdam = "198.18.128.0/24", "198.18.129.0/24", "198.18.130.0/24", "198.18.131.0/24"
	argentina, kenya, antarctica    = "198.18.132.0/24", "198.18.133.0/24", "198.18.134.0/24"
	fiji, nowhere                   = "198.18.135.0/24", "198.18.200.0/24"
)

const (
	twoRegions = `
		@ A 192.0.2.1 | region=us-west-2 check=a
		@ A 192.0.2.2 | region=ap-southeast-1 check=b`
	threeRegions = `
		@ A 192.0.2.1 | region=us-east-1 check=a
		@ A 192.0.2.2 | region=eu-west-1 check=b
		@ A 192.0.2.3 | region=ap-northeast-1 check=c`
	fourSizes = `
		@ A 192.0.2.1 | state=US-TX check=tx
		@ A 192.0.2.2 | country=US check=us
		@ A 192.0.2.3 | continent=NA check=na
		@ A 192.0.2.4 | country=* check=any`
	noDefault = `
		@ A 192.0.2.1 | state=US-TX
		@ A 192.0.2.3 | continent=EU`
	blocksOf = `
		location isp 10.1.0.0/16 2001:db8::/32
		location seattle 10.1.2.0/24
		location other 10.8.0.0/13
		@ A 192.0.2.1 | location=isp check=isp
		@ A 192.0.2.2 | location=seattle check=seattle
		@ A 192.0.2.3 | location=other check=other
		@ A 192.0.2.4 | location=* check=any`
)

var documentedPlaces = []documented{
	{latencyPage, "the region of the least latency: from the west of America", twoRegions, "", "us-west-1", "", "192.0.2.1"},
	{latencyPage, "the region of the least latency: from Asia", twoRegions, "", "ap-south-1", "", "192.0.2.2"},
	{latencyPage, "the region that the user is in", threeRegions, "", "eu-west-1", "", "192.0.2.2"},
	{latencyPage, "only regions with records count", threeRegions, "", "ap-northeast-2", "", "192.0.2.3"},
	{latencyPage, "aliases to load balancers", `
		@ A -> lb1 | region=us-east-1 eth
		@ A -> lb2 | region=us-west-2 eth`, "", "us-west-1", "", sAddr},
	{latencyPage, "in a private zone, of the VPC's region", `
		zone inside.test. private us-west-2/vpc-1
		@ A 10.0.0.1 | region=us-east-1
		@ A 10.0.0.2 | region=us-west-1`, "", "vpc us-west-2/vpc-1", "inside.test. A", "10.0.0.2"},
	{"resource-record-sets-values-latency", "the nearest is unhealthy: the next best", threeRegions, "b", "eu-west-2", "", "192.0.2.1"},
	{"resource-record-sets-values-latency", "the two nearest are unhealthy: the last", threeRegions, "a b", "eu-west-2", "", "192.0.2.3"},
	{"resource-record-sets-values-latency", "a load balancer is unhealthy: the next best", `
		@ A -> lb1 | region=us-east-1 eth
		@ A -> lb2 | region=us-west-2 eth`, "lb2", "us-west-1", "", pAddr},

	{geoPage, "by state", fourSizes, "", texas, "", "192.0.2.1"},
	{geoPage, "the smallest region has priority: the country", fourSizes, "", newYork, "", "192.0.2.2"},
	{geoPage, "by continent", fourSizes, "", "ca-central-1", "", "192.0.2.3"},
	{geoPage, "the default, of who is elsewhere", fourSizes, "", kenya, "", "192.0.2.4"},
	{geoPage, "the default, of addresses that are not mapped", fourSizes, "", nowhere, "", "192.0.2.4"},
	{geoPage, "no default, elsewhere: no answer", noDefault, "", kenya, "", "NOERROR SOA"},
	{geoPage, "no default, not mapped: no answer", noDefault, "", nowhere, "", "NOERROR SOA"},
	{geoPage, "all continents without a default: no answer for who is nowhere", `
		@ A 192.0.2.1 | continent=AF
		@ A 192.0.2.2 | continent=AN
		@ A 192.0.2.3 | continent=AS
		@ A 192.0.2.4 | continent=EU
		@ A 192.0.2.5 | continent=NA
		@ A 192.0.2.6 | continent=OC
		@ A 192.0.2.7 | continent=SA`, "", nowhere, "", "NOERROR SOA"},
	{geoPage, "Antarctica is a continent", "@ A 192.0.2.2 | continent=AN", "", antarctica, "", "192.0.2.2"},
	{geoPage, "a country of another continent's record", `
		@ A 192.0.2.1 | continent=OC
		@ A 192.0.2.2 | country=FJ`, "", fiji, "", "192.0.2.2"},
	{geoPage, "in a private zone, of the VPC's region", `
		zone inside.test. private eu-west-1/vpc-1
		@ A 10.0.0.1 | continent=EU
		@ A 10.0.0.2 | country=*`, "", "vpc eu-west-1/vpc-1", "inside.test. A", "10.0.0.1"},
	{geoPage, "another type has other records", fourSizes, "", texas, "@ AAAA", "NOERROR SOA"},
	{geoHealthPage, "the state's is unhealthy: the country", fourSizes, "tx", texas, "", "192.0.2.2"},
	{geoHealthPage, "state and country are unhealthy: the continent", fourSizes, "tx us", texas, "", "192.0.2.3"},
	{geoHealthPage, "all but the default are unhealthy", fourSizes, "tx us na", texas, "", "192.0.2.4"},
	{geoHealthPage, "all are unhealthy: the smallest", fourSizes, "tx us na any", texas, "", "192.0.2.1"},
	{geoHealthPage, "records for elsewhere are not considered", `
		@ A 192.0.2.1 | country=US check=us
		@ A 192.0.2.2 | continent=EU`, "us", texas, "", "192.0.2.1"},
	{subPage, "addresses of the country but of no state", `
		@ A 192.0.2.1 | state=US-TX
		@ A 192.0.2.2 | country=*`, "", newYork, "", "192.0.2.2"},
	{subPage, "no record for the country and no default: no answer", "@ A 192.0.2.1 | state=US-TX", "", newYork, "", "NOERROR SOA"},
	{"API_GeoLocation", "subdivisions of Ukraine", `
		@ A 192.0.2.1 | state=UA-30
		@ A 192.0.2.2 | country=UA`, "", kyiv, "", "192.0.2.1"},

	{proximityPage, "the closest region", `
		@ A 192.0.2.1 | near=us-east-1
		@ A 192.0.2.2 | near=eu-west-1`, "", amsterdam, "", "192.0.2.2"},
	{proximityPage, "coordinates of what is not AWS's", `
		@ A 192.0.2.1 | near=us-east-1
		@ A 192.0.2.2 | near=-26.2,28.0`, "", kenya, "", "192.0.2.2"},
	{proximityPage, "a local zone group is near its region", `
		@ A 192.0.2.1 | near=us-west-2-lax-1
		@ A 192.0.2.2 | near=us-east-1`, "", "us-west-1", "", "192.0.2.1"},
	{proximityPage, "the closest that is available", `
		@ A 192.0.2.1 | near=us-east-1 check=a
		@ A 192.0.2.2 | near=eu-west-1 check=b`, "b", amsterdam, "", "192.0.2.1"},
	{proximityPage, "a positive bias expands", `
		@ A 192.0.2.1 | near=us-east-1 bias=75
		@ A 192.0.2.2 | near=eu-west-1`, "", "eu-south-2", "", "192.0.2.2"},
	{proximityPage, "a positive bias expands further", `
		@ A 192.0.2.1 | near=us-east-1 bias=90
		@ A 192.0.2.2 | near=eu-west-1`, "", "eu-south-2", "", "192.0.2.1"},
	{proximityPage, "a negative bias shrinks", `
		@ A 192.0.2.1 | near=us-east-1
		@ A 192.0.2.2 | near=eu-west-1 bias=-99`, "", kenya, "", "192.0.2.1"},
	// On the equator a degree of longitude is 111 km, so that distances are plain to see.
	{biasPage, "150 km with a bias of 50 is 75 km, nearer than 100 km", `
		@ A 192.0.2.1 | near=-1.30,38.15 bias=50
		@ A 192.0.2.2 | near=-1.30,35.90`, "", kenya, "", "192.0.2.1"},
	{biasPage, "150 km without a bias is further than 100 km", `
		@ A 192.0.2.1 | near=-1.30,38.15
		@ A 192.0.2.2 | near=-1.30,35.90`, "", kenya, "", "192.0.2.2"},
	{biasPage, "150 km with a bias of 33 is just over 100 km", `
		@ A 192.0.2.1 | near=-1.30,38.15 bias=33
		@ A 192.0.2.2 | near=-1.30,35.90`, "", kenya, "", "192.0.2.2"},
	{biasPage, "100 km with a bias of -45 is 145 km, nearer than 150 km", `
		@ A 192.0.2.1 | near=-1.30,38.15
		@ A 192.0.2.2 | near=-1.30,35.90 bias=-45`, "", kenya, "", "192.0.2.2"},
	{biasPage, "100 km with a bias of -55 is 155 km, further than 150 km", `
		@ A 192.0.2.1 | near=-1.30,38.15
		@ A 192.0.2.2 | near=-1.30,35.90 bias=-55`, "", kenya, "", "192.0.2.1"},

	{ipPage, "a block that the client is in", blocksOf, "", "10.1.3.0/24", "", "192.0.2.1"},
	{ipPage, "a query's longer CIDR matches the shorter block", blocksOf, "", "10.9.8.0/24", "", "192.0.2.3"},
	{ipPage, "a query's longer CIDR matches the shorter block: IPv6", blocksOf, "", "2001:db8:0:1234::/64", "", "192.0.2.1"},
	{ipPage, "a query's shorter CIDR does not match a longer block", blocksOf, "", "10.0.0.0/8", "", "192.0.2.4"},
	{ipPage, "a query's shorter CIDR does not match a longer block: IPv6", blocksOf, "", "2001:d00::/24", "", "192.0.2.4"},
	{ipPage, "the longest block of several", blocksOf, "", "10.1.2.0/24", "", "192.0.2.2"},
	{ipPage, "the default location", blocksOf, "", "192.0.2.0/24", "", "192.0.2.4"},
	{ipPage, "the default location is the block of zero bits", blocksOf, "", "0.0.0.0/0", "", "192.0.2.4"},
	{ipPage, "without a subnet, the address that asks", blocksOf, "", "10.1.2.3", "", "192.0.2.2"},
	{ipPage, "no default location: no answer", `
		location isp 10.1.0.0/16
		@ A 192.0.2.1 | location=isp`, "", "10.2.0.0/24", "", "NOERROR SOA"},
	{ipPage, "unhealthy: the next longest block", blocksOf, "seattle", "10.1.2.0/24", "", "192.0.2.1"},
	{ipPage, "unhealthy, all blocks: the default", blocksOf, "seattle isp", "10.1.2.0/24", "", "192.0.2.4"},
	{ipPage, "unhealthy, all: the longest block", blocksOf, "seattle isp other any", "10.1.2.0/24", "", "192.0.2.2"},
	{ipPage, "an override over geolocation", `
		location isp 198.18.129.0/24
		@ A 192.0.2.1 | location=isp
		@ A -> geo | location=*
		geo A 192.0.2.2 | country=US
		geo A 192.0.2.3 | country=*`, "", newYork, "", "192.0.2.2"},

	{ednsPage, "a subnet that is told counts, not the resolver's address", threeRegions, "", "ap-northeast-1", "", "192.0.2.3"},
	{ednsPage, "no subnet: the resolver's address", threeRegions, "", "198.18.25.9", "", "192.0.2.2"},
	{ednsPage, "no subnet: the resolver's address, by country", fourSizes, "", "198.18.129.9", "", "192.0.2.1"},
	{ednsPage, "IPv6 resolvers have places too", threeRegions, "", "2001:2::1", "", "192.0.2.2"},
}
