package discover

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var shop = Zone{"Z1", "shop.test"}

const (
	east  = "web-1.us-east-1.elb.amazonaws.com"
	east2 = "web-3.us-east-1.elb.amazonaws.com"
	west  = "net-2.elb.us-west-2.amazonaws.com"
	eu    = "web-4.eu-west-1.elb.amazonaws.com"
)

// alias makes a record set of a name that is an alias of another: of a load balancer, or of a name of the zone.
func alias(name, to string, as ...func(*r53types.ResourceRecordSet)) r53types.ResourceRecordSet {
	zone := "Z1"
	if RegionOf(to) != "" {
		zone = "Z35SXDOTRQ7X7K"
	}
	r := r53types.ResourceRecordSet{Name: aws.String(name + "."), Type: r53types.RRTypeA,
		AliasTarget: &r53types.AliasTarget{DNSName: aws.String("Dualstack." + to + "."), HostedZoneId: &zone, EvaluateTargetHealth: true}}
	if zone == "Z1" {
		r.AliasTarget.DNSName = aws.String(to + ".")
	}
	for _, change := range as {
		change(&r)
	}
	return r
}

func weight(n int64) func(*r53types.ResourceRecordSet) {
	return func(r *r53types.ResourceRecordSet) { r.Weight, r.SetIdentifier = &n, aws.String(fmt.Sprint(n)) }
}

func part(half r53types.ResourceRecordSetFailover) func(*r53types.ResourceRecordSet) {
	return func(r *r53types.ResourceRecordSet) { r.Failover, r.SetIdentifier = half, aws.String(string(half)) }
}

var (
	primary   = part(r53types.ResourceRecordSetFailoverPrimary)
	secondary = part(r53types.ResourceRecordSetFailoverSecondary)
)

func cname(name, to string) r53types.ResourceRecordSet {
	return r53types.ResourceRecordSet{Name: aws.String(name + "."), Type: r53types.RRTypeCname, TTL: aws.Int64(60),
		ResourceRecords: []r53types.ResourceRecord{{Value: &to}}}
}

func address(name string) r53types.ResourceRecordSet {
	return r53types.ResourceRecordSet{Name: aws.String(name + "."), Type: r53types.RRTypeA, TTL: aws.Int64(60),
		ResourceRecords: []r53types.ResourceRecord{{Value: aws.String("198.51.100.7")}}}
}

// drawn writes a tree as text: a name, and in brackets where its record sets lead.
func drawn(n *Name, way ...*Name) string {
	var branches []string
	for _, b := range n.Branches {
		switch {
		case b.Next != nil && slices.Contains(way, b.Next):
			branches = append(branches, "a loop to "+b.To)
		case b.Next != nil:
			branches = append(branches, drawn(b.Next, append(way, n)...))
		default:
			branches = append(branches, strings.TrimSpace(string(b.End)+" "+b.To))
		}
	}
	return n.Name + "(" + strings.Join(branches, ", ") + ")"
}

