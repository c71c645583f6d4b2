//go:build linux

package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/internal/chance"
	"github.com/understudy/understudy/internal/patience"
	"golang.org/x/sys/unix"
)

// host is a process that runs a cloud and can be killed.
type host struct {
	cmd *exec.Cmd
	cloud.Status
	env map[string]string
	*cloud.Attached
	regions map[string]*ec2.Client
	zones   *route53.Client
}

// startHost runs a cloud on a folder in another process.
func startHost(t *testing.T, dir string) *host {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), envHost+"="+dir)
	return startHostAs(t, cmd, nil)
}

// startHostAs is startHost with a command that is prepared for more, and with the folder as this process sees
// it where that is not as the host does.
func startHostAs(t *testing.T, cmd *exec.Cmd, dir func() string) *host {
	t.Helper()
	h := &host{cmd: cmd}
	h.cmd.Stderr = os.Stderr
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.kill)
	if err := json.NewDecoder(out).Decode(&h.Status); err != nil {
		t.Fatalf("start a cloud: %v", err)
	}
	at := h.Status.Dir
	if dir != nil {
		at = dir()
	}
	if h.Attached, err = cloud.Attach(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	if h.env, err = h.Env(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.makeClients()
	t.Cleanup(func() { // before the kill
		logs, _ := filepath.Glob(filepath.Join(at, "log", "*.log"))
		for _, l := range logs {
			if b, err := os.ReadFile(l); err == nil && t.Failed() {
				t.Logf("%s:\n%s", filepath.Base(l), b)
			}
		}
	})
	return h
}

func (h *host) kill() {
	h.cmd.Process.Kill()
	h.cmd.Wait()
}

// makeClients makes clients that send each request once: of the cloud's regions, those that it may come to have, and one that AWS
// does not have.
func (h *host) makeClients() {
	keys := credentials.NewStaticCredentialsProvider(h.env["AWS_ACCESS_KEY_ID"], h.env["AWS_SECRET_ACCESS_KEY"], "")
	h.regions = map[string]*ec2.Client{}
	for _, region := range slices.Concat(h.Regions, cloud.RegionNames(), []string{"us-east-9"}) {
		h.regions[region] = ec2.New(ec2.Options{
			BaseEndpoint: &h.Endpoint, Region: region, RetryMaxAttempts: 1, HTTPClient: patience.Client{}, Credentials: keys,
		})
	}
	h.zones = route53.New(route53.Options{
		BaseEndpoint: &h.Endpoint, Region: h.Regions[0], RetryMaxAttempts: 1, HTTPClient: patience.Client{}, Credentials: keys,
	})
}

func (h *host) ec2(region string) *ec2.Client { return h.regions[region] }

func (h *host) route53() *route53.Client { return h.zones }

// pid returns a process's id, 0 while it is down.
func (h *host) pid(t *testing.T, name string) int {
	t.Helper()
	pid, err := h.process(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// process is pid for goroutines of a test, which must not end it.
func (h *host) process(ctx context.Context, name string) (pid int, err error) {
	s, err := h.Attached.Status(ctx)
	if err != nil {
		return 0, err
	}
	for _, p := range s.Processes {
		if p.Name == name {
			return p.PID, nil
		}
	}
	return 0, fmt.Errorf("the cloud has no process %s", name)
}

// until polls another process until it says yes: there is no event of it to await.
func until(t *testing.T, what string, yes func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(patience.Limit), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !yes() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience.Limit, what)
		case <-tick.C:
		}
	}
}

func TestKilledRoute53ComesBackByItself(t *testing.T) {
	t.Parallel()
	h := startHost(t, t.TempDir())
	made, err := h.route53().CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: aws.String("a.test"), CallerReference: aws.String("1")})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		first := h.pid(t, "route53")
		if err := unix.Kill(first, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "route53 is back", func() bool {
			now := h.pid(t, "route53")
			return now != 0 && now != first
		})
		if _, err := h.route53().GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: made.HostedZone.Id}); err != nil {
			t.Error(err)
		}
	}
	region := h.pid(t, "us-west-2")
	if err := unix.Kill(region, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "the region is down", func() bool { return h.pid(t, "us-west-2") == 0 })
	if err := h.StartRegion(t.Context(), "us-west-2"); err != nil {
		t.Error(err)
	}
}

