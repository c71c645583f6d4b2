package parity

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
)

func TestRecordsAreExpectedAsTheyAreRouted(t *testing.T) {
	const follows = "2 of: asks this region's load balancer load-balancer, not the switch"
	const alone = "asks this region's load balancer load-balancer"
	for name, c := range map[string]struct {
		src                  string
		policies, checks, on [2]string
	}{
		"failover": {"", [2]string{"failover", "failover"}, [2]string{follows, alone}, [2]string{None, "rule 1"}},
		"weighted": {"failover: {routing: weighted}\n", [2]string{"weighted 100", "weighted 100"}, [2]string{follows, follows}, [2]string{"rule 1", "rule 1"}},
		"latency":  {"failover: {routing: latency, switch: none}\n", [2]string{"latency", "latency"}, [2]string{alone, alone}, [2]string{None, None}},
	} {
		d := declaration(t, c.src)
		e := expect(d)
		for n, side := range understudy.Sides {
			for setting, want := range map[string]string{"policy": c.policies[n], "health check": c.checks[n]} {
				if got, _ := e.setting(side, "record", d.Host()+" A", setting); got != want {
					t.Errorf("%s: the %s's %s is to be %q, want %q", name, side, setting, got, want)
				}
			}
			if got, _ := e.setting(side, "listener", "listener", "switch"); got != c.on[n] {
				t.Errorf("%s: the %s's switch is to be %q, want %q", name, side, got, c.on[n])
			}
		}
	}
}

func TestEachRecordPlaysItsOwnPart(t *testing.T) {
	n := &naming{names: &names{}, declared: declaration(t, "failover: {routing: latency}\n")}
	for name, c := range map[string]struct {
		set  r53types.ResourceRecordSet
		want string
	}{
		"primary":          {r53types.ResourceRecordSet{Failover: "PRIMARY"}, "its own"},
		"secondary":        {r53types.ResourceRecordSet{Failover: "SECONDARY"}, "the other's"},
		"weighted":         {r53types.ResourceRecordSet{Weight: aws.Int64(3)}, "its own"},
		"here":             {r53types.ResourceRecordSet{Region: "us-east-1"}, "its own"},
		"the other region": {r53types.ResourceRecordSet{Region: "us-west-2"}, "the other's"},
		"simple":           {r53types.ResourceRecordSet{}, None},
	} {
		if got := n.part(understudy.Primary, c.set); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Shares of the users are no difference where nobody declared any, but a region without a share is.
func TestSharesWithoutADeclaration(t *testing.T) {
	declared, others := &naming{names: &names{}, declared: declaration(t, "failover: {routing: weighted}\n")}, &naming{names: &names{}}
	for weight, want := range map[int64]string{0: "weighted 0", 1: "weighted", 255: "weighted"} {
		set := r53types.ResourceRecordSet{Weight: aws.Int64(weight)}
		if got := others.policy(set); got != want {
			t.Errorf("%d: %s, not %s", weight, got, want)
		}
		if got, want := declared.policy(set), "weighted "+itoa(int(weight)); got != want {
			t.Errorf("%d, declared: %s, not %s", weight, got, want)
		}
	}
}
