package compute_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html: the last 64 KB, in base64.
func TestConsoleOutputIsTheLastOfIt(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	id := d.Run(subnet, 1)[0]
	dir := d.Machines.Started(id).Spec.Dir
	console := func() string {
		t.Helper()
		out := roomtest.Must(d.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id}))(t)
		if *out.InstanceId != id || out.Timestamp == nil {
			t.Errorf("%+v", out)
		}
		return string(roomtest.Must(base64.StdEncoding.DecodeString(*out.Output))(t))
	}
	if said := console(); said != "" {
		t.Errorf("before it has said anything: %q", said)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	all := "the first line\n" + strings.Repeat("and on it goes\n", 5000) + "the last line\n"
	for _, said := range []string{"hello\n", all} {
		if err := os.WriteFile(filepath.Join(dir, "console.log"), []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := console(); got != said[max(0, len(said)-64<<10):] {
				t.Errorf("%d bytes were said, %d are shown: %.40q to %q", len(said), len(got), got, got[max(0, len(got)-20):])
			}
			d.Reopen()
		}
	}
	_, err := d.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: new("i-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidInstanceID.NotFound")
	_, err = d.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: new("i-x")})
	roomtest.WantAPIError(t, err, "InvalidInstanceID.Malformed")
}