// Whichever of the two that hold a cloud together is killed, nothing of it is left, its instances included:
// one of them leaves a folder that only root can open, which its user is not once the world is gone.
func TestKilledCloudLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, victim := range []string{"world", "front door"} {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), envHost+"="+temporary)
			h := startHostAs(t, cmd, nil)
			id := launchWith(t, h, "#!/bin/sh\nmkdir -p /srv/closed/in\nchmod 0 /srv/closed\nsleep 1000 &\necho closed >/dev/console\n")
			until(t, "the folder is closed", func() bool { return strings.Contains(consoleOf(t, h, id), "closed") })
			watched := watch(t, h.Status)
			for n, pid := range insiders(t, h) {
				fd, err := unix.PidfdOpen(pid, 0)
				if err != nil && !errors.Is(err, unix.ESRCH) {
					t.Fatal(err)
				}
				if err == nil {
					watched[fmt.Sprintf("process %d inside", n)] = fd
				}
			}
			if err := unix.Kill(h.pid(t, victim), unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := h.cmd.Wait(); err != nil && victim == "world" {
				t.Errorf("the host ended with %v", err)
			}
			gone(t, h.Status, watched, patience.Limit)
			for _, fd := range watched {
				unix.Close(fd)
			}
		})
	}
}

// The number of a killed cloud is its folder's: no other gets it, and whoever holds its keys is refused elsewhere.
// TestKilledCloudKeepsItsNumber has a number that other users' clouds, which know nothing of this one's folders, do not come to:
// a new folder's cloud takes the lowest.
func TestKilledCloudKeepsItsNumber(t *testing.T) {
	t.Parallel()
	number := 100 + chance.New(t).IntN(150)
	wanting := func() (dir string) {
		dir = t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "cloud.json"), fmt.Appendf(nil, `{"number": %d}`, number), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dir := wanting()
	h := startHost(t, dir)
	h.kill()
	endpoint, key := h.Endpoint, h.env["AWS_ACCESS_KEY_ID"]
	other := start(t, cloud.Options{Dir: wanting(), Regions: []string{"us-east-1"}})
	if other.Endpoint() == endpoint {
		t.Errorf("another cloud has %s", endpoint)
	}
	old := credentials.NewStaticCredentialsProvider(key, h.env["AWS_SECRET_ACCESS_KEY"], "")
	o := client(other, "").Options()
	o.Credentials = old
	_, err := ec2.New(o).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	if err == nil || !strings.Contains(err.Error(), "AuthFailure") {
		t.Errorf("a stranger answers the old keys: %v", err)
	}
	if again := start(t, cloud.Options{Dir: dir}); again.Endpoint() != endpoint {
		t.Errorf("the folder's cloud is at %s, and was at %s", again.Endpoint(), endpoint)
	}
}

// ledger is what a cloud has acknowledged.
type ledger struct {
	mu    sync.Mutex
	made  map[string]map[string]bool // kind to ids
	count chan struct{}              // one for each entry
}

func (l *ledger) add(ctx context.Context, kind, id string) {
	l.mu.Lock()
	if l.made[kind] == nil {
		l.made[kind] = map[string]bool{}
	}
	l.made[kind][id] = true
	l.mu.Unlock()
	select {
	case l.count <- struct{}{}:
	case <-ctx.Done():
	}
}

// writeVPCs makes VPCs, each with a security group, for as long as the context says.
func (l *ledger) writeVPCs(ctx context.Context, h *host, region string) {
	for ctx.Err() == nil {
		vpc, err := h.ec2(region).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
		if err != nil {
			pause(ctx)
			continue
		}
		l.add(ctx, region+" vpc", *vpc.Vpc.VpcId)
		group, err := h.ec2(region).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: aws.String("g"), Description: aws.String("d"), VpcId: vpc.Vpc.VpcId})
		if err == nil {
			l.add(ctx, region+" group", *group.GroupId)
		}
	}
}

