package nets

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

type groupRow struct {
	ID, VPC, Name, Description string
	Rules                      []ruleRow
}

var groupKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "sg", Tagged: ec2types.ResourceTypeSecurityGroup, Missing: missingGroup,
	Exists: resource.Within(func(r *Room) *store.Table[groupRow] { return r.groups }),
	Keeps: resource.SomeOf(func(r *Room) *store.Table[groupRow] { return r.groups },
		func(g groupRow, vpc string) bool { return g.VPC == vpc && g.Name != "default" }),
})

func missingGroup(id string) error {
	return resource.Missing("sg-", id, "InvalidGroupId.Malformed", "InvalidGroup.NotFound", "The security group '%s' does not exist")
}

// CreateSecurityGroup makes a group that lets nothing in and everything out.
func (r *Room) CreateSecurityGroup(ctx context.Context, in *ec2.CreateSecurityGroupInput) (*ec2.CreateSecurityGroupOutput, error) {
	if err := room.Only(in, "Description", "GroupName", "TagSpecifications", "VpcId"); err != nil {
		return nil, err
	}
	if err := checkGroupName(in); err != nil {
		return nil, err
	}
	vpc, err := r.vpcOrDefault(in.VpcId)
	if err != nil {
		return nil, err
	}
	row := groupRow{ID: groupKind.NewID(), VPC: vpc, Name: *in.GroupName, Description: *in.Description}
	row.Rules = []ruleRow{allOut(false)}
	err = r.Update(func(tx *store.Tx) error {
		vpc, ok := r.vpcs.GetTx(tx, row.VPC)
		if !ok {
			return missingVPC(row.VPC)
		}
		if len(vpc.IPv6) > 0 {
			row.Rules = append(row.Rules, allOut(true))
		}
		for _, g := range r.groups.AllTx(tx) {
			if g.VPC == row.VPC && g.Name == row.Name {
				return wire.Errorf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", row.Name, row.VPC)
			}
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if err := r.groups.Put(tx, row.ID, row); err != nil {
			return err
		}
		return r.TagNew(tx, in.TagSpecifications, row.ID)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.CreateSecurityGroupOutput{
		GroupId: new(row.ID), SecurityGroupArn: new(r.ARN("ec2", "security-group/"+row.ID)), Tags: r.Tags(row.ID),
	}, r.Sync(row.VPC)
}

// allOut is the rule that lets everything out, of IPv4 or of IPv6.
func allOut(ipv6 bool) ruleRow {
	rule := ruleRow{ID: ruleKind.NewID(), Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}
	if ipv6 {
		rule.CIDR, rule.CIDR6 = "", "::/0"
	}
	return rule
}

// egress are the group's rules of that direction.
func (g groupRow) egress() []ruleRow {
	return slices.DeleteFunc(slices.Clone(g.Rules), func(x ruleRow) bool { return !x.Egress })
}

func checkGroupName(in *ec2.CreateSecurityGroupInput) error {
	if err := resource.Required("groupName", in.GroupName); err != nil {
		return err
	}
	if err := resource.Required("groupDescription", in.Description); err != nil {
		return err
	}
	name := *in.GroupName
	switch {
	case name == "default":
		return wire.Errorf("InvalidGroup.Reserved", "The security group 'default' is reserved")
	case strings.HasPrefix(name, "sg-"):
		return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Group names may not be in the format sg-*.", name)
	case !isASCII(name):
		return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.", name)
	case !isDescription(name):
		return wire.Errorf("InvalidParameterValue",
			"Value (%s) for parameter GroupName is invalid. Valid names are strings less than 256 characters from the following set:  %s", name, described)
	case !isASCII(*in.Description):
		return wire.Errorf(
			"InvalidParameterValue", "Value (%s) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.", *in.Description,
		)
	case !isDescription(*in.Description):
		return wire.Errorf("InvalidParameterValue",
			"Invalid security group description. Valid descriptions are strings less than 256 characters from the following set:  %s", described)
	}
	return resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeSecurityGroup)
}

func (r *Room) showGroup(g groupRow) ec2types.SecurityGroup {
	out := ec2types.SecurityGroup{
		GroupId: new(g.ID), GroupName: new(g.Name), Description: new(g.Description), VpcId: new(g.VPC),
		OwnerId: new(r.Account), SecurityGroupArn: new(r.ARN("ec2", "security-group/"+g.ID)), Tags: r.Tags(g.ID),
		IpPermissions: []ec2types.IpPermission{}, IpPermissionsEgress: []ec2types.IpPermission{},
	}
	for _, rule := range g.Rules {
		if rule.Egress {
			out.IpPermissionsEgress = r.addPermission(out.IpPermissionsEgress, rule)
		} else {
			out.IpPermissions = r.addPermission(out.IpPermissions, rule)
		}
	}
	return out
}

// addPermission puts a rule into the permission of its protocol and ports, as Describe groups them.
func (r *Room) addPermission(all []ec2types.IpPermission, rule ruleRow) []ec2types.IpPermission {
	at := slices.IndexFunc(all, func(p ec2types.IpPermission) bool {
		return *p.IpProtocol == rule.Protocol && (p.FromPort == nil || *p.FromPort == rule.From && *p.ToPort == rule.To)
	})
	if at < 0 {
		p := ec2types.IpPermission{
			IpProtocol: new(rule.Protocol), IpRanges: []ec2types.IpRange{}, Ipv6Ranges: []ec2types.Ipv6Range{},
			PrefixListIds: []ec2types.PrefixListId{}, UserIdGroupPairs: []ec2types.UserIdGroupPair{},
		}
		if rule.Protocol != "-1" {
			p.FromPort, p.ToPort = new(rule.From), new(rule.To)
		}
		all, at = append(all, p), len(all)
	}
	p, text := &all[at], room.Some(rule.Description)
	switch {
	case rule.CIDR != "":
		p.IpRanges = append(p.IpRanges, ec2types.IpRange{CidrIp: new(rule.CIDR), Description: text})
	case rule.CIDR6 != "":
		p.Ipv6Ranges = append(p.Ipv6Ranges, ec2types.Ipv6Range{CidrIpv6: new(rule.CIDR6), Description: text})
	case rule.List != "":
		p.PrefixListIds = append(p.PrefixListIds, ec2types.PrefixListId{PrefixListId: new(rule.List), Description: text})
	default:
		p.UserIdGroupPairs = append(p.UserIdGroupPairs, ec2types.UserIdGroupPair{
			GroupId: new(rule.Group), UserId: new(r.Account), Description: text, VpcId: room.Some(rule.PeerVPC),
			VpcPeeringConnectionId: room.Some(rule.Peering), PeeringStatus: room.Some(r.peeringStatus(rule)),
		})
	}
	return all
}

// ruleFields are the filters ip-permission.* and egress.ip-permission.*.
func (r *Room) ruleFields(known resource.Fields[groupRow], prefix string, egress bool) {
	add := func(name string, value func(ruleRow) string) {
		known[prefix+name] = func(g groupRow) (all []string) {
			for _, rule := range g.Rules {
				if v := value(rule); rule.Egress == egress && v != "" {
					all = append(all, v)
				}
			}
			return all
		}
	}
	add("cidr", func(x ruleRow) string { return x.CIDR })
	add("ipv6-cidr", func(x ruleRow) string { return x.CIDR6 })
	add("prefix-list-id", func(x ruleRow) string { return x.List })
	add("group-id", func(x ruleRow) string { return x.Group })
	add("group-name", func(x ruleRow) string {
		g, _ := r.groups.Get(x.Group)
		return g.Name
	})
	add("user-id", func(x ruleRow) string {
		if x.Group == "" {
			return ""
		}
		return r.Account
	})
	add("protocol", func(x ruleRow) string { return x.Protocol })
	add("from-port", func(x ruleRow) string { return strconv.Itoa(int(x.From)) })
	add("to-port", func(x ruleRow) string { return strconv.Itoa(int(x.To)) })
}

// DescribeSecurityGroups lists security groups.
func (r *Room) DescribeSecurityGroups(ctx context.Context, in *ec2.DescribeSecurityGroupsInput) (*ec2.DescribeSecurityGroupsOutput, error) {
	if err := room.Only(in, "Filters", "GroupIds", "GroupNames", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	named, err := r.GroupsNamed(nil, in.GroupNames)
	if err != nil {
		return nil, err
	}
	known := resource.Fields[groupRow]{
		"group-id":    resource.One(func(g groupRow) string { return g.ID }),
		"group-name":  resource.One(func(g groupRow) string { return g.Name }),
		"description": resource.One(func(g groupRow) string { return g.Description }),
		"vpc-id":      resource.One(func(g groupRow) string { return g.VPC }),
		"owner-id":    resource.One(func(groupRow) string { return r.Account }),
	}
	r.ruleFields(known, "ip-permission.", false)
	r.ruleFields(known, "egress.ip-permission.", true)
	l := resource.Listing[groupRow]{
		ID: func(g groupRow) string { return g.ID }, Missing: missingGroup, Several: "The security groups '%s' do not exist", Fields: known,
	}
	rows, next, err := l.List(r.Registry, r.groups.All(), append(named, in.GroupIds...), in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSecurityGroupsOutput{NextToken: next}
	for _, row := range rows {
		out.SecurityGroups = append(out.SecurityGroups, r.showGroup(row))
	}
	return out, nil
}

// DeleteSecurityGroup deletes a group that no interface has and no rule of another group of its VPC names. Rules of peers'
// groups that name it are stale then
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html).
func (r *Room) DeleteSecurityGroup(ctx context.Context, in *ec2.DeleteSecurityGroupInput) (*ec2.DeleteSecurityGroupOutput, error) {
	if err := room.Only(in, "GroupId", "GroupName"); err != nil {
		return nil, err
	}
	id, err := r.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if err := resource.Required("groupId", id); err != nil {
		return nil, err
	}
	var vpc string
	err = r.Update(func(tx *store.Tx) error {
		g, ok := r.groups.GetTx(tx, *id)
		if !ok {
			return missingGroup(*id)
		}
		vpc = g.VPC
		if g.Name == "default" {
			return wire.Errorf("CannotDelete", "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", g.ID)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if r.groupInUse(tx, g.ID) {
			return wire.Errorf("DependencyViolation", "resource %s has a dependent object", g.ID)
		}
		return r.removeGroup(tx, g)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteSecurityGroupOutput{GroupId: id, Return: new(true)}, r.Sync(vpc)
}

func (r *Room) groupInUse(tx *store.Tx, id string) bool {
	for _, i := range r.interfaces.AllTx(tx) {
		if slices.Contains(i.Groups, id) {
			return true
		}
	}
	for _, g := range r.groups.AllTx(tx) {
		if g.ID != id && slices.ContainsFunc(g.Rules, func(x ruleRow) bool { return x.Group == id && x.Peering == "" }) {
			return true
		}
	}
	return false
}

func (r *Room) removeGroup(tx *store.Tx, g groupRow) error {
	for _, rule := range g.Rules {
		if err := r.DropTags(tx, rule.ID); err != nil {
			return err
		}
	}
	return r.Remove(tx, g.ID, r.groups.Delete)
}

// CheckGroups refuses groups that do not exist or are in another VPC, and more than the quota of five.
func (r *Room) CheckGroups(tx *store.Tx, vpc string, ids []string) error {
	if len(ids) > r.Quota(groupsPerInterface) {
		return wire.Errorf("SecurityGroupsPerInterfaceLimitExceeded", "You have exceeded the maximum number of security groups allowed per network interface.")
	}
	for _, id := range ids {
		g, ok := r.groups.GetTx(tx, id)
		if !ok {
			return missingGroup(id)
		}
		if g.VPC != vpc {
			return wire.Errorf("InvalidParameter", "Security group %s and subnet belong to different networks.", id)
		}
	}
	return nil
}

// CheckGroup refuses a security group that there is not.
func (r *Room) CheckGroup(id string) error {
	if _, ok := r.groups.Get(id); !ok {
		return missingGroup(id)
	}
	return nil
}

// DefaultGroup returns the group a VPC was made with.
func (r *Room) DefaultGroup(tx *store.Tx, vpc string) string {
	for _, g := range r.groups.AllTx(tx) {
		if g.VPC == vpc && g.Name == "default" {
			return g.ID
		}
	}
	return ""
}
