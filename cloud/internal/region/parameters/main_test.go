package parameters

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

const (
	amazonLinux = "/aws/service/ami-amazon-linux-latest/"
	golden      = "ami-0123456789abcdef0"
)

// album has one image, and two public parameters of another.
type album struct{}

func (album) HasImage(id string) bool { return id == golden }

func (album) PublicParameters() []Public {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	return []Public{
		{amazonLinux + "al2023-ami-kernel-default-x86_64", "ami-00000000000000001", at},
		{"/aws/service/debian/release/12/latest/amd64", "ami-00000000000000002", at},
	}
}

// desk is the Parameter Store behind the SDK's client, which outlives its reopening.
type desk struct {
	*ssm.Client
	t        *testing.T
	dir      string
	endpoint string
	r        *Room
	end      func()
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	d.load()
	endpoint := roomtest.Serve(t, func(m *wire.Mux) { d.r.Operations(m) })
	d.endpoint = *endpoint
	d.Client = ssm.New(ssm.Options{
		Region: "us-east-1", BaseEndpoint: endpoint, Credentials: roomtest.Credentials, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
	})
	return d
}

func (d *desk) load() {
	d.t.Helper()
	base, end := roomtest.Open(d.t, d.dir, tempo.Speed(1))
	r, err := Load(base, album{})
	if err != nil {
		d.t.Fatal(err)
	}
	d.r, d.end = r, end
}

func (d *desk) reopen() {
	d.t.Helper()
	d.end()
	d.load()
}

// put makes a parameter, or another version of it, and returns the version.
func (d *desk) put(name string, kind ssmtypes.ParameterType, value string) int64 {
	d.t.Helper()
	return roomtest.Must(d.PutParameter(d.t.Context(), &ssm.PutParameterInput{Name: &name, Type: kind, Value: &value, Overwrite: new(true)}))(d.t).Version
}

// get returns a parameter with its secret.
func (d *desk) get(name string) ssmtypes.Parameter {
	d.t.Helper()
	return *roomtest.Must(d.GetParameter(d.t.Context(), &ssm.GetParameterInput{Name: &name, WithDecryption: new(true)}))(d.t).Parameter
}

// refused checks an error's code and message.
func refused(t *testing.T, what string, err error, code, message string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) {
		t.Errorf("%s: error %v, want %s", what, err, code)
		return
	}
	if code == "InvalidFilterKey" { // AWS's model has no message of this error, so that the SDK reads none
		message = ""
	}
	if e.ErrorCode() != code || e.ErrorMessage() != message {
		t.Errorf("%s\nanswers %s: %s\nwant    %s: %s", what, e.ErrorCode(), e.ErrorMessage(), code, message)
	}
}