// writeZones makes hosted zones, each with a record set.
func (l *ledger) writeZones(ctx context.Context, h *host, round int) {
	for n := 0; ctx.Err() == nil; n++ {
		name := fmt.Sprintf("z%d-%d.test.", round, n)
		zone, err := h.route53().CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: &name, CallerReference: &name})
		if err != nil {
			pause(ctx)
			continue
		}
		l.add(ctx, "zone", *zone.HostedZone.Id)
		_, err = h.route53().ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: zone.HostedZone.Id,
			ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{{Action: r53types.ChangeActionCreate,
				ResourceRecordSet: &r53types.ResourceRecordSet{Name: &name, Type: r53types.RRTypeA, TTL: aws.Int64(60),
					ResourceRecords: []r53types.ResourceRecord{{Value: aws.String("192.0.2.9")}}}}}},
		})
		if err == nil {
			l.add(ctx, "record", *zone.HostedZone.Id)
		}
	}
}

// pause keeps a writer from asking a dead process in a circle.
func pause(ctx context.Context) {
	select {
	case <-time.After(5 * time.Millisecond):
	case <-ctx.Done():
	}
}

// check fails for each acknowledged thing that the cloud does not know.
func (l *ledger) check(t *testing.T, h *host) {
	t.Helper()
	for _, region := range h.Regions {
		vpcs, err := h.ec2(region).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
		if err != nil {
			t.Fatal(err)
		}
		for id := range l.made[region+" vpc"] {
			if !slices.ContainsFunc(vpcs.Vpcs, func(v ec2types.Vpc) bool { return *v.VpcId == id }) {
				t.Errorf("%s: acknowledged %s is lost", region, id)
			}
		}
		groups, err := h.ec2(region).DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{})
		if err != nil {
			t.Fatal(err)
		}
		for id := range l.made[region+" group"] {
			if !slices.ContainsFunc(groups.SecurityGroups, func(g ec2types.SecurityGroup) bool { return *g.GroupId == id }) {
				t.Errorf("%s: acknowledged %s is lost", region, id)
			}
		}
	}
	for id := range l.made["zone"] {
		sets, err := h.route53().ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: &id})
		if err != nil {
			t.Errorf("acknowledged zone %s: %v", id, err)
		} else if l.made["record"][id] && len(sets.ResourceRecordSets) != 3 {
			t.Errorf("acknowledged record of zone %s is lost", id)
		}
	}
}

// TestAcknowledgedChangesOutliveKills kills one process after another at random moments while changes are
// made. UNDERSTUDY_SEED repeats a run's choices.
func TestAcknowledgedChangesOutliveKills(t *testing.T) {
	t.Parallel()
	random := chance.New(t)
	dir := filepath.Join(t.TempDir(), "cloud")
	l := &ledger{made: map[string]map[string]bool{}, count: make(chan struct{})}
	for round := range 4 {
		h := startHost(t, dir)
		l.check(t, h)
		ctx, stop := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		for _, region := range h.Regions {
			writers.Go(func() { l.writeVPCs(ctx, h, region) })
		}
		writers.Go(func() { l.writeZones(ctx, h, round) })
		killSome(t, h, l, random)
		stop()
		writers.Wait()
		h.kill()
	}
	l.check(t, startHost(t, dir))
	t.Logf("%d VPCs, %d zones were acknowledged", len(l.made["us-east-1 vpc"])+len(l.made["us-west-2 vpc"]), len(l.made["zone"]))
}

// killSome kills processes that come back, and at last one that does not: the world or the front door.
func killSome(t *testing.T, h *host, l *ledger, random *rand.Rand) {
	t.Helper()
	victims := []string{"us-east-1", "us-west-2", "route53"}
	for range 3 {
		l.await(t, random.IntN(12))
		name := victims[random.IntN(len(victims))]
		if pid := h.pid(t, name); pid != 0 {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
				t.Fatal(err)
			}
			until(t, name+" has ended", func() bool { return h.pid(t, name) != pid })
		}
		if name != "route53" {
			if err := h.StartRegion(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.await(t, random.IntN(12))
	if err := unix.Kill(h.pid(t, []string{"world", "front door"}[random.IntN(2)]), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// await lets so many changes be acknowledged.
func (l *ledger) await(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-l.count:
		case <-time.After(patience.Limit):
			t.Fatal("the cloud acknowledges nothing any more")
		}
	}
}
