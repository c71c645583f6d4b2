package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

const (
	whyAlone  = "when that region is lost, Route 53 has nothing else to answer with"
	whyBlind  = "Route 53 takes a record without a health check, that does not evaluate its target, for healthy whatever happens"
	whyTarget = "Route 53 does not learn that what the record leads to has nobody to serve"
	whyTTL    = "resolvers keep the answer for that long after a failover, and their users go on asking the lost region"
	whyLead   = "users who get this answer reach nothing"
)

// longTTL is what an alias record of a load balancer has, in seconds ("Choosing between alias and non-alias records" in the Route 53
// Developer Guide): a longer one is longer than it need be.
const longTTL = 60

// judgeNames looks at every record on the way from the name to load balancers.
func (s *standing) judgeNames() (all []Finding) {
	if regions := s.Tree.Root.Regions(); len(regions) == 1 {
		all = append(all, Finding{CheckRecords, Blocker, understudy.Global, s.Tree.Host + " leads to one region alone, " + regions[0], whyAlone,
			"build the other region, and give the name a failover pair of records"})
	}
	for _, n := range s.Tree.Names() {
		for _, b := range n.Branches {
			all = append(all, s.judgeBranch(n, b)...)
		}
	}
	return all
}

// labelled names a record set as people find it in the console.
func labelled(n *discover.Name, r r53types.ResourceRecordSet) string {
	text := n.Name + " " + string(r.Type)
	if id := aws.ToString(r.SetIdentifier); id != "" {
		text += " " + id
	}
	return text
}

func (s *standing) judgeBranch(n *discover.Name, b discover.Branch) (all []Finding) {
	name, r := labelled(n, b.Record), b.Record
	say := func(severity Severity, what, why, heal string) {
		all = append(all, Finding{CheckRecords, severity, s.sideOf(b), what, why, heal})
	}
	switch b.End {
	case discover.Cycle:
		say(Blocker, name+" leads back to "+b.To, whyLead, "delete the record, or let it lead to a load balancer")
	case discover.Nothing:
		say(Warning, name+" leads to "+b.To+", which has no record", whyLead, "delete the record, or make the one that it leads to")
	}
	if r.TTL != nil && *r.TTL > longTTL {
		say(Warning, fmt.Sprintf("%s has a TTL of %d s", name, *r.TTL), whyTTL, fmt.Sprintf("give it a TTL of %d s at most", longTTL))
	}
	if len(n.Branches) == 1 || r.Failover == r53types.ResourceRecordSetFailoverSecondary {
		return all // it is the answer when there is no other, well or ill
	}
	checked := r.HealthCheckId != nil
	switch alias := r.AliasTarget != nil; {
	case !checked && !b.Evaluates:
		severity := Warning
		if r.Failover == r53types.ResourceRecordSetFailoverPrimary {
			severity = Blocker // it is never left
		}
		say(severity, name+" has no health check, and evaluates nothing", whyBlind, "give the record a health check that asks the service")
	case !checked && r.Failover == r53types.ResourceRecordSetFailoverPrimary && b.End == discover.Balancer:
		say(Warning, name+" has no health check: Route 53 only learns how its load balancer finds its targets",
			"that the region cannot be reached from outside is seen by a health check alone", "give the record a health check that asks the service")
	case alias && !b.Evaluates:
		say(Warning, name+" does not evaluate its target's health", whyTarget, "set EvaluateTargetHealth of the alias")
	}
	return all
}

// sideOf is the side of all load balancers behind a record, or global.
func (s *standing) sideOf(b discover.Branch) understudy.Side {
	side := understudy.Side("")
	for _, to := range b.Balancers() {
		if side != "" && side != s.sides[to] {
			return understudy.Global
		}
		side = s.sides[to]
	}
	if side == "" {
		return understudy.Global
	}
	return side
}

