package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/fleet"
)

// A Route 53 checker takes an answer for well if it has a status from 200 to 399 and comes within 2 s of the connection ("How
// Amazon Route 53 determines whether a health check is healthy" in its Developer Guide).
const (
	leastWell, mostWell = 200, 399
	replyWithin         = 2 // seconds
)

// judgeHealth looks for answers that the load balancer and Route 53 judge differently.
func judgeHealth(d *understudy.Declaration) (all []Finding) {
	say := func(severity Severity, what, why, heal string) {
		all = append(all, Finding{CheckHealth, severity, understudy.Global, what, why, heal})
	}
	t, f := d.Target, d.Failover
	same := f.Check.Path == d.Service.Health // else each judges an answer of its own
	if ill := illCodes(t.Matcher); same && ill != "" {
		say(Warning, fmt.Sprintf("target.matcher %s accepts %s, which Route 53 takes for ill: it accepts 2xx and 3xx only", t.Matcher, ill),
			"the load balancer keeps such targets, and Route 53 moves all users away from a region that looks well",
			"target: {matcher: \"200-399\"}, or narrower")
	}
	if same && t.Timeout > replyWithin {
		say(Warning, fmt.Sprintf("the load balancer waits %d s for the answer of %s, and Route 53 %d s", t.Timeout, d.Service.Health, replyWithin),
			"answers that come between the two are well for the load balancer and ill for Route 53: users move, and meet the same slowness there",
			fmt.Sprintf("target: {timeout: %d}", replyWithin))
	}
	// One ill target among n answers every nth probe; a checker that meets it threshold times in a row changes its mind.
	out, moves := t.Unhealthy*t.Interval+t.Timeout, f.Threshold*f.Interval
	if out > moves {
		say(Warning, fmt.Sprintf("the load balancer takes up to %d s to leave an ill target out, and Route 53 %d s to move the users", out, moves),
			"one ill machine can then move all users to the other region", "lower target.interval or target.unhealthy, or raise failover.threshold")
	}
	return all
}

// illCodes returns what a matcher accepts that Route 53 does not. A matcher is codes and ranges, with commas between (Matcher in
// the Elastic Load Balancing API Reference).
func illCodes(matcher string) string {
	var ill []string
	for part := range strings.SplitSeq(matcher, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || from >= leastWell && to <= mostWell {
			continue
		}
		if from = max(from, mostWell+1); from == to {
			ill = append(ill, strconv.Itoa(to))
		} else {
			ill = append(ill, fmt.Sprintf("%d-%d", from, to))
		}
	}
	return strings.Join(ill, ",")
}

const whyEmpty = "AWS counts a load balancer without a healthy target as unhealthy, and where both records are, Route 53 answers with the lost primary"

// judgeStandby looks at a standby that may have nobody to serve: the record evaluates its load balancer's targets ("Evaluate target
// health" in the Route 53 Developer Guide).
func judgeStandby(d *understudy.Declaration, f facts) (all []Finding) {
	r := f.regions[understudy.Secondary]
	say := func(severity Severity, what, heal string) {
		all = append(all, Finding{CheckStandby, severity, understudy.Secondary, what, whyEmpty, heal})
	}
	if r.silent != nil {
		return nil
	}
	if r.group.err != nil {
		return []Finding{unread(CheckStandby, understudy.Secondary, "autoscaling:DescribeAutoScalingGroups", r.group.err)}
	}
	switch g := r.group.value; {
	case g == nil:
	case g.grown || !d.Grows() || g.desired >= d.Size(understudy.Primary).Desired:
		// It is as large as the primary.
	default:
		all = append(all, outage(d, g.desired))
	}
	switch g := r.group.value; {
	case g == nil:
	case g.desired == 0 && d.Dark() && !g.grown:
		// That is said.
	case g.desired == 0:
		say(Blocker, "the standby's fleet is scaled to no instance", "understudy up")
	case g.inService == 0:
		say(Warning, fmt.Sprintf("none of the standby's %d instances is in service", g.desired), "understudy status")
	case g.min == 0 && d.Size(understudy.Secondary).Min > 0:
		say(Warning, "the standby's fleet may be scaled to no instance: its least size is 0", "understudy up")
	}
	if d.Size(understudy.Secondary).Min == 1 {
		key := "fleet"
		if d.Fleet.Min != 1 { // the standby has a size of its own
			key = "regions.secondary.fleet"
		}
		say(Note, key+".min is 1: while that instance is replaced, the standby is empty", key+": {min: 2}")
	}
	return all
}

// outage tells what an outage finds of a standby that is declared smaller than the primary.
func outage(d *understudy.Declaration, wants int) Finding {
	f := Finding{
		Check: CheckStandby, Severity: Note, Side: understudy.Secondary, What: fleet.Outage(d, wants),
		Why:  "an outage asks nobody: the standby's users are as many as the primary's from the first second on",
		Heal: "run `understudy watch` somewhere in the standby's region, which makes it grow at once; or declare it larger: regions.secondary.fleet",
	}
	if wants == 0 {
		f.Severity, f.Why = Warning, whyEmpty
	}
	return f
}
