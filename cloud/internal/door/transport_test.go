package door_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// A process's connections are used again, and none of them for the process that is started after it, although the first
// one's are still open.
func TestConnectionsAreKeptForOneProcess(t *testing.T) {
	e := open(t)
	client := ec2.NewFromConfig(e.good("us-west-2"))
	ask := func(process string) {
		t.Helper()
		out, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
		if err != nil {
			t.Fatal(err)
		}
		if got := *out.Vpcs[0].VpcId; got != process {
			t.Errorf("answered by %s, want %s", got, process)
		}
	}
	for _, process := range []string{"vpc-first", "vpc-second"} {
		made := serveAs(t, filepath.Join(e.dir, "us-west-2"), process)
		for range 3 {
			ask(process)
		}
		if n := made.Load(); n != 1 {
			t.Errorf("%s: %d connections for three calls, want 1", process, n)
		}
	}
}

// serveAs serves at a path as a process that says its name, and counts its connections. They stay open until the test ends,
// also after another process listens at the path.
func serveAs(t *testing.T, path, name string) *atomic.Int64 {
	t.Helper()
	mux := wire.NewMux(nil)
	wire.Handle(mux, wire.EC2, "DescribeVpcs", func(context.Context, *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) {
		return &ec2.DescribeVpcsOutput{Vpcs: []ec2types.Vpc{{VpcId: &name}}}, nil
	})
	made := &atomic.Int64{}
	l, err := listenAnew(path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux, ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			made.Add(1)
		}
	}}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return made
}

// listenAnew listens at a path as a process does that finds the socket of one before it.
func listenAnew(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", path)
}
