package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/internal/chance"
)

// everyCall is how many lives of a stack the sample has, or "all": then every call of every command goes wrong in every way,
// which takes hours.
const everyCall = "UNDERSTUDY_EVERY_CALL"

// everyCallOf is "network" for lives in which the change is another network for both regions.
const everyCallOf = "UNDERSTUDY_EVERY_CALL_OF"

// wrong is a way in which one call goes wrong, as flags of "cloud fault add".
type wrong struct {
	name  string
	flags []string
	kills bool // the run, which has to be run again
}

var wrongs = []wrong{
	{"killed before it", []string{"--when", "asked"}, true},
	{"killed after it", []string{"--when", "done"}, true},
	{"throttled", []string{"--error", "throttling"}, false},
	{"500", []string{"--error", "500"}, false},
	{"answer lost", []string{"--lose"}, false},
}

// job is a command that changes a stack, and what there must be afterwards.
type job struct {
	name, file string
	args       []string
	inventory  map[string]int // of each region; nil for nothing at all
	calls      int            // of an undisturbed run
}

func (j *job) command() []string {
	return append([]string{j.args[0], "-f", j.file, "--yes"}, j.args[1:]...)
}

// jobs are a stack's whole life.
func jobs(t *testing.T) []*job {
	if os.Getenv(everyCallOf) == "network" {
		return jobsOf(otherNetworks(t, example), inventory)
	}
	changed := variant(t, example, "fleet: {min: 2, desired: 2, max: 4}", "fleet: {min: 3, desired: 3, max: 5}")
	changed = variant(t, changed, "listener: {port: 80}", "listener: {port: 81}")
	changed = variant(t, changed, "failover: {interval: 10, threshold: 3}", "failover: {interval: 30, threshold: 2}")
	larger := maps.Clone(inventory)
	larger["instance"]++
	return jobsOf(changed, larger)
}

// jobsOf are a life with a change, after which each region has so much.
func jobsOf(changed string, then map[string]int) []*job {
	return []*job{
		{name: "up", file: example, args: []string{"up"}, inventory: inventory},
		{name: "change", file: changed, args: []string{"up"}, inventory: then},
		{name: "down", file: changed, args: []string{"down", "--zone"}},
	}
}

// attempt is a job with a way to go wrong.
type attempt struct{ job, way string }

// tally counts the runs in which a call went wrong, and those after which all was as it should be.
type tally struct{ runs, converged int }

// lives runs a stack's life again and again, with one call gone wrong in each command.
type lives struct {
	*stage
	t       *testing.T
	makers  []*maker
	jobs    []*job
	tallies map[attempt]*tally
}

func TestAfterAnyCallThatGoesWrongTheNextRunConverges(t *testing.T) {
	t.Parallel()
	random := chance.New(t)
	l := &lives{stage: start(t, "--default-vpc=false"), t: t, jobs: jobs(t), tallies: map[attempt]*tally{}}
	for _, side := range understudy.Sides {
		l.makers = append(l.makers, l.maker(side))
	}
	for _, j := range l.jobs { // undisturbed, to count
		l.calls()
		l.must(j.command()...)
		j.calls = len(l.calls())
		l.check(j, "undisturbed")
	}
	l.known()
	if os.Getenv(everyCall) == "all" {
		l.all()
	} else {
		l.sample(random)
	}
	l.print()
}

// known lives a life with what once went wrong. Creations without a client token are not sent again by the SDK; a killed run
// left the snapshot of the image that it had deregistered.
func (l *lives) known() {
	up, down := l.jobs[0], l.jobs[2]
	for _, flags := range [][]string{
		{"--operation", "CreateVpc", "--first", "2", "--error", "throttling"},
		{"--operation", "CreateInternetGateway", "--nth", "1", "--error", "500"},
		{"--operation", "CreateHostedZone", "--nth", "1", "--lose"},
	} {
		l.must(append([]string{"cloud", "fault", "add", "--dir", l.dir}, flags...)...)
	}
	l.converge(up, "known", "up with creations that fail once")
	l.behave()
	l.killedAt(1, []string{"--when", "done", "--operation", "DeregisterImage"}, down.command()...)
	l.converge(down, "known", "down killed after it has deregistered an image")
}

