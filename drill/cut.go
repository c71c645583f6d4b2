package drill

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
)

// cut is a network ACL that a drill associates with all subnets of a region. A new network ACL denies everything in both
// directions ("Custom network ACLs", Amazon VPC User Guide), also packets of established connections. One of a part of all packets
// denies some ranges alone, or all but some.
type cut struct {
	Deny []string `json:"deny,omitempty"` // what comes from these ranges, and nothing else
	Only []string `json:"only,omitempty"` // come in from these ranges, and all goes out

	VPC  string            `json:"vpc"`
	Mark string            `json:"mark"` // the drill's network ACL is known by this tag
	ACLs map[string]string `json:"acls"` // a subnet's own network ACL
}

// tagCut marks the network ACL that a drill made.
const tagCut = "understudy:drill"

// prepareCut reads which network ACLs the subnets have.
func prepareCut(ctx context.Context, c *ec2.Client, p Parts) (*cut, error) {
	u := &cut{VPC: p.VPC, Mark: rand.Text(), ACLs: map[string]string{}}
	pages := ec2.NewDescribeNetworkAclsPaginator(c, &ec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{account.Filter("vpc-id", p.VPC)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe network ACLs of %s: %w", p.VPC, err)
		}
		for _, acl := range page.NetworkAcls {
			for _, a := range acl.Associations {
				for _, subnet := range p.Subnets {
					if aws.ToString(a.SubnetId) == subnet {
						u.ACLs[subnet] = aws.ToString(acl.NetworkAclId)
					}
				}
			}
		}
	}
	return u, nil
}

// make associates the network ACL. If the endpoint cannot make one, the note says what was not cut.
func (u *cut) make(ctx context.Context, c *ec2.Client) (note string, err error) {
	tags := account.Tags{"Name": "understudy drill", tagCut: u.Mark}
	made, err := c.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{
		VpcId: &u.VPC, ClientToken: aws.String(account.Token("cut", u.Mark)), TagSpecifications: tags.EC2(ec2types.ResourceTypeNetworkAcl),
	})
	if account.IsUnsupported(err) {
		return fmt.Sprintf("established connections were not cut: this endpoint makes no network ACLs (CreateNetworkAcl: %s), "+
			"and security groups do not end tracked connections", account.Code(err)), nil
	}
	if err != nil {
		return "", fmt.Errorf("create a network ACL in %s: %w", u.VPC, err)
	}
	if err := u.fill(ctx, c, aws.ToString(made.NetworkAcl.NetworkAclId)); err != nil {
		return "", err
	}
	held, err := u.associations(ctx, c, account.Filter("vpc-id", u.VPC))
	if err != nil {
		return "", err
	}
	for _, a := range held {
		if _, ours := u.ACLs[aws.ToString(a.SubnetId)]; !ours {
			continue
		}
		if err := replace(ctx, c, a, aws.ToString(made.NetworkAcl.NetworkAclId)); err != nil {
			return "", err
		}
	}
	return "", nil
}

// fill makes the entries of a network ACL that denies a part.
func (u *cut) fill(ctx context.Context, c *ec2.Client, acl string) error {
	for n, e := range u.entries() {
		e.NetworkAclId, e.RuleNumber, e.Protocol = &acl, aws.Int32(int32(n+1)), aws.String("-1")
		if _, err := c.CreateNetworkAclEntry(ctx, &e); err != nil {
			return fmt.Errorf("create an entry of network ACL %s for %s: %w", acl, cmp.Or(aws.ToString(e.CidrBlock), aws.ToString(e.Ipv6CidrBlock)), err)
		}
	}
	return nil
}

// entries are in the order in which they are taken: the first one that fits decides.
func (u *cut) entries() (all []ec2.CreateNetworkAclEntryInput) {
	add := func(action ec2types.RuleAction, egress bool, ranges ...string) {
		for _, r := range ranges {
			e := ec2.CreateNetworkAclEntryInput{RuleAction: action, Egress: &egress, CidrBlock: &r}
			if strings.Contains(r, ":") {
				e.CidrBlock, e.Ipv6CidrBlock = nil, &r
			}
			all = append(all, e)
		}
	}
	everywhere := []string{"0.0.0.0/0", "::/0"}
	switch {
	case len(u.Deny) > 0:
		add(ec2types.RuleActionDeny, false, u.Deny...)
		add(ec2types.RuleActionAllow, false, everywhere...)
	case len(u.Only) > 0:
		add(ec2types.RuleActionAllow, false, u.Only...)
	default:
		return nil
	}
	add(ec2types.RuleActionAllow, true, everywhere...)
	return all
}

// mend associates the subnets with their own network ACLs again, and deletes the drill's.
func (u *cut) mend(ctx context.Context, c *ec2.Client) error {
	if u == nil {
		return nil // the journal is of an older version
	}
	made, err := c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{account.Filter("tag:"+tagCut, u.Mark)}})
	if err != nil {
		return fmt.Errorf("describe the drill's network ACL: %w", err)
	}
	for _, acl := range made.NetworkAcls {
		for _, a := range acl.Associations {
			if err := u.giveBack(ctx, c, a); err != nil {
				return err
			}
		}
		if _, err := c.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: acl.NetworkAclId}); err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete network ACL %s: %w", aws.ToString(acl.NetworkAclId), err)
		}
	}
	return nil
}

// giveBack associates a subnet with the network ACL that it had or, if that was deleted, with its VPC's default one.
func (u *cut) giveBack(ctx context.Context, c *ec2.Client, a ec2types.NetworkAclAssociation) error {
	if was := u.ACLs[aws.ToString(a.SubnetId)]; was != "" {
		if err := replace(ctx, c, a, was); !account.IsNotFound(err) {
			return err
		}
	}
	of := []ec2types.Filter{account.Filter("vpc-id", u.VPC), account.Filter("default", "true")}
	out, err := c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: of})
	if err != nil || len(out.NetworkAcls) == 0 {
		return fmt.Errorf("find the default network ACL of %s: %w", u.VPC, err)
	}
	return replace(ctx, c, a, aws.ToString(out.NetworkAcls[0].NetworkAclId))
}

func (u *cut) associations(ctx context.Context, c *ec2.Client, filter ec2types.Filter) ([]ec2types.NetworkAclAssociation, error) {
	var all []ec2types.NetworkAclAssociation
	pages := ec2.NewDescribeNetworkAclsPaginator(c, &ec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{filter}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe network ACLs: %w", err)
		}
		for _, acl := range page.NetworkAcls {
			all = append(all, acl.Associations...)
		}
	}
	return all, nil
}

func replace(ctx context.Context, c *ec2.Client, a ec2types.NetworkAclAssociation, acl string) error {
	_, err := c.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: a.NetworkAclAssociationId, NetworkAclId: &acl})
	if err != nil {
		return fmt.Errorf("associate subnet %s with network ACL %s: %w", aws.ToString(a.SubnetId), acl, err)
	}
	return nil
}
