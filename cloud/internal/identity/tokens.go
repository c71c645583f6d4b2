package identity

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The lives of sessions, in seconds, that a request may ask for (AssumeRole and GetSessionToken in the STS API reference). They are
// not divided by the cloud's speed: whoever asks for them counts in its own time.
const (
	usualToken  = 43200
	rootToken   = 3600 // "credentials that are created by using account credentials ... from 900 seconds up to ... 3,600 seconds"
	mostChained = 3600
	maxSession  = 2048 // characters of session policies
)

func (r *Room) getCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	c := door.CallerOf(ctx)
	return &sts.GetCallerIdentityOutput{Account: &c.Account, Arn: &c.ARN, UserId: &c.UserID}, nil
}

func accessDenied(format string, args ...any) error {
	e := wire.Errorf("AccessDenied", format, args...)
	e.Status = http.StatusForbidden
	return e
}

func notAuthorized(c door.Caller, action, resource string) error {
	return accessDenied("User: %s is not authorized to perform: %s on resource: %s", c.ARN, action, resource)
}

func (c credentials) shown() *types.Credentials {
	return &types.Credentials{AccessKeyId: &c.Key, SecretAccessKey: &c.Secret, SessionToken: &c.Token, Expiration: &c.Expires}
}

// assumeRole gives a session of a role to whom its trust policy names ("AssumeRole").
func (r *Room) assumeRole(ctx context.Context, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if err := room.Only(in, "RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "Policy", "PolicyArns", "Tags"); err != nil {
		return nil, err
	}
	c := door.CallerOf(ctx)
	if c.Root() {
		return nil, accessDenied("Roles may not be assumed by root accounts.")
	}
	k, name, ok := r.ownARN(*in.RoleArn)
	e, there := r.entities.Get(roles.row(name))
	if !ok || k != roles || !there || r.arnOf(e) != *in.RoleArn {
		return nil, notAuthorized(c, "sts:AssumeRole", *in.RoleArn) // AWS does not tell which roles there are
	}
	tags := map[string]string{}
	for _, t := range in.Tags {
		tags[*t.Key] = *t.Value
	}
	if err := r.trusts(e, c, in, tags); err != nil {
		return nil, err
	}
	life, err := roleLife(e, c, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	documents, packed, err := r.sessionPolicies(in)
	if err != nil {
		return nil, err
	}
	made := r.issue(session{Role: e.ID, Name: *in.RoleSessionName, Policies: documents, Tags: tags}, life)
	as, _ := r.sessionCaller(made.session)
	out := &sts.AssumeRoleOutput{Credentials: made.shown(), AssumedRoleUser: &types.AssumedRoleUser{Arn: &as.ARN, AssumedRoleId: &as.UserID}}
	out.PackedPolicySize = packed //lint:ignore SA1019 clients older than its successor read it
	return out, nil
}

// trusts asks the role's trust policy, also about the session's tags.
func (r *Room) trusts(e entity, c door.Caller, in *sts.AssumeRoleInput, tags map[string]string) error {
	d, err := policy.Parse(e.Trust)
	if err != nil {
		return err
	}
	context := r.contextOf(c)
	if in.ExternalId != nil {
		context.Set("sts:ExternalId", *in.ExternalId)
	}
	context.Set("sts:RoleSessionName", *in.RoleSessionName)
	actions := []string{"sts:AssumeRole"}
	if len(tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	for k, v := range tags {
		context.Set("aws:RequestTag/"+k, v)
		context.Set("aws:TagKeys", append(context["aws:tagkeys"], k)...)
	}
	for _, action := range actions {
		if d.Trusts(r.policyCaller(c), action, context) != policy.Allowed {
			return notAuthorized(c, action, *in.RoleArn)
		}
	}
	return nil
}

func roleLife(e entity, c door.Caller, asked *int32) (time.Duration, error) {
	seconds := int32(usualSession)
	if asked != nil {
		seconds = *asked
	}
	switch {
	case seconds > e.MaxSession:
		return 0, wire.Errorf("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case c.Role != "" && seconds > mostChained:
		return 0, wire.Errorf("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	return time.Duration(seconds) * time.Second, nil
}

// sessionPolicies reads the policies that limit a session, and how much of the room for them they take, in per cent.
func (r *Room) sessionPolicies(in *sts.AssumeRoleInput) (documents []string, packed *int32, err error) {
	total := 0
	if in.Policy != nil {
		if _, err := policy.Identity(*in.Policy); err != nil {
			return nil, nil, malformed(err)
		}
		documents, total = append(documents, *in.Policy), size(*in.Policy)
	}
	for _, p := range in.PolicyArns {
		e, ok := r.managed(nil, room.Deref(p.Arn))
		if !ok {
			return nil, nil, noSuchEntity("Policy %s does not exist or is not attachable.", room.Deref(p.Arn))
		}
		documents, total = append(documents, e.document()), total+len(*p.Arn)
	}
	if total > maxSession {
		return nil, nil, wire.Errorf("PackedPolicyTooLarge", "Packed policy consumes %d%% of allotted space, please use smaller policy.", total*100/maxSession)
	}
	if documents == nil {
		return nil, nil, nil
	}
	return documents, new(int32((total*100 + maxSession - 1) / maxSession)), nil
}

func (r *Room) getSessionToken(ctx context.Context, in *sts.GetSessionTokenInput) (*sts.GetSessionTokenOutput, error) {
	if err := room.Only(in, "DurationSeconds"); err != nil {
		return nil, err
	}
	c := door.CallerOf(ctx)
	if c.Temporary {
		return nil, accessDenied("Cannot call GetSessionToken with session credentials")
	}
	s, seconds := session{}, int32(usualToken)
	if in.DurationSeconds != nil {
		seconds = *in.DurationSeconds
	}
	if c.Root() {
		seconds = min(seconds, rootToken)
	} else {
		s.User = c.UserID
	}
	return &sts.GetSessionTokenOutput{Credentials: r.issue(s, time.Duration(seconds)*time.Second).shown()}, nil
}

// getAccessKeyInfo tells an access key's account. Every key that this cloud knows, and every session's, is of its one account.
func (r *Room) getAccessKeyInfo(_ context.Context, in *sts.GetAccessKeyInfoInput) (*sts.GetAccessKeyInfoOutput, error) {
	_, known := r.keys.Get(*in.AccessKeyId)
	if !known && *in.AccessKeyId != r.cfg.RootKey {
		return nil, accessDenied("The access key %s is not of this cloud's account, or is a session's, of which this cloud keeps no list.", *in.AccessKeyId)
	}
	return &sts.GetAccessKeyInfoOutput{Account: &r.Account}, nil
}