// slow is how long, in seconds, a checker may take to find out: what is the fastest that Route 53 has, an interval of 10 s, with its usual
// threshold of 3 (HealthCheckConfig in the Route 53 API Reference).
const slow = 30

// judgeChecks looks at what the records' health checks ask.
func (s *standing) judgeChecks() (all []Finding) {
	for _, n := range s.Tree.Names() {
		for _, b := range n.Branches {
			id := aws.ToString(b.Record.HealthCheckId)
			if id == "" {
				continue
			}
			if _, there := s.Checks[id]; !there {
				all = append(all, Finding{CheckHealth, Warning, s.sideOf(b), labelled(n, b.Record) + " names the health check " + id + ", which is gone",
					"Route 53 takes it for healthy whatever happens", "give the record a health check that asks the service"})
			}
			for _, h := range s.Asked(b.Record) {
				all = append(all, s.judgeCheck(b, h)...)
			}
		}
	}
	return all
}

func (s *standing) judgeCheck(b discover.Branch, h r53types.HealthCheck) (all []Finding) {
	id, c := aws.ToString(h.Id), h.HealthCheckConfig
	say := func(severity Severity, what, why, heal string) {
		all = append(all, Finding{CheckHealth, severity, s.sideOf(b), "health check " + id + " " + what, why, heal})
	}
	update := "aws route53 update-health-check --health-check-id " + id + " "
	if aws.ToBool(c.Disabled) {
		say(Blocker, "is disabled", "Route 53 takes a disabled health check for healthy", update+"--no-disabled")
	}
	if account.AsksSwitch(c) && c.Type == r53types.HealthCheckTypeTcp {
		return all // whether anybody listens there is the answer
	}
	if aws.ToBool(c.Inverted) && !account.AsksSwitch(c) {
		say(Warning, "is inverted", "it is healthy while the service is ill", update+"--no-inverted")
	}
	asked := strings.TrimSuffix(strings.ToLower(aws.ToString(c.FullyQualifiedDomainName)), ".")
	switch {
	case c.Type == r53types.HealthCheckTypeTcp:
		say(Warning, "only connects, and asks the service for nothing", "a load balancer takes connections while it has nobody to serve them",
			"make one of the type HTTP or HTTPS in its place, with a path that tells whether the service is well: the type never changes")
	case asked == "" && c.IPAddress == nil:
		return all // it is of an alarm, or a routing control
	}
	if s.Tree.Name(asked) != nil && c.IPAddress == nil {
		say(Blocker, "asks "+asked+" itself", "it asks whichever region users are sent to, and is well again as soon as they are moved",
			update+"--fully-qualified-domain-name with the name of one region's load balancer")
	}
	if site := s.Site(asked); site != nil && c.Port != nil && !slices.ContainsFunc(site.Listeners, func(l discover.Listener) bool {
		return aws.ToInt32(l.Port) == *c.Port
	}) {
		say(Blocker, fmt.Sprintf("asks port %d, at which the load balancer does not listen", *c.Port), "it is never healthy, and moves users for nothing",
			update+"--port with one of: "+ports(site))
	}
	if behind := b.Balancers(); s.Site(asked) != nil && !slices.Contains(behind, asked) {
		say(Warning, "asks "+asked+", to which its record does not lead", "users leave a region for the sake of another",
			"give the record a check of its own region")
	}
	if interval, threshold := aws.ToInt32(c.RequestInterval), aws.ToInt32(c.FailureThreshold); interval*threshold > slow {
		say(Note, fmt.Sprintf("takes %d failures, %d s apart", threshold, interval),
			fmt.Sprintf("users are without service for %d s before Route 53 begins to move them; the interval never changes", interval*threshold),
			"make one with --request-interval 10 in its place, or lower the threshold")
	}
	return all
}

func ports(site *discover.Site) string {
	var all []string
	for _, l := range site.Listeners {
		all = append(all, fmt.Sprint(aws.ToInt32(l.Port)))
	}
	return strings.Join(all, ", ")
}
