package region

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"pgregory.net/rapid"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestVPCComesWithItsDefaults(t *testing.T) {
	r, p := open(t)
	ctx := t.Context()
	vpc := roomtest.Must(r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("100.68.0.18/18")}))(t).Vpc
	if *vpc.CidrBlock != "100.68.0.0/18" {
		t.Errorf("CIDR %s", *vpc.CidrBlock)
	}
	of := []ec2types.Filter{{Name: new("vpc-id"), Values: []string{*vpc.VpcId}}}
	groups := roomtest.Must(r.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: of}))(t).SecurityGroups
	tables := roomtest.Must(r.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: of}))(t).RouteTables
	acls := roomtest.Must(r.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: of}))(t).NetworkAcls
	if len(groups) != 1 || len(tables) != 1 || len(acls) != 1 || !*tables[0].Associations[0].Main {
		t.Errorf("groups %v, tables %v, ACLs %v", groups, tables, acls)
	}
	if p.applied(*vpc.VpcId).ID == "" {
		t.Error("the network was not made")
	}
	roomtest.Must(r.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: vpc.VpcId}))(t)
	_, err := r.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{*vpc.VpcId}})
	roomtest.WantCode(t, err, "InvalidVpcID.NotFound")
	if p.applied(*vpc.VpcId).ID != "" || r.groups.Len()+r.routeTables.Len()+r.tagSets.Len() != 0 {
		t.Error("the VPC left something behind")
	}
}

func TestErrors(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	vpc, subnet := makeNetwork(t, r)
	group := r.groups.All()[0].ID
	roomtest.Must(r.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t)
	gateway := r.gateways.All()[0].ID
	tcp := func(from, to int32) []ec2types.IpPermission {
		return []ec2types.IpPermission{{IpProtocol: new("tcp"), FromPort: new(from), ToPort: new(to), IpRanges: []ec2types.IpRange{{CidrIp: new("0.0.0.0/0")}}}}
	}
	roomtest.Must(r.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: tcp(80, 80)}))(t)
	calls := map[string]func() error{
		"InvalidVpc.Range": func() error {
			_, err := r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/8")})
			return err
		},
		"MissingParameter": func() error { _, err := r.CreateVpc(ctx, &ec2.CreateVpcInput{}); return err },
		"UnsupportedOperation": func() error {
			_, err := r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16"), Ipv4IpamPoolId: new("x")})
			return err
		},
		"DryRunOperation": func() error {
			_, err := r.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16"), DryRun: new(true)})
			return err
		},
		"InvalidSubnet.Conflict": func() error {
			_, err := r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: new("10.0.1.128/25")})
			return err
		},
		"InvalidSubnet.Range": func() error {
			_, err := r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: new("10.1.1.0/24")})
			return err
		},
		"InvalidVpcID.NotFound": func() error {
			_, err := r.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: new("vpc-0"), CidrBlock: new("10.1.1.0/24")})
			return err
		},
		"DependencyViolation": func() error { _, err := r.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc}); return err },
		"Gateway.NotAttached": func() error {
			_, err := r.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
			return err
		},
		"InvalidPermission.Duplicate": func() error {
			_, err := r.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: tcp(80, 80)})
			return err
		},
		"InvalidPermission.NotFound": func() error {
			_, err := r.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: tcp(81, 81)})
			return err
		},
		"CannotDelete": func() error {
			_, err := r.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group})
			return err
		},
		"InvalidInstanceID.Malformed": func() error {
			_, err := r.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{"i-x"}})
			return err
		},
		"InvalidInstanceID.NotFound": func() error {
			_, err := r.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{"i-0123456789abcdef0"}})
			return err
		},
		"InvalidKeyPair.NotFound": func() error { _, err := r.RunInstances(ctx, &ec2.RunInstancesInput{KeyName: new("k")}); return err },
		"InvalidAMIID.NotFound": func() error {
			_, err := r.RunInstances(
				ctx,
				&ec2.RunInstancesInput{
					ImageId:      new("ami-0123456789abcdef0"),
					InstanceType: smallType(),
					MinCount:     new(int32(1)),
					MaxCount:     new(int32(1)),
					SubnetId:     &subnet,
				},
			)
			return err
		},
		"InvalidLaunchTemplateName.NotFoundException": func() error {
			_, err := r.RunInstances(ctx, &ec2.RunInstancesInput{LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("none")}})
			return err
		},
		"InvalidParameterValue": func() error {
			_, err := r.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: new("colour"), Values: []string{"red"}}}})
			return err
		},
	}
	for code, call := range calls {
		roomtest.WantCode(t, call(), code)
	}
	if r.vpcs.Len() != 1 {
		t.Errorf("%d VPCs after refused calls", r.vpcs.Len())
	}
}

