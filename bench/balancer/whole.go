//go:build linux

package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/internal/patience"
)

const region = "us-east-1"

// userData is an instance's service, which is the same as what the other load balancers ask: the host's nginx with one worker on core 1,
// which answers 128 bytes. An instance lies over the host's root file system.
var userData = `#!/bin/sh
mkdir -p /tmp/n
cat >/tmp/n/conf <<END
pid /tmp/n/pid; error_log /tmp/n/err; worker_processes 1; user root;
events { worker_connections 10000; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path /tmp/n/b; proxy_temp_path /tmp/n/p; fastcgi_temp_path /tmp/n/f;
uwsgi_temp_path /tmp/n/u; scgi_temp_path /tmp/n/s; server { listen 8080 backlog=4096; location / { return 200 "` + strings.Repeat("x", 128) + `"; } } }
END
taskset -c 1 nginx -c /tmp/n/conf
`

// stage is a cloud with a load balancer that has one instance as its target.
type stage struct {
	options
	cloud  *cloud.Attached
	ec2    *ec2.Client
	elb    *elbv2.Client
	shift  int    // of the ports that the host reserves
	name   string // of the load balancer, in DNS
	target string // ARN of its target group
}

// whole starts a cloud on core 0, says where its load balancer is published and what the region's process is, and ends it when it is ended.
func whole(ctx context.Context, o options) error {
	s := &stage{options: o}
	folder := filepath.Join(o.dir, "cloud")
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command("taskset", append([]string{"-c", "0", o.understudy, "cloud"}, append(args, "--dir", folder)...)...)
		cmd.Env, cmd.Stderr = append(os.Environ(), "XDG_STATE_HOME="+o.dir), os.Stderr
		return cmd
	}
	if err := command("start", "--speed", "10", "--while", fmt.Sprint(os.Getpid())).Run(); err != nil {
		return fmt.Errorf("start a cloud: %w", err)
	}
	defer func() { _ = command("stop").Run() }()
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) (err error) { s.cloud, err = cloud.Attach(ctx, folder); return err },
		s.connect, s.build, s.served, s.say,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

func (s *stage) connect(ctx context.Context) error {
	env, err := s.cloud.Env(ctx)
	if err != nil {
		return err
	}
	s.shift, _ = strconv.Atoi(env["UNDERSTUDY_PORT_SHIFT"]) // none is set where there is none
	endpoint := env["AWS_ENDPOINT_URL"]
	keys := credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], "")
	s.ec2 = ec2.New(ec2.Options{BaseEndpoint: &endpoint, Region: region, Credentials: keys, RetryMaxAttempts: 1, HTTPClient: patience.Client{}})
	s.elb = elbv2.New(elbv2.Options{BaseEndpoint: &endpoint, Region: region, Credentials: keys, RetryMaxAttempts: 1, HTTPClient: patience.Client{}})
	return nil
}

// build makes the load balancer in two zones, and launches the instance, in the default VPC.
func (s *stage) build(ctx context.Context) error {
	subnets, err := s.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return err
	}
	first, second := subnets.Subnets[0], subnets.Subnets[1]
	groups, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupNames: []string{"default"}})
	if err != nil {
		return err
	}
	group := *groups.SecurityGroups[0].GroupId
	_, err = s.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpProtocol: new("tcp"), FromPort: new(int32(80)), ToPort: new(int32(80)), CidrIp: new("0.0.0.0/0"),
	})
	if err != nil {
		return err
	}
	id, err := s.launch(ctx, *first.SubnetId, group)
	if err != nil {
		return err
	}
	made, err := s.elb.CreateTargetGroup(ctx, &elbv2.CreateTargetGroupInput{
		Name: new("whole"), Protocol: elbtypes.ProtocolEnumHttp, Port: new(int32(8080)), VpcId: first.VpcId,
	})
	if err != nil {
		return err
	}
	s.target = *made.TargetGroups[0].TargetGroupArn
	b, err := s.elb.CreateLoadBalancer(ctx, &elbv2.CreateLoadBalancerInput{
		Name: new("whole"), Subnets: []string{*first.SubnetId, *second.SubnetId}, SecurityGroups: []string{group},
	})
	if err != nil {
		return err
	}
	s.name = *b.LoadBalancers[0].DNSName
	_, err = s.elb.CreateListener(ctx, &elbv2.CreateListenerInput{
		LoadBalancerArn: b.LoadBalancers[0].LoadBalancerArn, Protocol: elbtypes.ProtocolEnumHttp, Port: new(int32(80)),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.target}},
	})
	if err != nil {
		return err
	}
	return s.register(ctx, id)
}

func (s *stage) launch(ctx context.Context, subnet, group string) (id string, err error) {
	images, err := s.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{})
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(images.Images, func(i ec2types.Image) bool { return strings.HasPrefix(*i.Name, "understudy-hello-") })
	if at < 0 {
		return "", fmt.Errorf("no image understudy-hello")
	}
	ran, err := s.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: images.Images[at].ImageId, InstanceType: ec2types.InstanceTypeT3Micro, MinCount: new(int32(1)), MaxCount: new(int32(1)),
		SubnetId: &subnet, SecurityGroupIds: []string{group}, UserData: new(base64.StdEncoding.EncodeToString([]byte(userData))),
	})
	if err != nil {
		return "", err
	}
	return *ran.Instances[0].InstanceId, nil
}

// register waits until the instance runs, which only then can be a target.
func (s *stage) register(ctx context.Context, id string) error {
	for {
		out, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
		if err != nil {
			return err
		}
		if out.Reservations[0].Instances[0].State.Name == ec2types.InstanceStateNameRunning {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	_, err := s.elb.RegisterTargets(ctx, &elbv2.RegisterTargetsInput{TargetGroupArn: &s.target, Targets: []elbtypes.TargetDescription{{Id: &id}}})
	return err
}

// served waits until the target is healthy.
func (s *stage) served(ctx context.Context) error {
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		out, err := s.elb.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: &s.target})
		if err != nil {
			return err
		}
		health := out.TargetHealthDescriptions[0].TargetHealth
		if health.State == elbtypes.TargetHealthStateEnumHealthy {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the target is %s: %s", health.State, health.Reason)
		}
	}
}

// say tells the address that the host's users have, as the cloud's name server answers them, and the region's process.
func (s *stage) say(ctx context.Context) error {
	status, err := s.cloud.Status(ctx)
	if err != nil {
		return err
	}
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, status.Resolver)
	}}
	found, err := r.LookupHost(ctx, s.name+".")
	if err != nil {
		return err
	}
	at := slices.IndexFunc(status.Processes, func(p cloud.Process) bool { return strings.Contains(p.Name, region) })
	if at < 0 {
		return fmt.Errorf("no process of %s among %v", region, status.Processes)
	}
	slices.Sort(found) // the first zone's, whose instance it is
	fmt.Printf("whole %s:%d %d\n", found[0], 80+s.shift, status.Processes[at].PID)
	return nil
}
