package nets_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func makeList(d *desk, name string, most int32, cidrs ...string) string {
	d.T.Helper()
	in := &ec2.CreateManagedPrefixListInput{PrefixListName: &name, AddressFamily: new("IPv4"), MaxEntries: &most}
	for _, cidr := range cidrs {
		in.Entries = append(in.Entries, ec2types.AddPrefixListEntry{Cidr: new(cidr), Description: new("of " + cidr)})
	}
	list := roomtest.Must(d.CreateManagedPrefixList(d.T.Context(), in))(d.T).PrefixList
	if list.State != "create-in-progress" || *list.Version != 1 || *list.MaxEntries != most || *list.OwnerId != "111122223333" {
		d.T.Errorf("made %+v", list)
	}
	return *list.PrefixListId
}

func entriesOf(d *desk, id string, version *int64) (cidrs []string) {
	d.T.Helper()
	in := &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &id, TargetVersion: version, MaxResults: new(int32(1))}
	for {
		out := roomtest.Must(d.GetManagedPrefixListEntries(d.T.Context(), in))(d.T)
		for _, e := range out.Entries {
			cidrs = append(cidrs, *e.Cidr)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return cidrs
		}
	}
}

func addEntry(cidr string) []ec2types.AddPrefixListEntry {
	return []ec2types.AddPrefixListEntry{{Cidr: &cidr}}
}

func TestPrefixListHasVersions(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	id := makeList(d, "offices", 3, "192.0.2.0/24", "10.0.0.1/8")
	roomtest.WantSame(t, "made", entriesOf(d, id, nil), "192.0.2.0/24", "10.0.0.0/8")
	modify := func(in ec2.ModifyManagedPrefixListInput) (*ec2.ModifyManagedPrefixListOutput, error) {
		in.PrefixListId = &id
		return d.ModifyManagedPrefixList(ctx, &in)
	}
	changed := roomtest.Must(modify(ec2.ModifyManagedPrefixListInput{
		CurrentVersion: new(int64(1)), AddEntries: addEntry("198.51.100.0/24"), RemoveEntries: []ec2types.RemovePrefixListEntry{{Cidr: new("10.0.0.0/8")}},
	}))(t).PrefixList
	if changed.State != "modify-in-progress" || *changed.Version != 2 {
		t.Errorf("changed %+v", changed)
	}
	renamed := roomtest.Must(modify(ec2.ModifyManagedPrefixListInput{PrefixListName: new("houses"), MaxEntries: new(int32(2))}))(t).PrefixList
	if *renamed.Version != 2 || *renamed.PrefixListName != "houses" || *renamed.MaxEntries != 2 {
		t.Errorf("renamed %+v", renamed)
	}
	for _, c := range []struct {
		code string
		in   ec2.ModifyManagedPrefixListInput
	}{
		{"PrefixListVersionMismatch", ec2.ModifyManagedPrefixListInput{CurrentVersion: new(int64(1)), AddEntries: addEntry("10.1.0.0/16")}},
		{"PrefixListMaxEntriesExceeded", ec2.ModifyManagedPrefixListInput{CurrentVersion: new(int64(2)), AddEntries: addEntry("10.1.0.0/16")}},
		{"PrefixListMaxEntriesExceeded", ec2.ModifyManagedPrefixListInput{MaxEntries: new(int32(1))}},
		{"InvalidPrefixListModification",
			ec2.ModifyManagedPrefixListInput{CurrentVersion: new(int64(2)), RemoveEntries: []ec2types.RemovePrefixListEntry{{Cidr: new("10.1.0.0/16")}}}},
		{"InvalidParameterValue", ec2.ModifyManagedPrefixListInput{CurrentVersion: new(int64(2)), AddEntries: addEntry("ten")}},
		{"InvalidParameterCombination",
			ec2.ModifyManagedPrefixListInput{CurrentVersion: new(int64(2)), AddEntries: addEntry("10.1.0.0/16"), MaxEntries: new(int32(9))}},
		{"MissingParameter", ec2.ModifyManagedPrefixListInput{AddEntries: addEntry("10.1.0.0/16")}},
		{"InvalidParameterValue", ec2.ModifyManagedPrefixListInput{PrefixListName: new("com.amazonaws.mine")}},
	} {
		_, err := modify(c.in)
		roomtest.WantAPIError(t, err, c.code)
	}
	d.Reopen()
	roomtest.WantSame(t, "version 2", entriesOf(d, id, nil), "192.0.2.0/24", "198.51.100.0/24")
	roomtest.WantSame(t, "version 1", entriesOf(d, id, new(int64(1))), "192.0.2.0/24", "10.0.0.0/8")
	back := roomtest.Must(d.RestoreManagedPrefixListVersion(ctx, &ec2.RestoreManagedPrefixListVersionInput{
		PrefixListId: &id, PreviousVersion: new(int64(1)), CurrentVersion: new(int64(2)),
	}))(t).PrefixList
	if *back.Version != 3 || back.State != "restore-in-progress" {
		t.Errorf("restored %+v", back)
	}
	roomtest.WantSame(t, "restored", entriesOf(d, id, nil), "192.0.2.0/24", "10.0.0.0/8")
	_, err := d.GetManagedPrefixListEntries(ctx, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &id, TargetVersion: new(int64(4))})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	roomtest.Must(d.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: &id}))(t)
	_, err = d.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{id}})
	roomtest.WantAPIError(t, err, "InvalidPrefixListID.NotFound")
}