func TestInstanceLifeAndRecovery(t *testing.T) {
	p, dir := newPaper(), t.TempDir()
	r := openAt(t, dir, p)
	ctx := t.Context()
	vpc, subnet := makeNetwork(t, r)
	group := r.groups.All()[0].ID
	roomtest.Must(
		r.AuthorizeSecurityGroupIngress(
			ctx,
			&ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpProtocol: new("tcp"), FromPort: new(int32(80)), ToPort: new(int32(80)), CidrIp: new("0.0.0.0/0")},
		),
	)(t)
	in := &ec2.RunInstancesInput{
		ImageId: new(hostImage(t, r)), InstanceType: smallType(), MinCount: new(int32(2)), MaxCount: new(int32(2)), SubnetId: &subnet, ClientToken: new("once"),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "instance", Tags: []ec2types.Tag{{Key: new("role"), Value: new("host")}}}},
	}
	first := roomtest.Must(r.RunInstances(ctx, in))(t)
	again := roomtest.Must(r.RunInstances(ctx, in))(t)
	if *first.ReservationId != *again.ReservationId || r.instances.Len() != 2 {
		t.Errorf("the same token made %d instances", r.instances.Len())
	}
	other := *in
	other.MaxCount = new(int32(3))
	_, err := r.RunInstances(ctx, &other)
	roomtest.WantCode(t, err, "IdempotentParameterMismatch")

	a, b := *first.Instances[0].InstanceId, *first.Instances[1].InstanceId
	waitState(t, r, a, running)
	waitState(t, r, b, running)
	before, _ := r.interfaces.Get(must2(r.instance(a)).Interface)
	if len(p.applied(vpc).Interfaces) != 2 || len(p.public) != 2 || !before.Public.IsValid() {
		t.Errorf("interfaces %v, published %v", p.applied(vpc).Interfaces, p.public)
	}
	roomtest.Must(r.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{a}}))(t)
	waitState(t, r, a, stopped)
	if eni, _ := r.interfaces.Get(before.ID); eni.Public.IsValid() || eni.Address != before.Address {
		t.Errorf("a stopped instance has %v and %v", eni.Public, eni.Address)
	}
	roomtest.Must(r.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{a}}))(t)
	waitState(t, r, a, running)
	if eni, _ := r.interfaces.Get(before.ID); eni.Public == before.Public {
		t.Error("start gave the old public address")
	}
	roomtest.Must(r.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{b}}))(t)
	waitState(t, r, b, terminated)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	p = newPaper()
	r = openAt(t, dir, p)
	defer r.Close()
	started := func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.started[a] != nil }
	bound, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := r.Wait(bound, started); err != nil {
		t.Fatal("the running instance was not started again")
	}
	if p.started[b] != nil || p.started[a].spec.Address != before.Address {
		t.Errorf("started %v", p.started)
	}
	live := roomtest.Must(r.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		{Name: new("instance-state-name"), Values: []string{"pend*", "running"}}, {Name: new("tag:role"), Values: []string{"h?st"}},
	}}))(t)
	if len(live.Reservations) != 1 || len(live.Reservations[0].Instances) != 1 {
		t.Errorf("live %v", live.Reservations)
	}
}

func must2[T any](v T, _ bool) T { return v }

