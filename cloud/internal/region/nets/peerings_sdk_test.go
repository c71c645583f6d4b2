package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

const noPeering = "pcx-0123456789abcdef0"

// request asks for a connection from a VPC of d to one of the region of a name.
func request(d *regiontest.Desk, from, to, region string) string {
	d.T.Helper()
	in := &ec2.CreateVpcPeeringConnectionInput{VpcId: &from, PeerVpcId: &to}
	if region != "" {
		in.PeerRegion = &region
	}
	out := roomtest.Must(d.CreateVpcPeeringConnection(d.T.Context(), in))(d.T).VpcPeeringConnection
	if out.Status.Code != "initiating-request" || *out.RequesterVpcInfo.VpcId != from || *out.AccepterVpcInfo.VpcId != to || out.ExpirationTime == nil {
		d.T.Errorf("requested: %+v", out)
	}
	return *out.VpcPeeringConnectionId
}

func peering(d *regiontest.Desk, id string) ec2types.VpcPeeringConnection {
	d.T.Helper()
	return roomtest.Must(d.DescribeVpcPeeringConnections(d.T.Context(), &ec2.DescribeVpcPeeringConnectionsInput{
		VpcPeeringConnectionIds: []string{id},
	}))(d.T).VpcPeeringConnections[0]
}

func wantPeering(d *regiontest.Desk, id, state, message string) {
	d.T.Helper()
	if s := peering(d, id).Status; string(s.Code) != state || *s.Message != message {
		d.T.Errorf("%s: %s, %q; want %s, %q", id, s.Code, *s.Message, state, message)
	}
}

func accept(d *regiontest.Desk, id string) error {
	out, err := d.AcceptVpcPeeringConnection(d.T.Context(), &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: &id})
	if err == nil && out.VpcPeeringConnection.Status.Code != "provisioning" {
		d.T.Errorf("accepted: %+v", out.VpcPeeringConnection.Status)
	}
	return err
}

func reject(d *regiontest.Desk, id string) error {
	_, err := d.RejectVpcPeeringConnection(d.T.Context(), &ec2.RejectVpcPeeringConnectionInput{VpcPeeringConnectionId: &id})
	return err
}

func deletePeering(d *regiontest.Desk, id string) error {
	_, err := d.DeleteVpcPeeringConnection(d.T.Context(), &ec2.DeleteVpcPeeringConnectionInput{VpcPeeringConnectionId: &id})
	return err
}

func TestPeeringWithinARegion(t *testing.T) {
	d := newDesk(t)
	a, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, _ := d.VPC("10.2.0.0/16", "10.2.1.0/24", false)
	id := request(d.Desk, a, b, "")
	wantPeering(d.Desk, id, "pending-acceptance", "Pending Acceptance by 111122223333")
	if p := peering(d.Desk, id); *p.RequesterVpcInfo.CidrBlock != "10.1.0.0/16" || p.AccepterVpcInfo.CidrBlock != nil {
		t.Errorf("pending: %+v, %+v", p.RequesterVpcInfo, p.AccepterVpcInfo)
	}
	_, err := d.CreateVpcPeeringConnection(t.Context(), &ec2.CreateVpcPeeringConnectionInput{VpcId: &b, PeerVpcId: &a})
	roomtest.WantAPIError(t, err, "VpcPeeringConnectionAlreadyExists")
	if err := accept(d.Desk, id); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	wantPeering(d.Desk, id, "active", "Active")
	p := peering(d.Desk, id)
	if *p.AccepterVpcInfo.CidrBlock != "10.2.0.0/16" || *p.AccepterVpcInfo.CidrBlockSet[0].CidrBlock != "10.2.0.0/16" ||
		*p.AccepterVpcInfo.OwnerId != "111122223333" || *p.AccepterVpcInfo.Region != "us-east-1" || p.ExpirationTime != nil {
		t.Errorf("active: %+v", p.AccepterVpcInfo)
	}
	roomtest.WantAPIError(t, accept(d.Desk, id), "InvalidStateTransition")
	roomtest.WantAPIError(t, reject(d.Desk, id), "InvalidStateTransition")
	if err := deletePeering(d.Desk, id); err != nil {
		t.Fatal(err)
	}
	wantPeering(d.Desk, id, "deleted", "Deleted by 111122223333")
	roomtest.WantAPIError(t, deletePeering(d.Desk, id), "InvalidStateTransition")
	for _, refused := range []error{accept(d.Desk, noPeering), reject(d.Desk, noPeering), deletePeering(d.Desk, noPeering)} {
		roomtest.WantAPIError(t, refused, "InvalidVpcPeeringConnectionID.NotFound")
	}
	again := request(d.Desk, a, b, "") // the deleted one is in nobody's way
	if _, err := d.RejectVpcPeeringConnection(t.Context(), &ec2.RejectVpcPeeringConnectionInput{VpcPeeringConnectionId: &again}); err != nil {
		t.Fatal(err)
	}
	wantPeering(d.Desk, again, "rejected", "Rejected by 111122223333")
	roomtest.WantAPIError(t, deletePeering(d.Desk, again), "InvalidStateTransition")
}