func TestPrefixListsAreListed(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	mine := makeList(d, "mine", 1)
	owned := roomtest.Must(d.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{Filters: regiontest.Where("owner-id", "111122223333")}))(t)
	if len(owned.PrefixLists) != 1 || *owned.PrefixLists[0].PrefixListId != mine || owned.PrefixLists[0].State != "create-complete" {
		t.Errorf("mine: %+v", owned.PrefixLists)
	}
	amazons := roomtest.Must(d.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{
		Filters: regiontest.Where("prefix-list-name", "com.amazonaws.us-east-1.s3"),
	}))(t)
	if len(amazons.PrefixLists) != 1 || len(amazons.PrefixLists[0].Cidrs) != 0 {
		t.Fatalf("AWS's: %+v", amazons.PrefixLists)
	}
	id := amazons.PrefixLists[0].PrefixListId
	shown := roomtest.Must(d.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{*id}}))(t).PrefixLists[0]
	if *shown.OwnerId != "AWS" || shown.Version != nil || shown.MaxEntries != nil {
		t.Errorf("AWS's: %+v", shown)
	}
	_, err := d.ModifyManagedPrefixList(ctx, &ec2.ModifyManagedPrefixListInput{PrefixListId: id, PrefixListName: new("mine")})
	roomtest.WantAPIError(t, err, "OperationNotPermitted")
	for code, in := range map[string]*ec2.CreateManagedPrefixListInput{
		"InvalidParameterValue": {PrefixListName: new("l"), AddressFamily: new("IPv4"), MaxEntries: new(int32(1001))},
		"PrefixListMaxEntriesExceeded": {
			PrefixListName: new("l"), AddressFamily: new("IPv4"), MaxEntries: new(int32(1)),
			Entries: append(addEntry("10.0.0.0/8"), addEntry("11.0.0.0/8")...),
		},
		"MissingParameter": {PrefixListName: new(""), AddressFamily: new("IPv4"), MaxEntries: new(int32(1))},
		"DryRunOperation":  {PrefixListName: new("l"), AddressFamily: new("IPv4"), MaxEntries: new(int32(1)), DryRun: new(true)},
	} {
		_, err := d.CreateManagedPrefixList(ctx, in)
		roomtest.WantAPIError(t, err, code)
	}
	six := &ec2.CreateManagedPrefixListInput{PrefixListName: new("six"), AddressFamily: new("IPv6"), MaxEntries: new(int32(1)), Entries: addEntry("2001:db8::/64")}
	if list := roomtest.Must(d.CreateManagedPrefixList(ctx, six))(t).PrefixList; *list.AddressFamily != "IPv6" {
		t.Errorf("a list of IPv6: %+v", list)
	}
	six.Entries = addEntry("10.0.0.0/8")
	_, err = d.CreateManagedPrefixList(ctx, six)
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
}