func TestEndAndFailureOfMachines(t *testing.T) {
	r, p := open(t)
	ctx := t.Context()
	_, subnet := makeNetwork(t, r)
	in := &ec2.RunInstancesInput{ImageId: new(hostImage(t, r)), InstanceType: smallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet}
	id := *roomtest.Must(r.RunInstances(ctx, in))(t).Instances[0].InstanceId
	waitState(t, r, id, running)
	p.mu.Lock()
	m := p.started[id]
	p.fail = errors.New("no memory")
	p.mu.Unlock()
	_ = m.Stop(ctx)
	if row := waitState(t, r, id, stopped); *row.Reason.Code != "Client.InstanceInitiatedShutdown" {
		t.Errorf("reason %v", *row.Reason.Code)
	}
	id = *roomtest.Must(r.RunInstances(ctx, in))(t).Instances[0].InstanceId
	if row := waitState(t, r, id, terminated); *row.Reason.Code != "Server.InternalError" || !strings.Contains(*row.Reason.Message, "no memory") {
		t.Errorf("reason %v", row.Reason)
	}
}

func TestLaunchTemplateVersions(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	_, subnet := makeNetwork(t, r)
	data := &ec2types.RequestLaunchTemplateData{ImageId: new(hostImage(t, r)), InstanceType: smallType(), UserData: new("IyEvYmluL3NoCg==")}
	lt := roomtest.Must(r.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: new("app"), LaunchTemplateData: data}))(t).LaunchTemplate
	v2 := roomtest.Must(r.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: lt.LaunchTemplateId, SourceVersion: new("1"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{DisableApiTermination: new(true)}}))(t).LaunchTemplateVersion
	if *v2.VersionNumber != 2 || *v2.LaunchTemplateData.UserData != *data.UserData || *v2.DefaultVersion {
		t.Errorf("version %+v", v2)
	}
	out := roomtest.Must(r.RunInstances(ctx, &ec2.RunInstancesInput{MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("app"), Version: new("$Latest")}}))(t)
	_, err := r.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*out.Instances[0].InstanceId}})
	roomtest.WantCode(t, err, "OperationNotPermitted")
	_, err = r.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: lt.LaunchTemplateId, Versions: []string{"1"}})
	roomtest.WantCode(t, err, "InvalidLaunchTemplateId.VersionNotFound")
	waitState(t, r, *out.Instances[0].InstanceId, running)
}

// Every row comes exactly once over the pages, whatever is made or removed between two of them.
func TestPagesHoldEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfDistinct(rapid.StringMatching(`[a-z]{1,8}`), rapid.ID).Draw(t, "rows")
		size := int32(rapid.IntRange(1, 9).Draw(t, "size"))
		seen := map[string]bool{}
		var token *string
		for {
			got, next, err := page(append([]string(nil), rows...), func(s string) string { return s }, &size, token, 1, 9)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range got {
				if seen[s] {
					t.Fatalf("%q twice", s)
				}
				seen[s] = true
			}
			if next == nil {
				break
			}
			token = next
		}
		if len(seen) != len(rows) {
			t.Fatalf("%d of %d rows", len(seen), len(rows))
		}
	})
	_, _, err := page([]string{"a"}, func(s string) string { return s }, nil, new("forged"), 1, 9)
	roomtest.WantCode(t, err, "InvalidParameterValue")
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"*", "", true}, {"a*c", "abbc", true}, {"a*c", "abbd", false}, {"?", "", false}, {"a?c", "abc", true},
		{`a\*`, "a*", true}, {`a\*`, "ab", false}, {"A", "a", false}, {"**b*", "ab", true}, {`\?`, "?", true},
	} {
		if got := wildcard(c.pattern, c.s); got != c.want {
			t.Errorf("wildcard(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}

// A method with a handler's signature that nobody registered would be an operation that nobody can call.
func TestEveryHandlerIsRegistered(t *testing.T) {
	registered := registeredOperations(t)
	kind := reflect.TypeFor[*Region]()
	for i := range kind.NumMethod() {
		m := kind.Method(i)
		if m.Type.NumIn() == 3 && m.Type.NumOut() == 2 && m.Type.In(2).Kind() == reflect.Pointer &&
			strings.HasSuffix(m.Type.In(2).Elem().Name(), "Input") && !registered[m.Name] {
			t.Errorf("%s is not registered", m.Name)
		}
	}
}