// sample has one call go wrong in each command of each life, in ways that differ, and lives one life in a cloud that is
// eventually consistent.
func (l *lives) sample(random *rand.Rand) {
	lives := 1
	if given := os.Getenv(everyCall); given != "" {
		var err error
		if lives, err = strconv.Atoi(given); err != nil {
			l.t.Fatalf("%s: %v", everyCall, err)
		}
	}
	for range lives {
		ways := random.Perm(len(wrongs))
		for i, j := range l.jobs {
			l.disturb(j, wrongs[ways[i]], 1+random.IntN(j.calls))
		}
	}
	l.unseen("300ms")
}

// all has each call of each command go wrong in each way. A life takes all three commands, so that those with fewer calls
// begin again where the longest goes on.
func (l *lives) all() {
	most := slices.MaxFunc(l.jobs, func(a, b *job) int { return a.calls - b.calls }).calls
	for _, w := range wrongs {
		for n := range most {
			for _, j := range l.jobs {
				l.disturb(j, w, n%j.calls+1)
			}
			l.print()
		}
	}
	for _, unseen := range []string{"100ms", "300ms", "900ms"} {
		l.unseen(unseen)
	}
}

// disturb runs a job in which the nth call goes wrong. One that was killed is run again.
func (l *lives) disturb(j *job, w wrong, n int) {
	l.t.Helper()
	what := fmt.Sprintf("%s, call %d of about %d %s", j.name, n, j.calls, w.name)
	l.t.Log(what)
	defer func(began time.Time) { l.t.Logf("took %s", time.Since(began).Round(100*time.Millisecond)) }(time.Now())
	if w.kills {
		l.killedAt(n, w.flags, j.command()...)
	} else {
		add := append([]string{"cloud", "fault", "add", "--dir", l.dir, "--nth", strconv.Itoa(n)}, w.flags...)
		l.must(add...)
		defer l.behave()
	}
	l.converge(j, w.name, what)
}

// unseen lives a life in a cloud whose other calls do not see for a while what was just made.
func (l *lives) unseen(while string) {
	l.t.Helper()
	l.must("cloud", "fault", "add", "--dir", l.dir, "--unseen", while)
	defer l.behave()
	for _, j := range l.jobs {
		l.converge(j, "unseen for "+while, j.name+" of what is unseen for "+while)
	}
}

// converge runs a job, which must succeed, and looks whether all is as after an undisturbed run.
func (l *lives) converge(j *job, way, what string) {
	l.t.Helper()
	key := attempt{j.name, way}
	if l.tallies[key] == nil {
		l.tallies[key] = &tally{}
	}
	count := l.tallies[key]
	count.runs++
	r := l.run(binary, j.command()...)
	if r.code != 0 {
		l.t.Errorf("%s: exit %d\n%s%s", what, r.code, r.stdout, r.stderr)
		l.behave()
		l.must(j.command()...) // so that the next begins as it should
	}
	if l.check(j, what) && r.code == 0 {
		count.converged++
	}
}

// check tells whether the account is as it should be after a job.
func (l *lives) check(j *job, what string) bool {
	l.t.Helper()
	if j.inventory == nil {
		left := l.left()
		if len(left) > 0 {
			l.t.Errorf("%s: left are %v", what, left)
		}
		return len(left) == 0
	}
	if steps := l.settle(j); len(steps) > 0 {
		l.t.Errorf("%s: the plan still has %v", what, steps)
		return false
	}
	var report struct{ Inventory map[string]map[string]int }
	r := l.run(binary, "parity", "-f", j.file, "--json")
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.code != 0 {
		l.t.Errorf("%s: parity: exit %d, %v\n%s%s", what, r.code, err, r.stdout, r.stderr)
		return false
	}
	for region, held := range report.Inventory {
		if diff := cmp.Diff(j.inventory, held); diff != "" {
			l.t.Errorf("%s, %s: (-want +got)\n%s", what, region, diff)
			return false
		}
	}
	return true
}

