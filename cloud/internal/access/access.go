// Package access decides whether a caller's policies allow a call: which actions it needs on which resources, and with which
// condition keys. The resources' tags, and what a launch template names, it asks the call's region for, whose own process has them.
//
// A call is about the resources that the Service Authorization Reference names for its action, as far as this package knows how
// to find them: those of EC2, Elastic Load Balancing, Auto Scaling, Route 53, IAM, STS, the Parameter Store and Certificate
// Manager. A call of another service is about *, so that a statement with other resources is none for it.
package access

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Principals is IAM.
type Principals interface {
	// PoliciesOf returns what the policies of a caller are, and the condition keys that tell who it is.
	PoliciesOf(door.Caller) (policy.Policies, policy.Context, error)
	// ARNOf returns the ARN of a user, group, role, policy or instance profile by its name.
	ARNOf(kind, name string) (arn string, ok bool)
	// RoleOf returns the ARN of the role of an instance profile, which is named by name or ARN.
	RoleOf(profile string) (arn string, ok bool)
	// HasServiceRole tells whether a service has its service-linked role.
	HasServiceRole(service string) bool
	// Names tells whether a role's trust policy allows it to the caller by the caller's own name, which needs no other policy.
	Names(role string, c door.Caller) bool
}

// Gate lets in the calls that their callers' policies allow.
type Gate struct {
	Account    string
	Principals func() Principals // nil while there is no IAM
	Regions    Regions
	Now        func() time.Time // nil for time.Now
}

var _ door.Gate = (*Gate)(nil)

// Admit implements door.Gate. The root user may do everything that the endpoint lets through by which it comes, and anybody may ask
// who it is ("No permissions are required", GetCallerIdentity and GetSessionToken).
func (g *Gate) Admit(ctx context.Context, c door.Caller, a door.Asked) *wire.Error {
	if a.Operation == "" || a.Service == wire.STS && (a.Operation == "GetCallerIdentity" || a.Operation == "GetSessionToken") {
		return nil
	}
	way, _ := door.WayOf(ctx)
	if c.Root() && way.Policy == nil {
		return nil
	}
	iam := g.Principals()
	if iam == nil {
		return refusal(a.Service, "IAM of this cloud is down: its state is refused.")
	}
	policies, about, err := iam.PoliciesOf(c)
	if err != nil {
		return unreadable(a.Service, c, err)
	}
	q := &question{Gate: g, iam: iam, ctx: ctx, caller: c, Asked: a, form: a.Service.FormOf(a.Request, a.Body)}
	needs, err := q.needs()
	if err != nil {
		return down(a.Region)
	}
	common := g.common(a)
	g.come(ctx, common)
	maps.Copy(common, about)
	for _, n := range needs {
		keys := maps.Clone(common)
		maps.Copy(keys, n.Context)
		request := policy.Request{Action: n.Action, Resource: n.Resource, Context: keys}
		if decision := q.through(way, request); decision != policy.Allowed {
			return denied(a.Service, c, n, decision, policy.ByEndpoint)
		}
		if c.Root() {
			continue
		}
		decision, by := policies.Evaluate(request)
		if decision == policy.ImplicitDeny && n.trusted {
			continue
		}
		if decision != policy.Allowed {
			return denied(a.Service, c, n, decision, by)
		}
	}
	return nil
}

// come changes what the condition keys say of where a request comes from: by a VPC endpoint it comes from the VPC and not from a
// public address ("AWS global condition context keys", "Properties of the network").
func (g *Gate) come(ctx context.Context, keys policy.Context) {
	way, _ := door.WayOf(ctx)
	if way.Endpoint == "" {
		return
	}
	keys.Set("aws:SourceVpce", way.Endpoint)
	keys.Set("aws:SourceVpc", way.VPC)
	keys.Set("aws:SourceVpcArn", "arn:aws:ec2:"+way.Region+":"+g.Account+":vpc/"+way.VPC)
	keys.Set("aws:VpcSourceIp", keys["aws:sourceip"]...)
	delete(keys, "aws:sourceip")
}

