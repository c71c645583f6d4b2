package discover

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
)

func follows(id string) func(*r53types.ResourceRecordSet) {
	return func(r *r53types.ResourceRecordSet) { r.HealthCheckId = &id }
}

func heedless(r *r53types.ResourceRecordSet) { r.AliasTarget.EvaluateTargetHealth = false }

func TestLose(t *testing.T) {
	const www = "www.shop.test"
	pair := []r53types.ResourceRecordSet{alias(www, east, primary, follows("e")), alias(www, west, secondary, follows("w"))}
	both := []r53types.ResourceRecordSet{alias(www, east, weight(3), follows("e")), alias(www, west, weight(1), follows("w"))}
	tree := []r53types.ResourceRecordSet{
		alias(www, "many.shop.test", weight(90)), alias(www, "few.shop.test", weight(10), heedless),
		alias("many.shop.test", east, primary, follows("me")), alias("many.shop.test", west, secondary, follows("mw")),
		alias("few.shop.test", east2, primary, follows("fe")), alias("few.shop.test", west, secondary, follows("fw")),
	}
	for name, c := range map[string]struct {
		records []r53types.ResourceRecordSet
		region  string
		want    Loss
		wrong   string
	}{
		"failover":             {pair, "", Loss{Region: "us-east-1", To: []string{"us-west-2"}, Checks: []string{"e"}}, ""},
		"the standby":          {pair, "us-west-2", Loss{}, "leads no user to us-west-2"},
		"a region that is not": {pair, "eu-west-1", Loss{}, `does not lead to "eu-west-1", but to us-east-1, us-west-2`},
		"weighted":             {both, "us-west-2", Loss{Region: "us-west-2", To: []string{"us-east-1"}, Checks: []string{"w"}, Shares: true}, ""},
		"a tree":               {tree, "", Loss{Region: "us-east-1", To: []string{"us-west-2"}, Checks: []string{"me", "fe"}}, ""},
		"no check": {[]r53types.ResourceRecordSet{alias(www, east, primary), alias(www, west, secondary)}, "", Loss{},
			"even if every health check of its records fails (they have none)"},
		"one check for both": {[]r53types.ResourceRecordSet{alias(www, east, primary, follows("e")), alias(www, west, secondary, follows("e"))}, "", Loss{},
			"health check e decides about www.shop.test in other regions too"},
		"a way that heeds nothing": {[]r53types.ResourceRecordSet{
			alias(www, "a.shop.test", weight(1), heedless), alias(www, west, weight(1)), alias("a.shop.test", east, follows("e")),
		}, "us-east-1", Loss{}, "leads to us-east-1 even if"},
		"a weight of 0 until nothing else is well": {[]r53types.ResourceRecordSet{
			alias(www, east, weight(1), follows("e")), alias(www, west, weight(0)),
		}, "", Loss{Region: "us-east-1", To: []string{"us-west-2"}, Checks: []string{"e"}}, ""},
		"three regions": {[]r53types.ResourceRecordSet{
			alias(www, east, weight(3), follows("e")), alias(www, west, weight(2)), alias(www, eu, weight(1)),
		}, "", Loss{Region: "us-east-1", To: []string{"us-west-2", "eu-west-1"}, Checks: []string{"e"}, Shares: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Walk(shop, www, c.records).Lose(c.region)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("%v", err)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestDraws(t *testing.T) {
	one := func(records ...r53types.ResourceRecordSet) int { return Walk(shop, "www.shop.test", records).Draws() }
	if n := one(alias("www.shop.test", east, primary), alias("www.shop.test", west, secondary)); n != 1 {
		t.Errorf("a failover pair: %d", n)
	}
	if n := one(alias("www.shop.test", east, weight(1)), alias("www.shop.test", west, weight(1))); n != 10 { // 1/2 to the tenth is below a thousandth
		t.Errorf("equal weights: %d", n)
	}
	if n := one(alias("www.shop.test", east, weight(255)), alias("www.shop.test", west, weight(1))); n != 200 {
		t.Errorf("255 to 1: %d", n)
	}
	if n := one(alias("www.shop.test", east, weight(3)), address("www.shop.test"), r53types.ResourceRecordSet{
		Name: aws.String("www.shop.test."), Type: r53types.RRTypeA, Weight: aws.Int64(0), AliasTarget: &r53types.AliasTarget{
			DNSName: aws.String(west + "."), HostedZoneId: aws.String("Z35SXDOTRQ7X7K")},
	}); n != 1 {
		t.Errorf("all weight at one: %d", n)
	}
}
