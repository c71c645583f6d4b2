//go:build linux

// Command nameserver is Route 53 alone, without a world around it, for bench/dns: a zone bench.test with
// numbered names and a failover pair behind a live health check, served by the very code that serves in a
// cloud.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/cloud/internal/zones"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:5300", "address and port to answer on")
	names := flag.Int("names", 9990, "how many names n00000.bench.test and so on there are")
	target := flag.String("target", "127.0.0.1:5380", "what the health check connects to, whatever its address")
	flag.Parse()
	if err := run(*listen, *names, *target); err != nil {
		fmt.Fprintln(os.Stderr, "nameserver:", err)
		os.Exit(1)
	}
}

func run(listen string, names int, target string) error {
	packets, err := net.ListenPacket("udp4", listen)
	if err != nil {
		return err
	}
	streams, err := net.Listen("tcp4", listen)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "nameserver")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	dial := func(ctx context.Context, _ netip.Addr, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, target)
	}
	z, err := zones.Open(
		zones.Config{Cloud: 1, Dir: dir, Pace: tempo.At(1), Dial: dial, Inside: zones.Sockets{
			Packets: []net.PacketConn{packets}, Listeners: []net.Listener{streams},
		}},
	)
	if err != nil {
		return err
	}
	defer z.Close()
	if err := fill(z, names); err != nil {
		return err
	}
	fmt.Println("ready")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	<-stop
	return nil
}

// fill makes the zone by the API.
func fill(z *zones.Zones, names int) error {
	mux := wire.NewMux(nil)
	z.Operations(mux)
	api := httptest.NewServer(mux)
	defer api.Close()
	client := route53.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &api.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	ctx := context.Background()
	zone, err := client.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("bench.test"), CallerReference: aws.String("1")})
	if err != nil {
		return err
	}
	check, err := client.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{CallerReference: aws.String("1"), HealthCheckConfig: &r53types.HealthCheckConfig{
		Type: r53types.HealthCheckTypeHttp, IPAddress: aws.String("192.0.2.1"), Port: aws.Int32(80), ResourcePath: aws.String("/"), RequestInterval: aws.Int32(10)}})
	if err != nil {
		return err
	}
	pair := func(role r53types.ResourceRecordSetFailover, addr string, check *string) *r53types.ResourceRecordSet {
		r := record("fail.bench.test.", addr)
		r.Failover, r.SetIdentifier, r.HealthCheckId = role, aws.String(string(role)), check
		return r
	}
	sets := []*r53types.ResourceRecordSet{
		pair(r53types.ResourceRecordSetFailoverPrimary, "198.51.100.1", check.HealthCheck.Id),
		pair(r53types.ResourceRecordSetFailoverSecondary, "203.0.113.1", nil),
		record("www.bench.test.", "198.51.100.1"),
	}
	for i := range names {
		sets = append(sets, record(fmt.Sprintf("n%05d.bench.test.", i), fmt.Sprintf("198.51.100.%d", i%250+1)))
	}
	const atOnce = 1000 // values in one batch, the quota
	for len(sets) > 0 {
		var changes []r53types.Change
		for _, s := range sets[:min(len(sets), atOnce)] {
			changes = append(changes, r53types.Change{Action: r53types.ChangeActionCreate, ResourceRecordSet: s})
		}
		sets = sets[len(changes):]
		if _, err := client.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: zone.HostedZone.Id, ChangeBatch: &r53types.ChangeBatch{Changes: changes},
		}); err != nil {
			return err
		}
	}
	return nil
}

func record(name, value string) *r53types.ResourceRecordSet {
	return &r53types.ResourceRecordSet{Name: &name, Type: r53types.RRTypeA, TTL: aws.Int64(60), ResourceRecords: []r53types.ResourceRecord{{Value: &value}}}
}
