package fault

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/understudy/understudy/cloud/internal/wire"
	"pgregory.net/rapid"
)

var regions = []string{"us-east-1", "us-west-2"}

// checked is a rule with its defaults.
func checked(t testing.TB, r Rule) *InForce {
	t.Helper()
	if err := r.Check(regions); err != nil {
		t.Fatal(err)
	}
	return &InForce{Rule: r}
}

func TestRuleIsForItsCallsOnly(t *testing.T) {
	calls := []Call{
		{"ec2", "DescribeVpcs", "us-east-1"}, {"ec2", "DescribeVpcs", "us-west-2"}, {"ec2", "CreateVpc", "us-east-1"},
		{"route53", "ListHostedZones", ""}, {"ec2", "", "us-east-1"},
	}
	for _, c := range []struct {
		rule Rule
		want string // a mark for each call
	}{
		{Rule{}, "xxxxx"},
		{Rule{Service: "ec2"}, "xxx.x"},
		{Rule{Region: "us-east-1"}, "x.x.x"},
		{Rule{Operation: "Describe*"}, "xx..."},
		{Rule{Operation: "*Vpc*"}, "xxx.."},
		{Rule{Operation: "*"}, "xxxxx"},
		{Rule{Operation: "D*V*s", Region: "us-west-2"}, ".x..."},
		{Rule{Operation: "CreateVpc"}, "..x.."},
	} {
		c.rule.Hang = true
		r := checked(t, c.rule)
		got := ""
		for _, call := range calls {
			got += map[bool]string{true: "x", false: "."}[r.Matches(call)]
		}
		if got != c.want {
			t.Errorf("%+v: %s, want %s", c.rule, got, c.want)
		}
	}
}

// What is unseen is made by a call; others are not counted either.
func TestUnseenIsForCallsThatMakeSomething(t *testing.T) {
	r := checked(t, Rule{Unseen: 1, Nth: 1})
	for _, op := range []string{"DescribeVpcs", "CreateVpc", "RunInstances"} {
		Judge([]*InForce{r}, Call{"ec2", op, "us-east-1"})
	}
	if r.Matched != 2 || r.Struck != 1 {
		t.Errorf("matched %d, struck %d", r.Matched, r.Struck)
	}
}

func TestWhichCallsAreStruck(t *testing.T) {
	for _, c := range []struct {
		rule Rule
		want string
	}{
		{Rule{}, "xxxxxx"},
		{Rule{First: 2}, "xx...."},
		{Rule{Nth: 3}, "..x..."},
	} {
		c.rule.Lose = true
		if got := struck(checked(t, c.rule), 6); got != c.want {
			t.Errorf("%+v: %s, want %s", c.rule, got, c.want)
		}
	}
}

// struck marks which of the first n calls a rule strikes.
func struck(r *InForce, n int) (marks string) {
	for range n {
		marks += map[int]string{1: "x", 0: "."}[len(Judge([]*InForce{r}, Call{"ec2", "CreateVpc", "us-east-1"}))]
	}
	return marks
}

func TestShareIsDrawnFromTheSeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share, seed := rapid.Float64Range(0.01, 1).Draw(t, "share"), rapid.Uint64().Draw(t, "seed")
		rule := Rule{Share: share, Seed: seed, Lose: true}
		once, again := struck(&InForce{Rule: rule}, 2000), struck(&InForce{Rule: rule}, 2000)
		if once != again {
			t.Fatal("the same seed draws something else")
		}
		got := float64(strings.Count(once, "x")) / 2000
		if bound := 6 * math.Sqrt(share*(1-share)/2000); math.Abs(got-share) > bound+1e-9 { // six standard deviations
			t.Errorf("share %g of seed %d: struck %g", share, seed, got)
		}
	})
	one, two := struck(&InForce{Rule: Rule{Share: 0.5, Seed: 1, Lose: true}}, 100), struck(&InForce{Rule: Rule{Share: 0.5, Seed: 2, Lose: true}}, 100)
	if one == two {
		t.Error("two seeds draw the same")
	}
}

func TestRuleThatRefusesIsTheLast(t *testing.T) {
	rules := []*InForce{checked(t, Rule{Delay: 1}), checked(t, Rule{Error: Throttling, First: 1}), checked(t, Rule{Lose: true})}
	c := Call{"ec2", "CreateVpc", "us-east-1"}
	if got := Judge(rules, c); len(got) != 2 || got[1].Error != Throttling {
		t.Errorf("first call: %v", got)
	}
	if got := Judge(rules, c); len(got) != 2 || !got[1].Lose {
		t.Errorf("second call: %v", got)
	}
	if rules[2].Matched != 1 {
		t.Errorf("the refused call was counted by what came later: %d", rules[2].Matched)
	}
}