// through is what the policy of the endpoint says by which a call comes.
func (q *question) through(way door.Way, r policy.Request) policy.Decision {
	if way.Policy == nil {
		return policy.Allowed
	}
	who := policy.Caller{Account: q.caller.Account, ARNs: []string{q.caller.ARN}, ID: q.caller.UserID}
	if role, ok := q.iam.ARNOf("role", q.caller.Role); ok && q.caller.Role != "" {
		who.ARNs, who.ID = append(who.ARNs, role), q.caller.RoleID
	}
	return way.Policy.Lets(who, r)
}

// need is an action on a resource, with the condition keys that the resource has.
type need struct {
	policy.Request
	trusted  bool   // no policy needs to allow it
	template string // the launch template for which Auto Scaling asks
}

// question is a call, and what is known of it.
type question struct {
	*Gate
	door.Asked
	iam    Principals
	ctx    context.Context
	caller door.Caller
	form   url.Values
}

// prefix is a service's name in actions.
func prefix(s *wire.Service) string {
	if s == wire.CloudWatch {
		return "cloudwatch"
	}
	return s.SigningName
}

func (q *question) action() string { return prefix(q.Service) + ":" + q.Operation }

// on makes a need of the call's own action.
func (q *question) on(resource string, keys policy.Context) need {
	return needOf(q.action(), resource, keys)
}

func needOf(action, resource string, keys policy.Context) need {
	if keys == nil {
		keys = policy.Context{}
	}
	return need{Request: policy.Request{Action: action, Resource: resource, Context: keys}}
}

// anything is the resource of an action that is about none of its own.
const anything = "*"

// needs are what the call needs.
func (q *question) needs() ([]need, error) {
	switch q.Service {
	case wire.EC2:
		return q.ec2()
	case wire.ELBv2:
		return q.balancing()
	case wire.AutoScaling:
		return q.scaling()
	case wire.Route53:
		return q.route53(), nil
	case wire.IAM:
		return q.entities(), nil
	case wire.STS:
		return q.sts(), nil
	case wire.SSM:
		return q.parameters()
	case wire.ACM:
		return q.certificates()
	case wire.ZonalShift:
		return q.shifting()
	case wire.SNS:
		return q.notifying()
	}
	return []need{q.on(anything, nil)}, nil
}

// arn names a resource of the call's service and region.
func (q *question) arn(resource string) string {
	return "arn:aws:" + prefix(q.Service) + ":" + q.Region + ":" + q.Account + ":" + resource
}

// The regions of services that have one alone, by aws:RequestedRegion ("AWS global condition context keys").
var homes = map[*wire.Service]string{wire.IAM: "us-east-1", wire.Route53: "us-east-1", wire.RecoveryControl: "us-west-2"}

// common are the condition keys of every request ("AWS global condition context keys", "Properties of the request").
func (g *Gate) common(a door.Asked) policy.Context {
	now := time.Now
	if g.Now != nil {
		now = g.Now
	}
	region := a.Region
	if home := homes[a.Service]; home != "" {
		region = home
	} else if scope, ok := wire.ScopeOf(a.Request); ok && region == "" {
		region = scope.Region
	}
	keys := policy.Context{}
	keys.Set("aws:RequestedRegion", region)
	keys.Set("aws:CurrentTime", now().UTC().Format(time.RFC3339))
	keys.Set("aws:EpochTime", strconv.FormatInt(now().Unix(), 10))
	keys.Set("aws:SecureTransport", strconv.FormatBool(a.Request.TLS != nil))
	keys.Set("aws:ViaAWSService", "false")
	if agent := a.Request.UserAgent(); agent != "" {
		keys.Set("aws:UserAgent", agent)
	}
	if host, _, err := net.SplitHostPort(a.Request.RemoteAddr); err == nil {
		keys.Set("aws:SourceIp", host)
	}
	return keys
}

// tagKeys are the condition keys of what a call says of tags, and of the tags that a resource has.
func tagKeys(service string, said, has map[string]string) policy.Context {
	keys := policy.Context{}
	for k, v := range said {
		keys.Set("aws:RequestTag/"+k, v)
		keys.Set("aws:TagKeys", append(keys["aws:tagkeys"], k)...)
	}
	for k, v := range has {
		keys.Set("aws:ResourceTag/"+k, v)
		keys.Set(service+":ResourceTag/"+k, v)
	}
	return keys
}

func down(region string) *wire.Error {
	return &wire.Error{Code: "ServiceUnavailable", Message: "The region " + region + " of this cloud is down.", Status: http.StatusServiceUnavailable}
}
