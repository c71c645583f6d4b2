package profile_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/profile"
)

// one is an IAM with one profile.
type one struct {
	profile profile.Profile
	made    profile.Credentials
}

func (o one) InstanceProfile(_ context.Context, ref profile.Ref) (profile.Profile, error) {
	if ref.Name != o.profile.Name && ref.ARN != o.profile.ARN {
		return profile.Profile{}, profile.ErrMissing
	}
	return o.profile, nil
}

func (o one) InstanceCredentials(_ context.Context, id, instance string) (profile.Credentials, error) {
	if id != o.profile.ID || instance != "i-1" {
		return profile.Credentials{}, profile.ErrMissing
	}
	return o.made, nil
}

func serve(t *testing.T, h http.Handler) profile.Client {
	t.Helper()
	dir, err := os.MkdirTemp("", "profile") // a socket's path has 108 bytes, which t.TempDir() may exceed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }() // returns at Close
	t.Cleanup(func() { server.Close() })
	return profile.Client{Socket: socket}
}

func TestRegionsAskIAM(t *testing.T) {
	at := time.Date(2026, 11, 27, 1, 0, 0, 0, time.UTC)
	iam := one{
		profile.Profile{Name: "web", ARN: "arn:aws:iam::1:instance-profile/web", ID: "AIPA1", Role: "web-role"},
		profile.Credentials{Code: profile.Success, Role: "web-role", Key: "ASIA1", Secret: "s+/", Token: "t=", Issued: at, Expires: at.Add(time.Hour)},
	}
	c, ctx := serve(t, profile.Handler(iam)), t.Context()
	for _, ref := range []profile.Ref{{Name: "web"}, {ARN: iam.profile.ARN}} {
		if got, err := c.InstanceProfile(ctx, ref); err != nil || got != iam.profile {
			t.Errorf("%+v is %+v, %v", ref, got, err)
		}
	}
	if _, err := c.InstanceProfile(ctx, profile.Ref{Name: "other"}); !errors.Is(err, profile.ErrMissing) {
		t.Errorf("another profile: %v", err)
	}
	got, err := c.InstanceCredentials(ctx, "AIPA1", "i-1")
	if diff := cmp.Diff(iam.made, got); diff != "" || err != nil {
		t.Errorf("credentials: %v %s", err, diff)
	}
	if _, err := c.InstanceCredentials(ctx, "AIPA2", "i-1"); !errors.Is(err, profile.ErrMissing) {
		t.Errorf("credentials of another profile: %v", err)
	}
}

// Nobody takes an IAM that cannot be asked for one without the profile.
func TestIAMThatCannotBeAskedIsNotWithoutTheProfile(t *testing.T) {
	for what, c := range map[string]profile.Client{
		"refused": serve(t, profile.Handler(profile.Unavailable{})), "gone": {Socket: filepath.Join(t.TempDir(), "none")},
	} {
		if _, err := c.InstanceProfile(t.Context(), profile.Ref{Name: "web"}); err == nil || errors.Is(err, profile.ErrMissing) {
			t.Errorf("%s: profile: %v", what, err)
		}
		if _, err := c.InstanceCredentials(t.Context(), "AIPA1", "i-1"); err == nil || errors.Is(err, profile.ErrMissing) {
			t.Errorf("%s: credentials: %v", what, err)
		}
	}
}
