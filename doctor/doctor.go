// Package doctor examines a declaration and the account that it is meant for, and tells what would keep the stack from being
// built, or the failover from working, before either is tried.
//
// The facts are read once, from both regions at the same time, with calls that change nothing. Each check is a function of the
// facts alone. What could not be read is said, too: nothing is taken for well that was not seen.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan"
)

// Severity tells how much a finding matters.
type Severity string

// The severities, from the worst to the least.
const (
	Blocker   Severity = "blocker"   // the stack cannot be built, or cannot do what was asked for
	Warning   Severity = "warning"   // a failover may not work, or not in time
	Note      Severity = "note"      // good to know
	Unchecked Severity = "unchecked" // it could not be found out
)

// Severities lists them in the order in which findings are shown.
var Severities = []Severity{Blocker, Warning, Note, Unchecked}

// AtLeast tells whether a severity is as bad as another, or worse.
func (s Severity) AtLeast(other Severity) bool {
	return slices.Index(Severities, s) <= slices.Index(Severities, other)
}

// Finding is one thing that the doctor has to say.
type Finding struct {
	Check    string          `json:"check"`
	Severity Severity        `json:"severity"`
	Side     understudy.Side `json:"side"`           // global where it is of both regions or of neither
	What     string          `json:"what"`           // as it is
	Why      string          `json:"why"`            // it matters in a failover
	Heal     string          `json:"heal,omitempty"` // what to do; a command where there is one
}

// Stops tells whether `up` is certain to fail. Others keep the failover from working, and what is built can be healed; a permission that is
// refused to a call with DryRun may be given to up's own, which names what has the stack's tag.
func (f Finding) Stops() bool {
	return f.Severity == Blocker && !slices.Contains([]string{CheckDelegation, CheckDowntime, CheckStandby, CheckPermission}, f.Check)
}

// The names of the checks.
const (
	CheckAnswer       = "answer"
	CheckZones        = "zones"
	CheckType         = "instance-type"
	CheckNetwork      = "network"
	CheckImage        = "base-image"
	CheckQuota        = "quota"
	CheckPermission   = "permission"
	CheckEncryption   = "encryption"
	CheckCertificate  = "certificate"
	CheckKeyPair      = "key-pair"
	CheckProfile      = "instance-profile"
	CheckVolume       = "volume"
	CheckParameter    = "parameter"
	CheckTopic        = "topic"
	CheckName         = "name"
	CheckDelegation   = "delegation"
	CheckDowntime     = "downtime"
	CheckHealth       = "health-checks"
	CheckStandby      = "standby"
	CheckRecords      = "records"
	CheckTargets      = "targets"
	CheckCapacity     = "capacity"
	CheckControlPlane = "control-plane"
)

// Options say what the declaration does not.
type Options struct {
	RTO time.Duration // the longest that users may be without service; zero is what is declared, if anything is
	// NameServers returns the names of the name servers that a domain is delegated to, as resolvers find them: none, and no
	// error, where it is delegated to nobody. Where it is nil, the delegation is not checked.
	NameServers func(ctx context.Context, domain string) ([]string, error)
}

// Examine reads the facts and judges them. It changes nothing.
func Examine(ctx context.Context, s *plan.Stack, o Options) []Finding {
	return judge(s.Declaration, read(ctx, s, o), o)
}

// judge is every check.
func judge(d *understudy.Declaration, f facts, o Options) []Finding {
	var all []Finding
	for _, side := range understudy.Sides {
		r := f.regions[side]
		if r.silent != nil {
			all = append(all, silent(side, r.silent))
			continue
		}
		all = append(all, judgeGiven(d, side, r)...)
		all = append(all, judgeZones(d, side, r)...)
		all = append(all, judgeType(d, side, r)...)
		all = append(all, judgeImage(d, side, r)...)
		all = append(all, judgeQuotas(d, side, r)...)
		all = append(all, judgePermissions(side, r)...)
		all = append(all, judgeCertificate(d, side, r)...)
		all = append(all, judgeMachines(d, side, r)...)
		all = append(all, judgeEnvironment(d, side, r)...)
		all = append(all, judgeHosts(d, side, r)...)
		all = append(all, judgeTopics(d, side, r)...)
	}
	all = append(all, judgeApart(d, f)...)
	all = append(all, judgeKeys(f)...)
	all = append(all, judgeWorldQuotas(d, f)...)
	all = append(all, judgeProfile(d, f.world)...)
	all = append(all, judgeName(d, f.world)...)
	all = append(all, judgeDelegation(d, f.world)...)
	all = append(all, judgeDowntime(d, o.RTO)...)
	all = append(all, judgeHealth(d)...)
	all = append(all, judgeStandby(d, f)...)
	all = append(all, judgeShares(d, f)...)
	all = append(all, judgeControlPlane(d)...)
	return inOrder(all)
}

// inOrder sorts findings by severity, each once.
func inOrder(all []Finding) []Finding {
	all = oncePerRefusal(all)
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Compare(slices.Index(Severities, a.Severity), slices.Index(Severities, b.Severity))
	})
	return all
}

func silent(side understudy.Side, err error) Finding {
	return Finding{
		Check: CheckAnswer, Severity: Blocker, Side: side,
		What: err.Error(),
		Why:  "a region that does not answer cannot be built, nor examined",
		Heal: "find out whether the region is enabled in the account, and whether its endpoint can be reached from here",
	}
}

// refusals are AWS's codes for a caller that lacks a permission ("Error codes for the Amazon EC2 API", and "Common errors" in
// the other services' API references).
var refusals = []string{"UnauthorizedOperation", "AccessDenied"}

// curious are the actions that only the doctor calls.
var curious = []string{
	"acm:DescribeCertificate",
	"autoscaling:DescribeAccountLimits", "elasticloadbalancing:DescribeAccountLimits", "route53:GetAccountLimit", "servicequotas:GetServiceQuota",
}

// unread is the finding in place of a check whose facts could not be read. A permission that lacks is mostly up's, too.
func unread(check string, side understudy.Side, action string, err error) Finding {
	why := "whether it would keep up from building, or users from being moved, is not known"
	if account.IsCode(err, refusals...) {
		if slices.Contains(curious, action) {
			return Finding{
				Check: check, Severity: Unchecked, Side: side, What: fmt.Sprintf("the caller may not call %s (%s)", action, account.Code(err)), Why: why,
				Heal: healPermission,
			}
		}
		return refused(side, action, err)
	}
	if account.IsUnsupported(err) {
		return Finding{Check: check, Severity: Unchecked, Side: side, What: action + " is not answered by this endpoint", Why: why}
	}
	return Finding{Check: check, Severity: Unchecked, Side: side, What: fmt.Sprintf("%s failed: %v", action, err), Why: why, Heal: "run doctor again"}
}

// oncePerRefusal removes what was said before: several checks may need an action that the caller may not call.
func oncePerRefusal(all []Finding) []Finding {
	said := map[Finding]bool{}
	return slices.DeleteFunc(all, func(f Finding) bool {
		was := said[f]
		said[f] = true
		return was
	})
}