func TestWalkFollowsEveryWayThatAZoneHas(t *testing.T) {
	for name, c := range map[string]struct {
		records []r53types.ResourceRecordSet
		want    string
		pairs   [][2]string
		unread  []string
	}{
		"nothing": {nil, "www.shop.test()", nil, nil},
		"a failover pair, the secondary listed first": {
			[]r53types.ResourceRecordSet{alias("www.shop.test", west, secondary), alias("www.shop.test", east, primary)},
			"www.shop.test(load balancer " + east + ", load balancer " + west + ")", [][2]string{{east, west}}, nil,
		},
		"weights over failover pairs": {
			[]r53types.ResourceRecordSet{
				alias("www.shop.test", "b.shop.test", weight(10)), alias("www.shop.test", "a.shop.test", weight(90)),
				alias("a.shop.test", east, primary), alias("a.shop.test", west, secondary),
				alias("b.shop.test", east2, primary), alias("b.shop.test", west, secondary),
			},
			"www.shop.test(a.shop.test(load balancer " + east + ", load balancer " + west + "), " +
				"b.shop.test(load balancer " + east2 + ", load balancer " + west + "))",
			[][2]string{{east, west}, {east2, west}}, nil,
		},
		"regions by latency, of which no pair has the third": {
			[]r53types.ResourceRecordSet{
				alias("www.shop.test", "pair.shop.test", func(r *r53types.ResourceRecordSet) { r.Region = "us-east-1" }),
				alias("www.shop.test", eu, func(r *r53types.ResourceRecordSet) { r.Region = "eu-west-1" }),
				alias("pair.shop.test", east, primary), alias("pair.shop.test", west, secondary),
			},
			"www.shop.test(pair.shop.test(load balancer " + east + ", load balancer " + west + "), load balancer " + eu + ")",
			[][2]string{{east, west}, {east, eu}}, nil,
		},
		"CNAMEs": {
			[]r53types.ResourceRecordSet{cname("www.shop.test", "app.shop.test."), cname("app.shop.test", strings.ToUpper(east))},
			"www.shop.test(app.shop.test(load balancer " + east + "))", nil, nil,
		},
		"to a name of another zone, and one that has no record": {
			[]r53types.ResourceRecordSet{cname("www.shop.test", "www.example.com"), alias("www.shop.test", "gone.shop.test")},
			"www.shop.test(elsewhere www.example.com, nothing gone.shop.test)", nil, []string{"gone.shop.test"},
		},
		"a name that ends as the zone's does": {
			[]r53types.ResourceRecordSet{cname("www.shop.test", "www.workshop.test")}, "www.shop.test(elsewhere www.workshop.test)", nil, nil,
		},
		"a static page behind a load balancer": {
			[]r53types.ResourceRecordSet{alias("www.shop.test", east, primary), func() r53types.ResourceRecordSet {
				r := address("www.shop.test")
				secondary(&r)
				return r
			}()},
			"www.shop.test(load balancer " + east + ", addresses 198.51.100.7)", nil, nil,
		},
		"itself": {[]r53types.ResourceRecordSet{cname("www.shop.test", "www.shop.test")}, "www.shop.test(cycle www.shop.test)", nil, nil},
		"a cycle of three, beside a way out": {
			[]r53types.ResourceRecordSet{
				alias("www.shop.test", "a.shop.test"), alias("a.shop.test", "b.shop.test", primary), alias("a.shop.test", east, secondary),
				alias("b.shop.test", "www.shop.test"),
			},
			"www.shop.test(a.shop.test(b.shop.test(cycle www.shop.test), load balancer " + east + "))", nil, nil,
		},
		"records that lead nowhere": {
			[]r53types.ResourceRecordSet{{Name: aws.String("www.shop.test."), Type: r53types.RRTypeTxt}}, "www.shop.test()", nil, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			tree := Walk(shop, "WWW.shop.test.", c.records)
			if got := drawn(tree.Root); got != c.want {
				t.Errorf("tree %s\nwant %s", got, c.want)
			}
			var pairs [][2]string
			for _, p := range tree.Pairs() {
				pairs = append(pairs, p.Balancers)
			}
			if diff := cmp.Diff(c.pairs, pairs); diff != "" {
				t.Errorf("pairs %s", diff)
			}
			if !slices.Equal(tree.Unread, c.unread) {
				t.Errorf("unread %v, want %v", tree.Unread, c.unread)
			}
		})
	}
}

// However names lead to each other, a walk ends, meets each record once at most, and finds all load balancers that can be reached.
func TestWalkEndsAndMissesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a.shop.test", "b.shop.test", "c.shop.test", "d.shop.test", "e.shop.test"}
		targets := append(slices.Clone(names), east, west, eu)
		var records []r53types.ResourceRecordSet
		leads := map[string][]string{}
		for range rapid.IntRange(0, 25).Draw(t, "records") {
			from, to := rapid.SampledFrom(names).Draw(t, "from"), rapid.SampledFrom(targets).Draw(t, "to")
			records = append(records, alias(from, to, weight(int64(len(records)))))
			leads[from] = append(leads[from], to)
		}
		tree := Walk(shop, "a.shop.test", records)
		reached, open := map[string]bool{}, []string{"a.shop.test"}
		for len(open) > 0 {
			name := open[0]
			open = open[1:]
			for _, to := range leads[name] {
				if !reached[to] {
					reached[to] = true
					open = append(open, to)
				}
			}
		}
		for _, b := range []string{east, west, eu} {
			if found := slices.Contains(tree.Root.Balancers(), b); found != reached[b] {
				t.Errorf("%s is found %t, can be reached %t", b, found, reached[b])
			}
		}
		met := map[string]bool{}
		for _, r := range tree.Records() {
			id := *r.SetIdentifier
			if met[id] {
				t.Errorf("record %s twice", id)
			}
			met[id] = true
		}
	})
}

// Names that are reached by very many ways are walked once.
func TestWalkOfADiamondOfManyLevels(t *testing.T) {
	var records []r53types.ResourceRecordSet
	for n := range 60 { // 2^60 ways
		for w := range int64(2) {
			records = append(records, alias(fmt.Sprintf("%d.shop.test", n), fmt.Sprintf("%d.shop.test", n+1), weight(w)))
		}
	}
	records = append(records, alias("60.shop.test", east))
	tree := Walk(shop, "0.shop.test", records)
	if got := tree.Root.Balancers(); !slices.Equal(got, []string{east}) || len(tree.Names()) != 61 {
		t.Errorf("balancers %v, %d names", got, len(tree.Names()))
	}
}
