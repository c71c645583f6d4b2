package cloud_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// tellingFlows tells each client its address, by TCP and by UDP at port 8080.
const tellingFlows = `#!/bin/bash
cat >/tell.py <<'EOF'
import socket, threading
def datagrams():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("::", 8080))
    while True:
        _, client = s.recvfrom(2048)
        s.sendto(client[0].encode(), client)
threading.Thread(target=datagrams, daemon=True).start()
s = socket.create_server(("::", 8080), family=socket.AF_INET6)
while True:
    c, client = s.accept()
    try:
        c.sendall(client[0].encode())
    except OSError:
        pass # a health check has gone already
    c.close()
EOF
/usr/bin/python3 /tell.py >/dev/null 2>&1 &
`

// askingFlows asks by IPv6, by a load balancer's name, and says on the console what it is told.
const askingFlows = `#!/bin/bash
cat >/ask.py <<'EOF'
import socket, sys, time
def ask(kind):
    try:
        at = socket.getaddrinfo(sys.argv[1], 8080, socket.AF_INET6, kind)[0][4]
        with socket.socket(socket.AF_INET6, kind) as s:
            s.settimeout(2)
            s.connect(at)
            if kind == socket.SOCK_DGRAM:
                s.send(b"?")
            return s.recv(99).decode()
    except OSError:
        return "nothing"
while True:
    with open("/dev/console", "w") as console:
        print("TCP says %s, UDP says %s." % (ask(socket.SOCK_STREAM), ask(socket.SOCK_DGRAM)), file=console)
    time.sleep(0.2)
EOF
/usr/bin/python3 /ask.py NAME >/dev/null 2>&1 &
`

// dualStackFlows is a dual-stack network load balancer before an instance that is its target by an IPv6 address, and an instance that asks it.
type dualStackFlows struct {
	*dualStack
	balancers   *elb.Client
	arn, name   string
	target      string // the target group
	own, theirs string // the IPv6 addresses of the asker and the target, which is its primary one
}

func makeDualStackFlows(t *testing.T) *dualStackFlows {
	t.Helper()
	h := startHost(t, t.TempDir())
	d := &dualStackFlows{
		dualStack: &dualStack{host: h, t: t, api: h.ec2("us-east-1")}, own: "2001:db8:100:1::77", theirs: "2001:db8:100::99",
		balancers: elb.New(elb.Options{
			BaseEndpoint: &h.Endpoint, Region: "us-east-1", RetryMaxAttempts: 1, HTTPClient: patience.Client{},
			Credentials: credentials.NewStaticCredentialsProvider(h.env["AWS_ACCESS_KEY_ID"], h.env["AWS_SECRET_ACCESS_KEY"], ""),
		}),
	}
	vpc, subnets := d.network()
	d.group = d.guard(vpc, "front", d.everyone(), d.datagrams())
	d.arn = d.aws("create-load-balancer", "--name", "flow", "--type", "network", "--ip-address-type", "dualstack", "--security-groups", d.group,
		"--query", "LoadBalancers[0].LoadBalancerArn", "--subnets", subnets[0], subnets[1])
	d.name = d.aws("describe-load-balancers", "--names", "flow", "--query", "LoadBalancers[0].DNSName")
	set := needed(d.balancers.SetSubnets(t.Context(), &elb.SetSubnetsInput{
		LoadBalancerArn: &d.arn, Subnets: subnets, EnablePrefixForIpv6SourceNat: elbtypes.EnablePrefixForIpv6SourceNatEnumOn,
	}))(t)
	if len(set.AvailabilityZones[0].SourceNatIpv6Prefixes) != 1 {
		t.Errorf("it has no prefix for source NAT: %+v", set.AvailabilityZones)
	}
	guard := d.guard(vpc, "targets", d.fromFront("tcp"), d.fromFront("udp"))
	d.forward(vpc, d.run(subnets[0], d.theirs, tellingFlows, guard))
	d.asker = d.run(subnets[1], d.own, strings.Replace(askingFlows, "NAME", d.name, 1), d.guard(vpc, "askers"))
	return d
}

// aws is the AWS CLI.
func (d *dualStackFlows) aws(args ...string) string {
	d.t.Helper()
	out, err := d.awsFails(args...)
	if err != nil {
		d.t.Fatalf("aws elbv2 %v: %v: %s", args, err, out)
	}
	return out
}

func (d *dualStackFlows) awsFails(args ...string) (string, error) {
	d.t.Helper()
	args = append([]string{"elbv2", "--endpoint-url", d.Endpoint, "--region", "us-east-1", "--output", "text"}, args...)
	cmd := exec.CommandContext(d.t.Context(), judge.Need(d.t, "/usr/bin/aws"), args...)
	cmd.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	for k, v := range d.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (d *dualStackFlows) datagrams() []ec2types.IpPermission {
	all := d.everyone()
	all[0].IpProtocol = aws.String("udp")
	return all
}

// fromFront lets in what the load balancer carries, whoever it speaks for.
func (d *dualStackFlows) fromFront(protocol string) []ec2types.IpPermission {
	return []ec2types.IpPermission{{IpProtocol: &protocol, FromPort: aws.Int32(8080), ToPort: aws.Int32(8080),
		UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &d.group}}}}
}

