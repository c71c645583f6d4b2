package identity

import (
	"time"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/policy"
)

// policyCaller is how policies may name a caller: a session of a role by itself and by the role.
func (r *Room) policyCaller(c door.Caller) policy.Caller {
	p := policy.Caller{Account: c.Account, ARNs: []string{c.ARN}, ID: c.UserID}
	if e, err := r.find(nil, roles, c.Role); err == nil && c.Role != "" {
		p.ARNs, p.ID = append(p.ARNs, r.arnOf(e)), e.ID
	}
	return p
}

// contextOf has the condition keys of a caller ("AWS global condition context keys", "Properties of the principal").
func (r *Room) contextOf(c door.Caller) policy.Context {
	context := policy.Context{}
	context.Set("aws:PrincipalAccount", c.Account)
	context.Set("aws:PrincipalArn", c.ARN)
	context.Set("aws:userid", c.UserID)
	context.Set("aws:PrincipalIsAWSService", "false")
	tags := map[string]string{}
	switch {
	case c.Root():
		context.Set("aws:PrincipalType", "Account")
	case c.User != "":
		context.Set("aws:PrincipalType", "User")
		context.Set("aws:username", c.User)
		if e, err := r.find(nil, users, c.User); err == nil {
			tags = e.Tags
		}
	case c.Role != "":
		context.Set("aws:PrincipalType", "AssumedRole")
		if e, err := r.find(nil, roles, c.Role); err == nil {
			context.Set("aws:PrincipalArn", r.arnOf(e)) // "for IAM roles, the request context returns the ARN of the role"
			tags = e.Tags
		}
	}
	for k, v := range tags {
		context.Set("aws:PrincipalTag/"+k, v)
	}
	for k, v := range c.Tags {
		context.Set("aws:PrincipalTag/"+k, v)
	}
	if c.Temporary {
		context.Set("aws:TokenIssueTime", c.Issued.Format(time.RFC3339))
		context.Set("aws:MultiFactorAuthPresent", "false")
	}
	return context
}