// settle runs a job again until its plan is empty, and returns what is left of it. What a killed run has sent may be carried
// out after the next has looked: it is removed by the one after. Where only health is waited for, the next run waits again:
// a probe of a machine with more to do than it can does not always come back in time.
func (l *lives) settle(j *job) []string {
	l.t.Helper()
	until := time.Now().Add(patience)
	for tries := 0; ; tries++ {
		steps := l.steps(j)
		waits := !slices.ContainsFunc(steps, func(s string) bool { return !strings.HasPrefix(s, "wait ") })
		if len(steps) == 0 || tries == 3 && !waits || time.Now().After(until) {
			return steps
		}
		l.must(j.command()...)
	}
}

// steps are those of a job's plan.
func (l *lives) steps(j *job) (all []string) {
	l.t.Helper()
	var p struct {
		Steps []struct{ Resource, Action, ID string }
	}
	if err := json.Unmarshal([]byte(l.must("plan", "-f", j.file, "--json")), &p); err != nil {
		l.t.Fatal(err)
	}
	for _, s := range p.Steps {
		all = append(all, s.Action+" "+s.Resource+" "+s.ID)
	}
	return all
}

// left counts what there is in an account that should be empty, by kind.
func (l *lives) left() map[string]int {
	l.t.Helper()
	left := map[string]int{}
	for _, m := range l.makers {
		m.count(left)
	}
	return left
}

// count adds what there is in the region and in Route 53.
func (m *maker) count(left map[string]int) {
	m.t.Helper()
	ctx, self := m.t.Context(), []string{"self"}
	add := func(kind string, n int) {
		if n > 0 {
			left[m.Region+" "+kind] += n
		}
	}
	add("VPCs", len(made[*ec2.DescribeVpcsOutput](m)(m.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})).Vpcs))
	add("subnets", len(made[*ec2.DescribeSubnetsOutput](m)(m.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})).Subnets))
	add("gateways", len(made[*ec2.DescribeInternetGatewaysOutput](m)(m.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{})).InternetGateways))
	add("route tables", len(made[*ec2.DescribeRouteTablesOutput](m)(m.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{})).RouteTables))
	add("security groups", len(made[*ec2.DescribeSecurityGroupsOutput](m)(m.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})).SecurityGroups))
	add("interfaces", len(made[*ec2.DescribeNetworkInterfacesOutput](m)(
		m.EC2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{})).NetworkInterfaces))
	for _, r := range made[*ec2.DescribeInstancesOutput](m)(m.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})).Reservations {
		for _, i := range r.Instances {
			if i.State.Name != "terminated" {
				add("instances", 1)
			}
		}
	}
	add("images", len(made[*ec2.DescribeImagesOutput](m)(m.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: self})).Images))
	add("snapshots", len(made[*ec2.DescribeSnapshotsOutput](m)(m.EC2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: self})).Snapshots))
	add("launch templates", len(made[*ec2.DescribeLaunchTemplatesOutput](m)(
		m.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{})).LaunchTemplates))
	add("load balancers", len(made[*elb.DescribeLoadBalancersOutput](m)(m.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})).LoadBalancers))
	add("target groups", len(made[*elb.DescribeTargetGroupsOutput](m)(m.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})).TargetGroups))
	add("Auto Scaling groups", len(made[*autoscaling.DescribeAutoScalingGroupsOutput](m)(
		m.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups))
	add("zones", len(made[*route53.ListHostedZonesOutput](m)(m.Route53.ListHostedZones(ctx, &route53.ListHostedZonesInput{})).HostedZones))
	add("health checks", len(made[*route53.ListHealthChecksOutput](m)(m.Route53.ListHealthChecks(ctx, &route53.ListHealthChecksInput{})).HealthChecks))
}

// print prints the table of what has run so far.
func (l *lives) print() {
	w := tabwriter.NewWriter(l.t.Output(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "command\tgone wrong\tcalls\truns\tconverged")
	for _, j := range l.jobs {
		var ways []string
		for a := range l.tallies {
			if a.job == j.name {
				ways = append(ways, a.way)
			}
		}
		slices.Sort(ways)
		for _, way := range ways {
			count := l.tallies[attempt{j.name, way}]
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\n", j.name, way, j.calls, count.runs, count.converged)
		}
	}
	w.Flush()
}
