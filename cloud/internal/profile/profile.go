// Package profile is what a region asks of IAM, which is in the front door's process: whether there is an instance profile, and
// its role's credentials for an instance. It is asked over a unix socket, one request and one answer at a time, so that neither
// side waits for the other while nothing is asked.
package profile

import (
	"context"
	"errors"
	"time"
)

// Ref names an instance profile by one of the two.
type Ref struct{ Name, ARN string }

// Profile is an instance profile.
type Profile struct {
	Name, ARN, ID string
	Role          string // its role's name; empty for none
}

// The codes of Credentials ("Troubleshooting IAM and Amazon EC2", IAM user guide).
const (
	Success       = "Success"
	NotAuthorized = "AssumeRoleUnauthorizedAccess" // the role's trust policy does not let EC2 have it
)

// Credentials are those of a role for one instance.
type Credentials struct {
	Code            string // if it is not Success, there are no keys
	Role            string
	Key, Secret     string
	Token           string
	Issued, Expires time.Time
}

// ErrMissing tells that there is no such instance profile, or that it has no role that could have credentials.
var ErrMissing = errors.New("there is no such instance profile")

// Source is IAM. An error besides ErrMissing tells that it cannot be asked at present.
type Source interface {
	InstanceProfile(context.Context, Ref) (Profile, error)
	// InstanceCredentials makes credentials of the role of a profile, which is named by its unique id.
	InstanceCredentials(ctx context.Context, profile, instance string) (Credentials, error)
}

// Unavailable is an IAM that cannot be asked.
type Unavailable struct{}

var errUnavailable = errors.New("IAM does not answer")

// InstanceProfile implements Source.
func (Unavailable) InstanceProfile(context.Context, Ref) (Profile, error) {
	return Profile{}, errUnavailable
}

// InstanceCredentials implements Source.
func (Unavailable) InstanceCredentials(context.Context, string, string) (Credentials, error) {
	return Credentials{}, errUnavailable
}
