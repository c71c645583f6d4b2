package zones

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/beacon"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// service is Route 53 whole, on loopback.
type service struct {
	*Zones
	url, dns, beacon string
	client           *route53.Client
}

func serve(t testing.TB, dir string) *service {
	t.Helper()
	packets, listener := listenBoth(t)
	heard, err := net.Listen("unix", filepath.Join(t.TempDir(), "b"))
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(context.Context, netip.Addr, string, string) (net.Conn, error) {
		return nil, errors.New("connection refused")
	}
	z, err := Open(
		Config{
			Cloud:   1,
			Account: "111122223333",
			Dir:     dir,
			Pace:    tempo.At(1000),
			Inside:  Sockets{Packets: []net.PacketConn{packets}, Listeners: []net.Listener{listener}},
			Beacon:  heard,
			Dial:    refuse,
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(z.Handler())
	t.Cleanup(server.Close)
	s := &service{Zones: z, url: server.URL, dns: packets.LocalAddr().String(), beacon: heard.Addr().String()}
	s.client = route53.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &s.url, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	return s
}

// listenBoth finds a port that is free for datagrams and for streams.
func listenBoth(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 100 {
		p, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if l, err := net.Listen("tcp", p.LocalAddr().String()); err == nil {
			return p, l
		}
		p.Close()
	}
	t.Fatal("no port is free for both")
	return nil, nil
}

// dig asks the name server for addresses.
func (s *service) dig(t *testing.T, name, kind string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(s.dns)
	out, err := exec.CommandContext(t.Context(), judge.Need(t, "dig"), "+short", "+tries=1",
		fmt.Sprintf("+time=%.0f", patience.Limit.Seconds()), "-p", port, "@"+host, name, kind).
		CombinedOutput()
	if err != nil {
		t.Fatalf("dig %s: %v: %s", name, err, out)
	}
	return strings.TrimSpace(string(out))
}

// cli runs the AWS CLI.
func (s *service) cli(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(
		t.Context(),
		judge.Need(t, "/usr/bin/aws"),
		append([]string{"route53", "--endpoint-url", s.url, "--region", "us-east-1", "--output", "text"}, args...)...)
	cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// until waits for what the data planes make true in their own time.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience.Limit)
	for !holds() {
		select {
		case <-deadline:
			t.Fatal("in vain waited until " + what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *service) zone(t *testing.T) string {
	t.Helper()
	return s.zoneWithReference(t, "r")
}

func (s *service) zoneWithReference(t *testing.T, reference string) string {
	t.Helper()
	out, err := s.client.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: &reference})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.DelegationSet.NameServers) != 4 || !strings.HasSuffix(*out.Location, *out.HostedZone.Id) {
		t.Errorf("%+v", out)
	}
	return *out.HostedZone.Id
}

func (s *service) change(t *testing.T, zone string, changes ...r53types.Change) (*route53.ChangeResourceRecordSetsOutput, error) {
	return s.client.ChangeResourceRecordSets(
		t.Context(),
		&route53.ChangeResourceRecordSetsInput{HostedZoneId: &zone, ChangeBatch: &r53types.ChangeBatch{Changes: changes}},
	)
}

// TestAcknowledgedRecordsAreAnswered creates records with the SDK and asks dig at once.
func TestAcknowledgedRecordsAreAnswered(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	z := s.zone(t)
	out, err := s.change(t, z, create(a1("www.example.com")), create(set("*.w.example.com", r53types.RRTypeTxt, []string{`"hello"`})))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.dig(t, "www.example.com", "A"); got != "198.51.100.1" {
		t.Errorf("dig answers %q", got)
	}
	if got := s.dig(t, "any.w.example.com", "TXT"); got != `"hello"` {
		t.Errorf("dig answers %q", got)
	}
	if got := strings.Fields(s.dig(t, "example.com", "NS")); len(got) != 4 {
		t.Errorf("name servers %q", got)
	}
	if err := route53.NewResourceRecordSetsChangedWaiter(s.client).Wait(t.Context(), &route53.GetChangeInput{Id: out.ChangeInfo.Id}, patience.Limit); err != nil {
		t.Error(err)
	}
	answer, err := s.client.TestDNSAnswer(
		t.Context(),
		&route53.TestDNSAnswerInput{HostedZoneId: &z, RecordName: aws.String("www.example.com"), RecordType: r53types.RRTypeA},
	)
	if err != nil || len(answer.RecordData) != 1 || answer.RecordData[0] != "198.51.100.1" {
		t.Errorf("%+v, %v", answer, err)
	}
	_, err = s.change(t, z, create(a1("www.example.com")))
	var batch *r53types.InvalidChangeBatch
	if !errors.As(err, &batch) || !strings.Contains(batch.ErrorMessage(), "but it already exists") {
		t.Errorf("the SDK sees %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	again := serve(t, dir)
	defer again.Close()
	if got := again.dig(t, "www.example.com", "A"); got != "198.51.100.1" {
		t.Errorf("after a restart dig answers %q", got)
	}
}

// TestTheOldestOfPublicZonesWithOneNameAnswers goes by nothing that another publication, or a restart, would change.
func TestTheOldestOfPublicZonesWithOneNameAnswers(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	first, second := s.zoneWithReference(t, "first"), s.zoneWithReference(t, "second")
	if _, err := s.change(t, first, create(a1("www.example.com"))); err != nil {
		t.Fatal(err)
	}
	oldest := func(s *service) {
		t.Helper()
		for range 100 {
			s.answers.Publish()
			if got := s.answers.resolve("www.example.com."); len(got) != 1 {
				t.Fatalf("answered with %v, not from the zone that was there first", got)
			}
		}
	}
	oldest(s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	again := serve(t, dir)
	defer again.Close()
	oldest(again)

	if _, err := again.change(t, second, create(set("www.example.com", r53types.RRTypeA, []string{"198.51.100.2"}))); err != nil {
		t.Fatal(err)
	}
	if _, err := again.change(t, first, remove(a1("www.example.com"))); err != nil {
		t.Fatal(err)
	}
	if _, err := again.client.DeleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: &first}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(again.answers.resolve("www.example.com.")); got != "[198.51.100.2]" {
		t.Errorf("without the first zone the answer is %s", got)
	}
}

// TestUnhealthyPrimaryGivesWay fails over when the checkers find nobody at the endpoint.
func TestUnhealthyPrimaryGivesWay(t *testing.T) {
	s := serve(t, t.TempDir())
	defer s.Close()
	z := s.zone(t)
	hc, err := s.client.CreateHealthCheck(
		t.Context(),
		&route53.CreateHealthCheckInput{CallerReference: aws.String("r"), HealthCheckConfig: tcp("198.51.100.1", 80)},
	)
	if err != nil {
		t.Fatal(err)
	}
	id := *hc.HealthCheck.Id
	_, err = s.change(t, z, create(a1("www.example.com", failover("PRIMARY", "p", id))),
		create(set("www.example.com", r53types.RRTypeA, []string{"203.0.113.1"}, failover("SECONDARY", "s", ""))))
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the secondary is answered", func() bool { return s.dig(t, "www.example.com", "A") == "203.0.113.1" })
	status, err := s.client.GetHealthCheckStatus(t.Context(), &route53.GetHealthCheckStatusInput{HealthCheckId: &id})
	if err != nil || len(status.HealthCheckObservations) == 0 {
		t.Errorf("%+v, %v", status, err)
	}
	if _, err := s.client.UpdateHealthCheck(t.Context(), &route53.UpdateHealthCheckInput{HealthCheckId: &id, Disabled: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if got := s.dig(t, "www.example.com", "A"); got != "198.51.100.1" {
		t.Errorf("with the check disabled, dig answers %q", got)
	}
}

// TestLoadBalancersAreKnownAfterARestart tells of a load balancer once and restarts Route 53.
func TestLoadBalancersAreKnownAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	z := s.zone(t)
	const lb = "lb-1.us-east-1.elb.amazonaws.com"
	if _, err := s.change(t, z, create(a1("www.example.com", alias("Z35SXDOTRQ7X7K", lb)))); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", s.beacon)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	report := beacon.Report{
		Region: "us-east-1",
		LoadBalancers: []beacon.LoadBalancer{
			{DNSName: lb, HostedZoneID: "Z35SXDOTRQ7X7K", Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.9")}, Healthy: true},
		},
	}
	if err := json.NewEncoder(conn).Encode(report); err != nil {
		t.Fatal(err)
	}
	until(t, "the alias has an address", func() bool { return s.dig(t, "www.example.com", "A") == "198.51.100.9" })
	until(t, "the report is kept", func() bool { return s.room.reports.Len() == 1 })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	again := serve(t, dir)
	defer again.Close()
	if got := again.dig(t, "www.example.com", "A"); got != "198.51.100.9" {
		t.Errorf("after a restart dig answers %q", got)
	}
}

// TestCommandLine walks the AWS CLI through a zone's life.
func TestCommandLine(t *testing.T) {
	s := serve(t, t.TempDir())
	defer s.Close()
	id, err := s.cli(t, "create-hosted-zone", "--name", "example.com", "--caller-reference", "r", "--query", "HostedZone.Id")
	if err != nil {
		t.Fatal(err, id)
	}
	const batch = `{"Changes":[{"Action":"CREATE",` +
		`"ResourceRecordSet":{"Name":"www.example.com","Type":"A","TTL":60,"ResourceRecords":[{"Value":"198.51.100.1"}]}}]}`
	s.walk(t, []struct{ want, args string }{
		{"PENDING", "change-resource-record-sets --query ChangeInfo.Status --hosted-zone-id " + id + " --change-batch " + batch},
		{
			"[Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]",
			"change-resource-record-sets --hosted-zone-id " + id + " --change-batch " + batch,
		},
		{"example.com.\texample.com.\twww.example.com.", "list-resource-record-sets --query ResourceRecordSets[].Name --hosted-zone-id " + id},
		{"example.com.", "list-hosted-zones-by-name --query HostedZones[].Name"},
		{"(HostedZoneNotEmpty)", "delete-hosted-zone --id " + id},
		{"(NoSuchHostedZone)", "get-hosted-zone --id ZNONE"},
		{"HTTP", "create-health-check --caller-reference c --query HealthCheck.HealthCheckConfig.Type --health-check-config Type=HTTP,IPAddress=198.51.100.1"},
		{"192.0.2.128/26", "get-checker-ip-ranges"},
	})
}