func TestPeeringRequestFails(t *testing.T) {
	d := newDesk(t)
	a, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	within, _ := d.VPC("10.1.128.0/20", "10.1.128.0/24", false)
	free, _ := d.VPC("10.3.0.0/16", "10.3.1.0/24", false)
	for name, in := range map[string]ec2.CreateVpcPeeringConnectionInput{
		"overlapping": {PeerVpcId: &within},
		"itself":      {PeerVpcId: &a},
		"missing":     {PeerVpcId: new("vpc-0123456789abcdef0")},
		"a stranger":  {PeerVpcId: &free, PeerOwnerId: new("444455556666")},
	} {
		in.VpcId = &a
		id := *roomtest.Must(d.CreateVpcPeeringConnection(t.Context(), &in))(t).VpcPeeringConnection.VpcPeeringConnectionId
		wantPeering(d.Desk, id, "failed", "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range")
		if err := accept(d.Desk, id); err == nil {
			t.Errorf("%s: accepted", name)
		}
		roomtest.WantAPIError(t, deletePeering(d.Desk, id), "InvalidStateTransition")
	}
	for code, in := range map[string]*ec2.CreateVpcPeeringConnectionInput{
		"InvalidVpcID.NotFound": {VpcId: new("vpc-0123456789abcdef0"), PeerVpcId: &a},
		"MissingParameter":      {VpcId: &a},
		"InvalidParameterValue": {VpcId: &a, PeerVpcId: &free, PeerRegion: new("eu-central-1")},
		"DryRunOperation":       {VpcId: &a, PeerVpcId: &free, DryRun: new(true)},
	} {
		_, err := d.CreateVpcPeeringConnection(t.Context(), in)
		roomtest.WantAPIError(t, err, code)
	}
}

func TestPeeringsAreListed(t *testing.T) {
	d := &desk{regiontest.Open(t, region.Config{Name: "us-east-1", Index: 1, Quotas: map[string]int{"L-F678F1CE": 7}})} // VPCs
	a, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	var ids []string
	for _, cidr := range []string{"10.2", "10.3", "10.4", "10.5", "10.6", "10.7"} {
		b, _ := d.VPC(cidr+".0.0/16", cidr+".1.0/24", false)
		ids = append(ids, request(d.Desk, a, b, ""))
	}
	if err := accept(d.Desk, ids[1]); err != nil {
		t.Fatal(err)
	}
	roomtest.Must(d.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: ids[2:3], Tags: []ec2types.Tag{{Key: new("Name"), Value: new("third")}}}))(t)
	second := peering(d.Desk, ids[1])
	for name, value := range map[string]string{
		"status-code": "active", "status-message": "Active", "accepter-vpc-info.vpc-id": *second.AccepterVpcInfo.VpcId,
		"accepter-vpc-info.cidr-block": "10.3.0.0/16", "vpc-peering-connection-id": ids[1],
	} {
		out := roomtest.Must(d.DescribeVpcPeeringConnections(t.Context(), &ec2.DescribeVpcPeeringConnectionsInput{Filters: regiontest.Where(name, value)}))(t)
		roomtest.WantSame(t, name, idsOfPeerings(out), ids[1])
	}
	for name, value := range map[string]string{
		"requester-vpc-info.vpc-id": a, "requester-vpc-info.owner-id": "111122223333", "accepter-vpc-info.owner-id": "111122223333",
		"requester-vpc-info.cidr-block": "10.1.0.0/16",
	} {
		out := roomtest.Must(d.DescribeVpcPeeringConnections(t.Context(), &ec2.DescribeVpcPeeringConnectionsInput{Filters: regiontest.Where(name, value)}))(t)
		roomtest.WantSame(t, name, idsOfPeerings(out), ids...)
	}
	named := roomtest.Must(d.DescribeVpcPeeringConnections(t.Context(), &ec2.DescribeVpcPeeringConnectionsInput{
		Filters: regiontest.Where("tag:Name", "third"),
	}))(t)
	roomtest.WantSame(t, "tag", idsOfPeerings(named), ids[2])
	var paged []string
	for in := (&ec2.DescribeVpcPeeringConnectionsInput{MaxResults: new(int32(5))}); ; {
		out := roomtest.Must(d.DescribeVpcPeeringConnections(t.Context(), in))(t)
		paged = append(paged, idsOfPeerings(out)...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	roomtest.WantSame(t, "pages", paged, ids...)
}

func idsOfPeerings(out *ec2.DescribeVpcPeeringConnectionsOutput) []string {
	return regiontest.IDsOf(out.VpcPeeringConnections, func(p ec2types.VpcPeeringConnection) *string { return p.VpcPeeringConnectionId })
}

func TestPeeringEndsWithItsVPC(t *testing.T) {
	d := newDesk(t)
	a, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b := *roomtest.Must(d.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: new("10.2.0.0/16")}))(t).Vpc.VpcId
	id := request(d.Desk, a, b, "")
	if err := accept(d.Desk, id); err != nil {
		t.Fatal(err)
	}
	roomtest.Must(d.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: &b}))(t)
	wantPeering(d.Desk, id, "deleted", "Deleted by 111122223333")
}