// What a list has when it is changed holds in the network for whatever names it.
func TestPrefixListIsEnforced(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	gateway := d.Gateway(vpc)
	d.Run(subnet, 1)
	id := makeList(d, "l", 20, "192.0.2.0/24")
	group := d.SecurityGroup(vpc, "g")
	permission := []ec2types.IpPermission{{IpProtocol: new("tcp"), FromPort: new(int32(80)), ToPort: new(int32(80)),
		PrefixListIds: []ec2types.PrefixListId{{PrefixListId: &id, Description: new("why")}}}}
	made := roomtest.Must(d.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permission}))(t)
	if *made.SecurityGroupRules[0].PrefixListId != id {
		t.Errorf("%+v", made.SecurityGroupRules[0])
	}
	table := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: regiontest.Where("vpc-id", vpc)}))(t).RouteTables[0].RouteTableId
	roomtest.Must(d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationPrefixListId: &id, GatewayId: &gateway}))(t)
	expect := func(when string, want ...string) {
		t.Helper()
		made := d.Fabric.Applied(vpc)
		var rules, routes []string
		for _, g := range made.SecurityGroups {
			if g.ID == group {
				for _, rule := range g.Ingress {
					for _, p := range rule.Prefixes {
						rules = append(rules, p.String())
					}
				}
			}
		}
		at := slices.IndexFunc(made.RouteTables, func(x network.RouteTable) bool { return x.ID == *table })
		for _, route := range made.RouteTables[at].Routes {
			routes = append(routes, route.Destination.String())
		}
		roomtest.WantSame(t, when+": rules", rules, want...)
		roomtest.WantSame(t, when+": routes", routes, want...)
	}
	expect("made", "192.0.2.0/24")
	roomtest.Must(d.ModifyManagedPrefixList(ctx, &ec2.ModifyManagedPrefixListInput{
		PrefixListId: &id, CurrentVersion: new(int64(1)), AddEntries: addEntry("198.51.100.0/24"),
	}))(t)
	expect("changed", "192.0.2.0/24", "198.51.100.0/24")
	d.Reopen()
	expect("opened again", "192.0.2.0/24", "198.51.100.0/24")

	uses := roomtest.Must(d.GetManagedPrefixListAssociations(ctx, &ec2.GetManagedPrefixListAssociationsInput{PrefixListId: &id}))(t).PrefixListAssociations
	roomtest.WantSame(t, "uses", regiontest.IDsOf(uses, func(a ec2types.PrefixListAssociation) *string { return a.ResourceId }), group, *table)
	_, err := d.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: &id})
	roomtest.WantAPIError(t, err, "DependencyViolation")
	shown := roomtest.Must(d.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: regiontest.Where("route.destination-prefix-list-id", id),
	}))(t).RouteTables
	if len(shown) != 1 || *shown[0].Routes[1].DestinationPrefixListId != id || shown[0].Routes[1].DestinationCidrBlock != nil {
		t.Errorf("%+v", shown)
	}
	g := roomtest.Must(d.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: regiontest.Where("ip-permission.prefix-list-id", id),
	}))(t).SecurityGroups
	if len(g) != 1 || *g[0].IpPermissions[0].PrefixListIds[0].PrefixListId != id || *g[0].IpPermissions[0].PrefixListIds[0].Description != "why" {
		t.Errorf("%+v", g)
	}

	// A list counts as all that it may have: 3 of 20 and more are above the quotas of 50 and 60.
	for n := range 2 {
		more := makeList(d, fmt.Sprint("more", n), 20)
		_, errRoute := d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationPrefixListId: &more, GatewayId: &gateway})
		more1 := []ec2types.IpPermission{{IpProtocol: new("-1"), PrefixListIds: []ec2types.PrefixListId{{PrefixListId: &more}}}}
		_, errRule := d.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: more1})
		if n == 1 {
			roomtest.WantAPIError(t, errRoute, "RouteLimitExceeded")
		} else if errRoute != nil {
			t.Error(errRoute)
		}
		if errRule != nil {
			t.Error(errRule)
		}
	}
	_, err = d.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, CidrIp: new("10.0.0.0/8"), IpProtocol: new("-1")})
	roomtest.WantAPIError(t, err, "RulesPerSecurityGroupLimitExceeded")

	roomtest.Must(d.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: table, DestinationPrefixListId: &id}))(t)
	roomtest.Must(d.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permission}))(t)
	roomtest.Must(d.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: &id}))(t)
	missing := "pl-0123456789abcdef0"
	_, err = d.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationPrefixListId: &missing, GatewayId: &gateway})
	roomtest.WantAPIError(t, err, "InvalidPrefixListID.NotFound")
}