// guard makes a security group.
func (d *dualStackFlows) guard(vpc, name string, rules ...[]ec2types.IpPermission) string {
	d.t.Helper()
	group := needed(d.api.CreateSecurityGroup(d.t.Context(), &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: &name, Description: &name}))(d.t).GroupId
	for _, r := range rules {
		needed(d.api.AuthorizeSecurityGroupIngress(d.t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group, IpPermissions: r}))(d.t)
	}
	return *group
}

// forward has the load balancer carry port 8080 to an instance, once that runs.
func (d *dualStackFlows) forward(vpc, instance string) {
	d.t.Helper()
	ctx := d.t.Context()
	d.target = *needed(d.balancers.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("tellers"), VpcId: &vpc, Port: aws.Int32(8080), Protocol: elbtypes.ProtocolEnumTcpUdp, TargetType: elbtypes.TargetTypeEnumInstance,
		IpAddressType: elbtypes.TargetGroupIpAddressTypeEnumIpv6, HealthCheckIntervalSeconds: aws.Int32(10),
	}))(d.t).TargetGroups[0].TargetGroupArn
	needed(d.balancers.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &d.arn, Port: aws.Int32(8080), Protocol: elbtypes.ProtocolEnumTcpUdp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &d.target}},
	}))(d.t)
	until(d.t, instance+" runs", func() bool { return stateOf(d.t, d.host, instance) == ec2types.InstanceStateNameRunning })
	needed(d.balancers.RegisterTargets(ctx, &elb.RegisterTargetsInput{
		TargetGroupArn: &d.target, Targets: []elbtypes.TargetDescription{{Id: &instance}},
	}))(d.t)
}

func (d *dualStackFlows) run(subnet, address, script, guard string) string {
	d.t.Helper()
	image, kind := hostImage(d.t, d.api)
	return *needed(d.api.RunInstances(d.t.Context(), &ec2.RunInstancesInput{
		ImageId: &image, InstanceType: kind, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: asUserData(d.t, script), SubnetId: &subnet,
		SecurityGroupIds: []string{guard}, Ipv6Addresses: []ec2types.InstanceIpv6Address{{Ipv6Address: &address}}, EnablePrimaryIpv6: aws.Bool(true),
	}))(d.t).Instances[0].InstanceId
}

// A dual-stack network load balancer is found and reached by IPv6, and its target, which it checks by IPv6, sees the clients' own addresses, by TCP and
// by UDP; its security group decides who comes.
func TestDualStackFlows(t *testing.T) {
	t.Parallel()
	d := makeDualStackFlows(t)
	ctx := t.Context()
	until(t, "the target is healthy", func() bool {
		return d.aws("describe-target-health", "--target-group-arn", d.target, "--query", "TargetHealthDescriptions[0].TargetHealth.State") == "healthy"
	})
	var zones [2]string
	for _, i := range needed(d.api.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
		Filters: []ec2types.Filter{{Name: aws.String("interface-type"), Values: []string{"network_load_balancer"}}},
	}))(t).NetworkInterfaces {
		zones[int((*i.AvailabilityZone)[len("us-east-1")]-'a')] = *i.Ipv6Addresses[0].Ipv6Address
	}
	d.answers(d.name, zones[0]) // the other zone has no target
	d.answers("us-east-1b."+d.name, zones[1])
	until(t, "an instance is told its own address", func() bool {
		return strings.Contains(consoleOf(t, d.host, d.asker), "TCP says "+d.own+", UDP says "+d.own+".")
	})
	check := *needed(d.route53().CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{
		CallerReference: aws.String("c"), HealthCheckConfig: &r53types.HealthCheckConfig{
			Type: r53types.HealthCheckTypeTcp, IPAddress: &zones[0], Port: aws.Int32(8080), RequestInterval: aws.Int32(10), FailureThreshold: aws.Int32(1),
		},
	}))(t).HealthCheck.Id
	until(t, "a checker on the internet connects by IPv6", func() bool {
		seen := needed(d.route53().GetHealthCheckStatus(ctx, &route53.GetHealthCheckStatusInput{HealthCheckId: &check}))(t).HealthCheckObservations
		return slices.ContainsFunc(seen, func(o r53types.HealthCheckObservation) bool {
			return strings.HasPrefix(*o.IPAddress, "2001:db8::") && strings.HasPrefix(*o.StatusReport.Status, "Success")
		})
	})
	out, err := d.awsFails("set-ip-address-type", "--load-balancer-arn", d.arn, "--ip-address-type", "ipv4")
	if err == nil || !strings.Contains(out, "You cannot associate an IPv6 target group with a load balancer that has an 'ipv4' IP address type") {
		t.Errorf("without IPv6 before a target of it: %v: %s", err, out)
	}
	if got := d.aws("describe-load-balancers", "--names", "flow", "--query", "LoadBalancers[0].IpAddressType"); got != "dualstack" {
		t.Errorf("its type is %s", got)
	}
	needed(d.api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &d.group, IpPermissions: d.everyone()}))(t)
	until(t, "its group lets in no connections, but datagrams", func() bool {
		return strings.Contains(consoleOf(t, d.host, d.asker), "TCP says nothing, UDP says "+d.own+".")
	})
}