func TestPeeringOptions(t *testing.T) {
	d := newDesk(t)
	a, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, _ := d.VPC("10.2.0.0/16", "10.2.1.0/24", false)
	id := request(d.Desk, a, b, "")
	resolve := &ec2types.PeeringConnectionOptionsRequest{AllowDnsResolutionFromRemoteVpc: new(true)}
	modify := func(in ec2.ModifyVpcPeeringConnectionOptionsInput) (*ec2.ModifyVpcPeeringConnectionOptionsOutput, error) {
		in.VpcPeeringConnectionId = &id
		return d.ModifyVpcPeeringConnectionOptions(t.Context(), &in)
	}
	_, err := modify(ec2.ModifyVpcPeeringConnectionOptionsInput{AccepterPeeringConnectionOptions: resolve})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	if err := accept(d.Desk, id); err != nil {
		t.Fatal(err)
	}
	_, err = modify(ec2.ModifyVpcPeeringConnectionOptionsInput{AccepterPeeringConnectionOptions: resolve})
	roomtest.WantAPIError(t, err, "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled")
	_, err = modify(ec2.ModifyVpcPeeringConnectionOptionsInput{AccepterPeeringConnectionOptions: &ec2types.PeeringConnectionOptionsRequest{
		AllowEgressFromLocalClassicLinkToRemoteVpc: new(true)}})
	roomtest.WantAPIError(t, err, "UnsupportedOperation")
	_, err = modify(ec2.ModifyVpcPeeringConnectionOptionsInput{})
	roomtest.WantAPIError(t, err, "MissingParameter")
	roomtest.Must(d.ModifyVpcAttribute(t.Context(), &ec2.ModifyVpcAttributeInput{
		VpcId: &b, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: new(true)},
	}))(t)
	out := roomtest.Must(modify(ec2.ModifyVpcPeeringConnectionOptionsInput{AccepterPeeringConnectionOptions: resolve}))(t)
	if !*out.AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc || out.RequesterPeeringConnectionOptions != nil {
		t.Errorf("%+v", out)
	}
	d.Reopen()
	p := peering(d.Desk, id)
	if !*p.AccepterVpcInfo.PeeringOptions.AllowDnsResolutionFromRemoteVpc || *p.RequesterVpcInfo.PeeringOptions.AllowDnsResolutionFromRemoteVpc {
		t.Errorf("%+v, %+v", p.AccepterVpcInfo.PeeringOptions, p.RequesterVpcInfo.PeeringOptions)
	}
}

