package door_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/understudy/understudy/cloud/internal/fault"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// networks is a region that makes VPCs and counts the calls that it carries out.
type networks struct {
	mu      sync.Mutex
	vpcs    []string
	carried atomic.Int64
}

// withNetworks opens a door whose region us-west-2 is up, and returns an EC2 client there that tries so often.
func withNetworks(t *testing.T, attempts int) (*endpoint, *networks, *ec2.Client) {
	t.Helper()
	e, n := open(t), &networks{}
	mux := wire.NewMux(nil)
	wire.Handle(mux, wire.EC2, "CreateVpc", n.create)
	wire.Handle(mux, wire.EC2, "DescribeVpcs", n.describe)
	serveUnix(t, filepath.Join(e.dir, "us-west-2"), mux)
	cfg := e.good("us-west-2")
	cfg.RetryMaxAttempts = attempts
	return e, n, ec2.NewFromConfig(cfg)
}

func (n *networks) create(context.Context, *ec2.CreateVpcInput) (*ec2.CreateVpcOutput, error) {
	n.carried.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.vpcs = append(n.vpcs, fmt.Sprintf("vpc-%017x", len(n.vpcs)+1))
	return &ec2.CreateVpcOutput{Vpc: &ec2types.Vpc{VpcId: &n.vpcs[len(n.vpcs)-1]}}, nil
}

