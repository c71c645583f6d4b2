package identity_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/identity"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

const (
	account = "123456789012"
	keyID   = "AKIAUNDERSTUDYTEST01"
	secret  = "a-secret/with+signs="
)

// desk is an account's IAM and STS behind a front door, with clients of the account's own key.
type desk struct {
	*iam.Client
	t    *testing.T
	dir  string
	url  string
	room *identity.Room
	late atomic.Int64 // how much later than now the account's clock is
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	d.start()
	t.Cleanup(func() { d.room.Close() })
	return d
}

func (d *desk) start() {
	d.t.Helper()
	now := func() time.Time { return time.Now().Add(time.Duration(d.late.Load())) }
	var err error
	if d.room, err = identity.Open(identity.Config{Account: account, RootKey: keyID, Dir: d.dir, Now: now}); err != nil {
		d.t.Fatal(err)
	}
	server := httptest.NewServer(door.New(door.Config{Account: account, AccessKey: keyID, Secret: secret, Identity: d.room, Now: now}))
	d.t.Cleanup(server.Close)
	d.url = server.URL
	d.Client = iam.NewFromConfig(d.as(keyID, secret, ""))
}

// reopen closes the account and opens it on what its folder holds.
func (d *desk) reopen() {
	d.t.Helper()
	if err := d.room.Close(); err != nil {
		d.t.Fatal(err)
	}
	d.start()
}

// as configures a client that signs with a key, and tries once.
func (d *desk) as(id, secret, token string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &d.url, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
		}),
	}
}

func (d *desk) sts(id, secret, token string) *sts.Client {
	return sts.NewFromConfig(d.as(id, secret, token))
}

// user makes a user with a key.
func (d *desk) user(name string) (id, secret string) {
	d.t.Helper()
	if _, err := d.CreateUser(d.t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
		d.t.Fatal(err)
	}
	key, err := d.CreateAccessKey(d.t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		d.t.Fatal(err)
	}
	return *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey
}

// refused checks an error's code and whole message.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want %s", err, want)
	}
	if got := e.ErrorCode() + ": " + e.ErrorMessage(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

type step struct{ want, args string }

// walk gives the AWS CLI commands one after the other, and looks for what each is to print.
func (d *desk) walk(steps []step) {
	d.t.Helper()
	var commands [][]string
	for _, c := range steps {
		commands = append(commands, append([]string{"iam"}, strings.Fields(c.args)...))
	}
	prints := judge.Commands(d.t, d.url, keyID, secret, commands)
	for i, c := range steps {
		if !strings.Contains(prints[i], c.want) || c.want == "" && prints[i] != "" {
			d.t.Errorf("aws iam %s\nprints %s\nwant   %s", c.args, prints[i], c.want)
		}
	}
}