// https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
func TestRuleNamesAPeersGroup(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	a, fromA := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, inB := d.VPC("10.2.0.0/16", "10.2.1.0/24", false)
	friends, guarded := d.SecurityGroup(a, "friends"), d.SecurityGroup(b, "guarded")
	permission := []ec2types.IpPermission{{IpProtocol: new("tcp"), FromPort: new(int32(80)), ToPort: new(int32(80)),
		UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &friends}}}}
	authorize := func() error {
		_, err := d.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &guarded, IpPermissions: permission})
		return err
	}
	roomtest.WantAPIError(t, authorize(), "InvalidGroup.NotFound")
	id := request(d.Desk, a, b, "")
	roomtest.WantAPIError(t, authorize(), "InvalidGroup.NotFound") // it is not active
	if err := accept(d.Desk, id); err != nil {
		t.Fatal(err)
	}
	if err := authorize(); err != nil {
		t.Fatal(err)
	}
	roomtest.WantAPIError(t, authorize(), "InvalidPermission.Duplicate")
	expect := func(status string) {
		t.Helper()
		g := roomtest.Must(d.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{guarded}}))(t).SecurityGroups[0]
		pair := g.IpPermissions[0].UserIdGroupPairs[0]
		if *pair.GroupId != friends || *pair.VpcId != a || *pair.VpcPeeringConnectionId != id || *pair.PeeringStatus != status {
			t.Errorf("%+v", pair)
		}
	}
	expect("active")
	references := roomtest.Must(d.DescribeSecurityGroupReferences(ctx, &ec2.DescribeSecurityGroupReferencesInput{GroupId: []string{friends, guarded}}))(t)
	if all := references.SecurityGroupReferenceSet; len(all) != 1 || *all[0].GroupId != friends ||
		*all[0].ReferencingVpcId != b || *all[0].VpcPeeringConnectionId != id {
		t.Errorf("references: %+v", all)
	}
	stale := func(vpc string) []ec2types.StaleSecurityGroup {
		return roomtest.Must(d.DescribeStaleSecurityGroups(ctx, &ec2.DescribeStaleSecurityGroupsInput{VpcId: &vpc}))(t).StaleSecurityGroupSet
	}
	if all := stale(b); len(all) != 0 {
		t.Errorf("stale: %+v", all)
	}
	d.Run(inB, 1)
	friend := roomtest.Must(d.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &fromA,
		SecurityGroupIds: []string{friends},
	}))(t).Instances[0]
	d.Run(fromA, 1) // not a friend
	peers := d.Fabric.Applied(b).Peerings
	if len(peers) != 1 || len(peers[0].Groups) != 1 || len(peers[0].Groups[0].Members) != 1 || peers[0].Groups[0].Members[0].String() != *friend.PrivateIpAddress {
		t.Errorf("the network of %s has the peers %+v, want %s as the only friend", b, peers, *friend.PrivateIpAddress)
	}
	if err := deletePeering(d.Desk, id); err != nil {
		t.Fatal(err)
	}
	expect("deleted")
	references = roomtest.Must(d.DescribeSecurityGroupReferences(ctx, &ec2.DescribeSecurityGroupReferencesInput{GroupId: []string{friends}}))(t)
	if all := references.SecurityGroupReferenceSet; len(all) != 0 {
		t.Errorf("references over a connection that has ended: %+v", all)
	}
	if all := stale(b); len(all) != 1 || *all[0].GroupId != guarded || len(all[0].StaleIpPermissions) != 1 || len(all[0].StaleIpPermissionsEgress) != 0 ||
		*all[0].StaleIpPermissions[0].FromPort != 80 || *all[0].StaleIpPermissions[0].UserIdGroupPairs[0].GroupId != friends {
		t.Errorf("stale: %+v", all)
	}
	if all := stale(a); len(all) != 0 {
		t.Errorf("stale in the VPC that is named: %+v", all)
	}
	if peers := d.Fabric.Applied(b).Peerings; len(peers) != 0 {
		t.Errorf("the network of %s still has the peers %+v", b, peers)
	}
	roomtest.Must(d.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &guarded, IpPermissions: permission}))(t)
	if all := stale(b); len(all) != 0 {
		t.Errorf("stale after the rule was revoked: %+v", all)
	}
}