func (n *networks) describe(_ context.Context, in *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) {
	n.carried.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, id := range in.VpcIds {
		if !slices.Contains(n.vpcs, id) {
			return nil, wire.Errorf("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
		}
	}
	out := &ec2.DescribeVpcsOutput{}
	for _, id := range n.vpcs {
		if len(in.VpcIds) == 0 || slices.Contains(in.VpcIds, id) {
			out.Vpcs = append(out.Vpcs, ec2types.Vpc{VpcId: &id})
		}
	}
	return out, nil
}

// fault adds a fault that the test expects to be one.
func (e *endpoint) fault(t *testing.T, r fault.Rule) fault.Rule {
	t.Helper()
	r, err := e.faults.Add(r)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// unanswered is how a call fails whose connection was closed.
func unanswered(t *testing.T, err error) {
	t.Helper()
	if !errors.As(err, new(*smithyhttp.RequestSendError)) {
		t.Errorf("got %v, want no answer at all", err)
	}
}

func TestFaultRefusesInEachServicesWords(t *testing.T) {
	e := open(t)
	e.fault(t, fault.Rule{Error: fault.Throttling})
	cfg := e.good("us-east-1")
	refused(t, describeVpcs(t, cfg), 503, "RequestLimitExceeded", "limit")
	_, err := elasticloadbalancingv2.NewFromConfig(cfg).DescribeLoadBalancers(t.Context(), nil)
	refused(t, err, 400, "Throttling", "Rate exceeded")
	_, err = autoscaling.NewFromConfig(cfg).DescribeAutoScalingGroups(t.Context(), nil)
	refused(t, err, 400, "Throttling", "Rate exceeded")
	refused(t, countZones(t, cfg), 400, "Throttling", "Rate exceeded")
	refused(t, identify(t, cfg), 400, "Throttling", "Rate exceeded")
	_, err = cloudwatch.NewFromConfig(cfg).DescribeAlarms(t.Context(), nil)
	refused(t, err, 400, "Throttling", "Rate exceeded")
	_, err = route53recoverycontrolconfig.NewFromConfig(cfg).ListClusters(t.Context(), nil)
	refused(t, err, 429, "ThrottlingException", "throttling")
	var asked []string
	for _, c := range e.faults.Calls() {
		asked = append(asked, c.Operation)
	}
	want := []string{
		"DescribeVpcs", "DescribeLoadBalancers", "DescribeAutoScalingGroups", "GetHostedZoneCount", "GetCallerIdentity", "DescribeAlarms", "ListClusters",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("the operations are taken for %v", asked)
	}
}

func TestFaultOfAnyCodeAndStatus(t *testing.T) {
	e, n, client := withNetworks(t, 1)
	e.fault(t, fault.Rule{Operation: "CreateVpc", Error: "VpcLimitExceeded", Status: 409, Message: "No <more> VPCs."})
	_, err := client.CreateVpc(t.Context(), nil)
	refused(t, err, 409, "VpcLimitExceeded", "No <more> VPCs.")
	if n.carried.Load() != 0 {
		t.Error("the refused call was carried out")
	}
}

func TestNthCallFailsOnceAndIsRetried(t *testing.T) {
	e, n, client := withNetworks(t, 3)
	e.fault(t, fault.Rule{Operation: "CreateVpc", Nth: 2, Error: fault.Internal})
	for range 3 {
		if _, err := client.CreateVpc(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.faults.List()[0]; got.Matched != 4 || got.Struck != 1 || n.carried.Load() != 3 {
		t.Errorf("matched %d, struck %d, carried out %d", got.Matched, got.Struck, n.carried.Load())
	}
}

func TestLostAnswer(t *testing.T) {
	e, n, client := withNetworks(t, 1)
	e.fault(t, fault.Rule{Operation: "CreateVpc", Nth: 1, Lose: true})
	_, err := client.CreateVpc(t.Context(), nil)
	unanswered(t, err)
	if n.carried.Load() != 1 {
		t.Error("the call was not carried out")
	}
	if _, err := client.CreateVpc(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestDelayedCall(t *testing.T) {
	e, _, client := withNetworks(t, 1)
	e.fault(t, fault.Rule{Region: "us-west-2", Delay: 100 * time.Millisecond})
	began := time.Now()
	if _, err := client.DescribeVpcs(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestCallThatNeverReturns(t *testing.T) {
	e, n, client := withNetworks(t, 1)
	hang := e.fault(t, fault.Rule{Operation: "DescribeVpcs", Hang: true})
	struck := func(times int) {
		for until := patience.Deadline(); e.faults.List()[0].Struck != times; time.Sleep(time.Millisecond) {
			if time.Now().After(until) {
				t.Fatal("no call hangs")
			}
		}
	}
	ctx, giveUp := context.WithCancel(t.Context())
	ended := make(chan error)
	ask := func(ctx context.Context) {
		_, err := client.DescribeVpcs(ctx, nil)
		ended <- err
	}
	go ask(ctx)
	struck(1)
	giveUp()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("who gives up gets %v", err)
	}
	go ask(t.Context())
	struck(2)
	if n.carried.Load() != 0 {
		t.Error("a call that hangs was carried out")
	}
	if err := e.faults.Remove(hang.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the fault is removed, and the call gets %v", err)
	}
}

func TestWhatWasJustMadeIsUnseen(t *testing.T) {
	e, _, client := withNetworks(t, 1)
	old, err := client.CreateVpc(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	unseen := e.fault(t, fault.Rule{Unseen: time.Hour})
	made, err := client.CreateVpc(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	id := *made.Vpc.VpcId
	seen := func(want ...string) {
		t.Helper()
		all, err := client.DescribeVpcs(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range all.Vpcs {
			got = append(got, *v.VpcId)
		}
		if !slices.Equal(got, want) {
			t.Errorf("seen %v, want %v", got, want)
		}
	}
	seen(*old.Vpc.VpcId)
	_, err = client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{id}})
	refused(t, err, 400, "InvalidVpcID.NotFound", "'"+id+"' does not exist")
	if err := e.faults.Remove(unseen.ID); err != nil {
		t.Fatal(err)
	}
	seen(*old.Vpc.VpcId, id)
}

func TestProcessIsKilledAtACall(t *testing.T) {
	for _, c := range []struct {
		when     fault.When
		carried  int64
		answered bool
	}{{fault.Asked, 0, false}, {fault.Done, 1, false}, {fault.Answered, 1, true}} {
		t.Run(string(c.when), func(t *testing.T) {
			e, n, client := withNetworks(t, 1)
			victim := exec.CommandContext(t.Context(), "sleep", "infinity")
			if err := victim.Start(); err != nil {
				t.Fatal(err)
			}
			e.fault(t, fault.Rule{Operation: "CreateVpc", Nth: 1, Kill: victim.Process.Pid, When: c.when})
			_, err := client.CreateVpc(t.Context(), nil)
			if !c.answered {
				unanswered(t, err)
			} else if err != nil {
				t.Error(err)
			}
			if n.carried.Load() != c.carried {
				t.Errorf("carried out %d times", n.carried.Load())
			}
			if err := victim.Wait(); err == nil || err.Error() != "signal: killed" {
				t.Errorf("the process ended with %v", err)
			}
		})
	}
}

func TestCallsAreListedInTheirOrder(t *testing.T) {
	e, _, client := withNetworks(t, 1)
	f := e.fault(t, fault.Rule{Operation: "CreateVpc", Nth: 1, Error: fault.Unavailable})
	client.CreateVpc(t.Context(), nil)
	if err := countZones(t, e.good("us-east-1")); err != nil {
		t.Fatal(err)
	}
	describeVpcs(t, e.config("us-east-1", keyID, "guess", "")) // is not let in
	var got []string
	for _, c := range e.faults.Calls() {
		got = append(got, fmt.Sprint(c.Service, " ", c.Operation, " ", c.Region, " ", c.Status, " ", c.Faults))
		if !strings.HasSuffix(c.Caller, ":root") || !strings.HasPrefix(c.Agent, "aws-sdk-go-v2/") {
			t.Errorf("%s was called by %q with %q", c.Operation, c.Caller, c.Agent)
		}
	}
	want := []string{"ec2 CreateVpc us-west-2 503 [" + f.ID + "]", "route53 GetHostedZoneCount  200 []"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	e.faults.Forget()
	if left := e.faults.Calls(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// Each of many calls at once is counted, and struck as its draw says.
func TestManyCallsAtOnceAreEachCounted(t *testing.T) {
	e, _, _ := withNetworks(t, 1)
	e.fault(t, fault.Rule{Share: 0.5, Seed: 11, Error: fault.Throttling})
	cfg := e.good("us-east-1")
	var failed atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if _, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil); err != nil {
				failed.Add(1)
			}
		})
	}
	all.Wait()
	if got := e.faults.List()[0]; got.Matched != 100 || got.Struck != int(failed.Load()) || got.Struck < 20 || got.Struck > 80 {
		t.Errorf("matched %d, struck %d, failed %d", got.Matched, got.Struck, failed.Load())
	}
}

func TestFaultIsRemovedByItsID(t *testing.T) {
	e := open(t)
	one, two := e.fault(t, fault.Rule{Error: fault.Throttling}), e.fault(t, fault.Rule{Lose: true, Service: "route53"})
	if one.ID == two.ID || one.Seed == 0 || one.Seed == two.Seed {
		t.Errorf("got %+v and %+v", one, two)
	}
	if err := e.faults.Remove(one.ID, "fault-9"); err == nil || len(e.faults.List()) != 2 {
		t.Errorf("an unknown id: %v, left %v", err, e.faults.List())
	}
	if err := e.faults.Remove(one.ID); err != nil {
		t.Fatal(err)
	}
	if err := describeVpcs(t, e.good("us-east-1")); err != nil {
		t.Error(err)
	}
	if _, err := e.faults.Add(fault.Rule{Region: "eu-west-9", Hang: true}); err == nil {
		t.Error("a region that the cloud has not was taken")
	}
}