func TestSenselessRulesAreRefused(t *testing.T) {
	for want, r := range map[string]Rule{
		`service "elb" is unknown`:                              {Service: "elb", Hang: true},
		`"autoscalling" is unknown (did you mean autoscaling?)`: {Service: "autoscalling", Hang: true},
		`(did you mean DescribeVpcs?)`:                          {Service: "ec2", Operation: "DescribeVPCs", Hang: true},
		`none of ec2's; route53 has it`:                         {Service: "ec2", Operation: "ListHostedZones", Hang: true},
		`(did you mean us-west-2?)`:                             {Region: "us-west-1", Hang: true},
		`route53 is a global service`:                           {Service: "route53", Region: "us-east-1", Hang: true},
		`share 1.01`:                                            {Share: 1.01, Hang: true},
		`share -1`:                                              {Share: -1, Hang: true},
		`share NaN`:                                             {Share: math.NaN(), Hang: true},
		`count from 1`:                                          {First: -1, Hang: true},
		`want one of them`:                                      {First: 1, Nth: 1, Hang: true},
		`one call cannot be shared`:                             {Nth: 1, Share: 0.5, Hang: true},
		`exactly one`:                                           {},
		`exactly one of`:                                        {Hang: true, Lose: true},
		`duration above 0`:                                      {Delay: -1},
		`are an error's`:                                        {Hang: true, Status: 500},
		`kill 1`:                                                {Kill: 1},
		`kill -9`:                                               {Kill: -9}, // no group
		`when is for kill`:                                      {Hang: true, When: Done},
		`want asked, done or answered`:                          {Kill: 7, When: "soon"},
		`has a status of its own`:                               {Error: "500", Status: 501},
		`want one from 400 to 599`:                              {Error: "Foo", Status: 302},
		`HTTP has none such`:                                    {Error: "Foo", Status: 599},
		`want throttling, 500, 503, or a code`:                  {Error: "502"},
		`want a code as AWS spells it`:                          {Error: "<b>"},
		`makes nothing that could be unseen`:                    {Operation: "Describe*", Unseen: 1},
		`monitoring * makes nothing that could be unseen`:       {Service: "monitoring", Unseen: 1},
	} {
		if err := r.Check(regions); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", r, err, want)
		}
	}
}

func TestErrorsAreInTheServicesWords(t *testing.T) {
	for _, c := range []struct {
		service *wire.Service
		rule    Rule
		want    string
	}{
		{wire.EC2, Rule{Error: Throttling}, "RequestLimitExceeded 503"},
		{wire.ELBv2, Rule{Error: Throttling}, "Throttling 400"},
		{wire.Route53, Rule{Error: Throttling}, "Throttling 400"},
		{wire.RecoveryControl, Rule{Error: Throttling}, "ThrottlingException 429"},
		{wire.EC2, Rule{Error: Internal}, "InternalError 500"},
		{wire.AutoScaling, Rule{Error: Internal}, "InternalFailure 500"},
		{wire.EC2, Rule{Error: Unavailable}, "Unavailable 503"},
		{wire.Route53, Rule{Error: Unavailable}, "ServiceUnavailable 503"},
		{wire.EC2, Rule{Error: "Blocked"}, "Blocked 400"},
		{wire.EC2, Rule{Error: "InsufficientInstanceCapacity", Status: 500, Message: "no"}, "InsufficientInstanceCapacity 500"},
	} {
		e := c.rule.AWSError(c.service)
		if got := fmt.Sprint(e.Code, " ", e.HTTPStatus()); got != c.want || e.Message == "" || c.rule.Message != "" && e.Message != c.rule.Message {
			t.Errorf("%s %+v: %s %q, want %s", c.service.SigningName, c.rule, got, e.Message, c.want)
		}
	}
}

func TestRuleInWords(t *testing.T) {
	for want, r := range map[string]Rule{
		"f: any service *: delayed by 150ms": {Delay: 150e6},
		"f: ec2 Describe* in us-east-1, 20 % by seed 7: error throttling": {
			Service: "ec2", Operation: "Describe*", Region: "us-east-1", Share: 0.2, Seed: 7, Error: "throttling",
		},
		"f: any service *, call 3: carried out, its answer lost": {Nth: 3, Lose: true},
		"f: any service *, the first 3: never returns":           {First: 3, Hang: true},
		"f: any service *: error Foo, status 404":                {Error: "Foo", Status: 404},
		"f: any service *: what it makes is unseen for 2s":       {Unseen: 2e9},
		"f: any service *: kills process 99 when answered":       {Kill: 99},
	} {
		r.ID = "f"
		if got := checked(t, r).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