// A group whose peer was deleted before the connection leaves a stale rule, too, and the questions know their ids.
func TestDeletedGroupOfAPeerIsStale(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	a, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, _ := d.VPC("10.2.0.0/16", "10.2.1.0/24", false)
	friends, guarded := d.SecurityGroup(a, "friends"), d.SecurityGroup(b, "guarded")
	if err := accept(d.Desk, request(d.Desk, a, b, "")); err != nil {
		t.Fatal(err)
	}
	roomtest.Must(d.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &guarded, IpPermissions: []ec2types.IpPermission{
		{IpProtocol: new("udp"), FromPort: new(int32(53)), ToPort: new(int32(53)), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &friends}}},
	}}))(t)
	roomtest.Must(d.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &friends}))(t)
	all := roomtest.Must(d.DescribeStaleSecurityGroups(ctx, &ec2.DescribeStaleSecurityGroupsInput{VpcId: &b}))(t).StaleSecurityGroupSet
	if len(all) != 1 || len(all[0].StaleIpPermissionsEgress) != 1 || len(all[0].StaleIpPermissions) != 0 {
		t.Errorf("%+v", all)
	}
	_, err := d.DescribeStaleSecurityGroups(ctx, &ec2.DescribeStaleSecurityGroupsInput{VpcId: new("vpc-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidVpcID.NotFound")
	_, err = d.DescribeSecurityGroupReferences(ctx, &ec2.DescribeSecurityGroupReferencesInput{GroupId: []string{friends}})
	roomtest.WantAPIError(t, err, "InvalidGroup.NotFound")
}

func TestGroupsForAVPCAreItsOwn(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	a, _ := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, _ := d.VPC("10.2.0.0/16", "10.2.1.0/24", false)
	web := d.SecurityGroup(a, "web")
	d.SecurityGroup(b, "web")
	all := roomtest.Must(d.GetSecurityGroupsForVpc(ctx, &ec2.GetSecurityGroupsForVpcInput{VpcId: &a}))(t).SecurityGroupForVpcs
	if len(all) != 2 {
		t.Errorf("%+v", all)
	}
	all = roomtest.Must(d.GetSecurityGroupsForVpc(ctx, &ec2.GetSecurityGroupsForVpcInput{
		VpcId: &a, Filters: regiontest.Where("group-name", "web"),
	}))(t).SecurityGroupForVpcs
	if len(all) != 1 || *all[0].GroupId != web || *all[0].PrimaryVpcId != a || *all[0].OwnerId != "111122223333" {
		t.Errorf("%+v", all)
	}
	_, err := d.GetSecurityGroupsForVpc(ctx, &ec2.GetSecurityGroupsForVpcInput{VpcId: new("vpc-0123456789abcdef0")})
	roomtest.WantAPIError(t, err, "InvalidVpcID.NotFound")
}

func TestRoutesLeadToAPeer(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	a, inA := d.VPC("10.1.0.0/16", "10.1.1.0/24", false)
	b, _ := d.VPC("10.2.0.0/16", "10.2.1.0/24", false)
	c, _ := d.VPC("10.3.0.0/16", "10.3.1.0/24", false)
	d.Run(inA, 1)
	id, elsewhere := request(d.Desk, a, b, ""), request(d.Desk, b, c, "")
	table := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: regiontest.Where("vpc-id", a)}))(t).RouteTables[0].RouteTableId
	route := func(to string) error {
		_, err := d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: new("10.2.0.0/16"), VpcPeeringConnectionId: &to})
		return err
	}
	expect := func(state ec2types.RouteState) {
		t.Helper()
		found := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
			Filters: regiontest.Where("route.vpc-peering-connection-id", id),
		}))(t).RouteTables
		if len(found) != 1 || len(found[0].Routes) != 2 || *found[0].Routes[1].VpcPeeringConnectionId != id || found[0].Routes[1].State != state {
			t.Fatalf("%s: %+v", state, found)
		}
		for _, made := range d.Fabric.Applied(a).RouteTables {
			for _, r := range made.Routes {
				if r.Peering != id || r.Blackhole != (state == "blackhole") {
					t.Errorf("%s: the network has the route %+v", state, r)
				}
			}
		}
	}
	roomtest.WantAPIError(t, route(noPeering), "InvalidVpcPeeringConnectionID.NotFound")
	roomtest.WantAPIError(t, route("pcx-1"), "InvalidVpcPeeringConnectionId.Malformed")
	roomtest.WantAPIError(t, route(elsewhere), "InvalidParameterValue")
	if err := route(id); err != nil {
		t.Fatal(err)
	}
	expect("blackhole") // it is not accepted yet
	if err := accept(d.Desk, id); err != nil {
		t.Fatal(err)
	}
	expect("active")
	d.Reopen()
	expect("active")
	if err := deletePeering(d.Desk, id); err != nil {
		t.Fatal(err)
	}
	expect("blackhole")
	_, err := d.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: table, DestinationCidrBlock: new("10.2.0.0/16"), VpcPeeringConnectionId: &id})
	roomtest.WantAPIError(t, err, "InvalidVpcPeeringConnectionID.NotFound")
}
