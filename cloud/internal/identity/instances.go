package identity

import (
	"context"
	"time"

	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/profile"
)

// instanceSession is how long the credentials of an instance's role are valid, whatever the role's MaxSessionDuration is: "...
// doesn't limit sessions that ... AWS services" assume ("Methods to assume a role"). AWS publishes no figure; it is about six hours.
const instanceSession = 6 * time.Hour

// ec2Service is who assumes the roles of instances.
const ec2Service = "ec2.amazonaws.com"

var _ profile.Source = (*Room)(nil)

// InstanceProfile implements profile.Source.
func (r *Room) InstanceProfile(_ context.Context, ref profile.Ref) (profile.Profile, error) {
	name := ref.Name
	if ref.ARN != "" {
		k, named, ok := r.ownARN(ref.ARN)
		if !ok || k != profiles {
			return profile.Profile{}, profile.ErrMissing
		}
		name = named
	}
	e, err := r.find(nil, profiles, name)
	if err != nil || ref.ARN != "" && r.arnOf(e) != ref.ARN {
		return profile.Profile{}, profile.ErrMissing
	}
	return profile.Profile{Name: e.Name, ARN: r.arnOf(e), ID: e.ID, Role: e.Role}, nil
}

// InstanceCredentials implements profile.Source. The session is called like the instance ("Using an IAM role to grant permissions
// to applications running on Amazon EC2 instances").
func (r *Room) InstanceCredentials(_ context.Context, id, instance string) (profile.Credentials, error) {
	p, ok := r.byID(profiles, id)
	if !ok || p.Role == "" {
		return profile.Credentials{}, profile.ErrMissing
	}
	e, err := r.find(nil, roles, p.Role)
	if err != nil {
		return profile.Credentials{}, profile.ErrMissing
	}
	d, err := policy.Parse(e.Trust)
	if err != nil || d.Trusts(policy.Caller{Service: ec2Service}, "sts:AssumeRole", policy.Context{}) != policy.Allowed {
		return profile.Credentials{Code: profile.NotAuthorized, Role: e.Name, Issued: r.now()}, nil
	}
	c := r.issue(session{Role: e.ID, Name: instance}, instanceSession)
	return profile.Credentials{
		Code: profile.Success, Role: e.Name, Key: c.Key, Secret: c.Secret, Token: c.Token, Issued: c.Issued, Expires: c.Expires,
	}, nil
}
