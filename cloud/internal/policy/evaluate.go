package policy

import "strings"

// Request is what is to be decided.
type Request struct {
	Action   string // ec2:RunInstances
	Resource string // an ARN, or "*" where the action is about no resource of its own
	Context  Context
}

// Caller is who a trust policy is asked about.
type Caller struct {
	Account string
	ARNs    []string // by which policies may name it: a session's own and its role's
	ID      string   // a user's or a role's unique id
	Service string   // ec2.amazonaws.com
}

// Decision is what policies say.
type Decision int

// The decisions. A request that nothing allows is denied implicitly.
const (
	ImplicitDeny Decision = iota
	Allowed
	ExplicitDeny
)

func (d Decision) String() string {
	return [...]string{"implicitDeny", "allowed", "explicitDeny"}[d]
}

// Reason tells which kind of policy decided.
type Reason string

// The reasons of a denial, as AWS's messages name them.
const (
	ByIdentity Reason = "identity-based policy"
	ByBoundary Reason = "permissions boundary"
	BySession  Reason = "session policy"
	ByEndpoint Reason = "VPC endpoint policy"
)

// Policies are all that apply to a principal in its own account.
type Policies struct {
	Identity []Document
	// Boundary and Session limit what Identity gives; nil for none.
	Boundary []Document
	Session  []Document
}

// Evaluate decides: an explicit denial anywhere wins, and each kind of policy that there is must allow ("Evaluating
// identity-based policies with permissions boundaries", "... with session policies").
func (p Policies) Evaluate(r Request) (Decision, Reason) {
	layers := []struct {
		documents []Document
		reason    Reason
		there     bool
	}{
		{p.Identity, ByIdentity, true},
		{p.Boundary, ByBoundary, p.Boundary != nil},
		{p.Session, BySession, p.Session != nil},
	}
	result, because := Allowed, Reason("")
	for _, l := range layers {
		if !l.there {
			continue
		}
		switch decide(l.documents, r) {
		case ExplicitDeny:
			return ExplicitDeny, l.reason
		case ImplicitDeny:
			if result == Allowed {
				result, because = ImplicitDeny, l.reason
			}
		}
	}
	return result, because
}

// decide is the word of documents of one kind.
func decide(all []Document, r Request) Decision {
	result := ImplicitDeny
	for _, d := range all {
		for _, s := range d.Statements {
			if !s.applies(d, r) {
				continue
			}
			if !s.Allow {
				return ExplicitDeny
			}
			result = Allowed
		}
	}
	return result
}

// Lets decides whether a policy of a resource's own, which names principals, lets a caller do something.
func (d Document) Lets(c Caller, r Request) Decision {
	var about []Statement
	for _, s := range d.Statements {
		if s.Principals != nil && s.Principals.include(c) {
			about = append(about, s)
		}
	}
	return decide([]Document{{Version: d.Version, Statements: about}}, r)
}

// Trusts decides whether a trust policy lets a caller do an action with the role.
func (d Document) Trusts(c Caller, action string, context Context) Decision {
	result := ImplicitDeny
	for _, s := range d.Statements {
		if s.Principals == nil || !s.Principals.include(c) || !s.about(action) ||
			!s.met(d, context) {
			continue
		}
		if !s.Allow {
			return ExplicitDeny
		}
		result = Allowed
	}
	return result
}

func (p *Principals) include(c Caller) bool {
	if c.Service != "" {
		for _, s := range p.Service {
			if s == c.Service {
				return true
			}
		}
		return p.Anyone
	}
	if p.Anyone {
		return true
	}
	for _, name := range p.AWS {
		if name == c.Account || name == "arn:aws:iam::"+c.Account+":root" || c.ID != "" && name == c.ID {
			return true
		}
		for _, arn := range c.ARNs {
			if name == arn {
				return true
			}
		}
	}
	return false
}

func (s Statement) applies(d Document, r Request) bool {
	return s.about(r.Action) && s.onto(d, r) && s.met(d, r.Context)
}

// about tells whether the statement is about the action. Their names' case does not matter.
func (s Statement) about(action string) bool {
	named := false
	for _, a := range s.Actions {
		if matches(wild(strings.ToLower(a)), strings.ToLower(action)) {
			named = true
			break
		}
	}
	return named != s.NotActions
}

// onto tells whether the statement is about the resource.
func (s Statement) onto(d Document, r Request) bool {
	named := false
	for _, text := range s.Resources {
		if p, ok := pattern(text, r.Context, d.variables()); ok && matchesARN(p, r.Resource) {
			named = true
			break
		}
	}
	return named != s.NotResources
}

func (s Statement) met(d Document, context Context) bool {
	for _, c := range s.Conditions {
		if !c.holds(context, d.variables()) {
			return false
		}
	}
	return true
}

func (d Document) variables() bool { return d.Version == "2012-10-17" }
