package compute

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/profile"
)

// source answers for credentials as it is set.
type source struct {
	profile.Unavailable
	made  profile.Credentials
	err   error
	asked int
}

func (s *source) InstanceCredentials(context.Context, string, string) (profile.Credentials, error) {
	s.asked++
	return s.made, s.err
}

func aged(role string, age time.Duration) profile.Credentials {
	at := time.Now().Add(-age)
	return profile.Credentials{Code: profile.Success, Role: role, Issued: at, Expires: at.Add(6 * time.Hour)}
}

// Credentials are kept for an hour, made anew after it, and outlive an IAM that does not answer, but not themselves.
func TestCredentialsAreRenewedInTime(t *testing.T) {
	r, _, _ := open(t)
	s := &source{made: aged("first", 0)}
	r.cfg.Profiles = s
	p := profileRow{Association: "iip-assoc-1", ID: "AIPA1"}
	want := func(what, role string, asked int) {
		t.Helper()
		c, err := r.credentials(p, "i-1")
		if err != nil || c.Role != role || s.asked != asked {
			t.Errorf("%s: %q, asked %d times, %v; want %q, %d times", what, c.Role, s.asked, err, role, asked)
		}
	}
	want("at first", "first", 1)
	s.made = aged("second", renewal+time.Minute)
	want("kept", "first", 1)
	r.issued.Store(p.Association, aged("old", renewal))
	want("after an hour", "second", 2)
	s.made, s.err = profile.Credentials{}, errors.New("no answer")
	want("without IAM", "second", 3)
	s.err = profile.ErrMissing
	if _, err := r.credentials(p, "i-1"); !errors.Is(err, profile.ErrMissing) {
		t.Errorf("of a profile that is gone: %v", err)
	}
	s.err = errors.New("no answer")
	r.issued.Store(p.Association, aged("dead", 6*time.Hour))
	if c, err := r.credentials(p, "i-1"); err == nil {
		t.Errorf("credentials that have ended are told: %+v", c)
	}
	s.made, s.err = profile.Credentials{Code: profile.NotAuthorized, Role: "untrusted", Issued: time.Now()}, nil
	want("not authorized", "untrusted", 6)
	s.made = aged("trusted", 0)
	want("authorized at last", "trusted", 7)
}
