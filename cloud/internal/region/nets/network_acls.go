package nets

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

type aclRow struct {
	ID, VPC string
	Default bool
	Entries []aclEntryRow // by direction and number, egress first
}

var (
	aclKind = kinds.Add(resource.Kind[*Room]{
		Prefix: "acl", Tagged: ec2types.ResourceTypeNetworkAcl, Missing: missingACL,
		Exists: resource.Within(func(r *Room) *store.Table[aclRow] { return r.acls }),
		Keeps: resource.SomeOf(func(r *Room) *store.Table[aclRow] { return r.acls },
			func(a aclRow, vpc string) bool { return a.VPC == vpc && !a.Default }),
	})
	aclAssociationKind = kinds.Add(resource.Kind[*Room]{Prefix: "aclassoc"})
)

func missingACL(id string) error {
	return resource.Missing("acl-", id, "InvalidNetworkAclId.Malformed", "InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist")
}

// defaultACL is what a VPC comes with: it allows everything
// (https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html).
func defaultACL(v VPC) aclRow {
	return aclRow{ID: v.ACL, VPC: v.ID, Default: true, Entries: defaultEntries()}
}

// defaultEntries let everything of IPv4 out and in.
func defaultEntries() []aclEntryRow {
	all := aclEntryRow{Number: 100, Allow: true, Protocol: "-1", CIDR: "0.0.0.0/0"}
	out := all
	out.Egress = true
	return []aclEntryRow{out, all}
}

// completeACLs makes the default network ACLs of VPCs in states that older versions wrote, which had no rows.
func (r *Room) completeACLs() error {
	incomplete := slices.DeleteFunc(r.vpcs.All(), func(v VPC) bool { _, ok := r.acls.Get(v.ACL); return ok })
	if len(incomplete) == 0 {
		return nil
	}
	return r.Update(func(tx *store.Tx) error {
		for _, v := range incomplete {
			if err := r.acls.Put(tx, v.ACL, defaultACL(v)); err != nil {
				return err
			}
		}
		return nil
	})
}

// aclOf returns the id of the network ACL that governs a subnet: its own or its VPC's default one.
func (r *Room) aclOf(tx *store.Tx, s Subnet) string {
	if s.ACL != "" {
		return s.ACL
	}
	v, _ := r.vpcs.GetTx(tx, s.VPC)
	return v.ACL
}

// governed returns the subnets that a network ACL is associated with.
func (r *Room) governed(tx *store.Tx, acl aclRow) []Subnet {
	return slices.DeleteFunc(r.subnets.AllTx(tx), func(s Subnet) bool { return s.VPC != acl.VPC || r.aclOf(tx, s) != acl.ID })
}

// CreateNetworkAcl makes a network ACL that denies everything, in both directions, and governs no subnet yet.
func (r *Room) CreateNetworkAcl(ctx context.Context, in *ec2.CreateNetworkAclInput) (*ec2.CreateNetworkAclOutput, error) {
	if err := room.Only(in, "VpcId", "ClientToken", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return nil, err
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeNetworkAcl); err != nil {
		return nil, err
	}
	var id string
	err := r.Update(func(tx *store.Tx) (err error) {
		alive := func(id string) bool { _, ok := r.acls.GetTx(tx, id); return ok }
		id, err = r.Once(tx, "CreateNetworkAcl", in.ClientToken, in, alive, func() (string, error) { return r.putNewACL(tx, in) })
		return err
	})
	if err != nil {
		return nil, err
	}
	row, _ := r.acls.Get(id)
	acl := r.showACL(row)
	return &ec2.CreateNetworkAclOutput{NetworkAcl: &acl, ClientToken: in.ClientToken}, r.Sync(row.VPC)
}

func (r *Room) putNewACL(tx *store.Tx, in *ec2.CreateNetworkAclInput) (string, error) {
	row := aclRow{ID: aclKind.NewID(), VPC: *in.VpcId}
	if _, ok := r.vpcs.GetTx(tx, row.VPC); !ok {
		return "", missingVPC(row.VPC)
	}
	if len(slices.DeleteFunc(r.acls.AllTx(tx), func(a aclRow) bool { return a.VPC != row.VPC })) >= r.Quota(aclsPerVPC) {
		return "", wire.Errorf("NetworkAclLimitExceeded", "The maximum number of network ACLs has been reached.")
	}
	if err := room.DryRun(in); err != nil {
		return "", err
	}
	if err := r.acls.Put(tx, row.ID, row); err != nil {
		return "", err
	}
	return row.ID, r.TagNew(tx, in.TagSpecifications, row.ID)
}

func (r *Room) showACL(row aclRow) ec2types.NetworkAcl {
	acl := ec2types.NetworkAcl{
		NetworkAclId: new(row.ID), VpcId: new(row.VPC), IsDefault: new(row.Default), OwnerId: new(r.Account), Tags: room.Listed(r.Tags(row.ID)),
		Associations: []ec2types.NetworkAclAssociation{},
	}
	for _, e := range r.entriesOf(row) {
		acl.Entries = append(acl.Entries, e.show())
	}
	for _, s := range r.governed(nil, row) {
		acl.Associations = append(acl.Associations, ec2types.NetworkAclAssociation{
			NetworkAclAssociationId: new(s.ACLAssociation), NetworkAclId: new(row.ID), SubnetId: new(s.ID),
		})
	}
	return acl
}

// aclFields are the filters of
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html.
func (r *Room) aclFields() resource.Fields[aclRow] {
	known := resource.Fields[aclRow]{
		"network-acl-id": resource.One(func(a aclRow) string { return a.ID }), "vpc-id": resource.One(func(a aclRow) string { return a.VPC }),
		"default": resource.Boolean(func(a aclRow) bool { return a.Default }), "owner-id": resource.One(func(aclRow) string { return r.Account }),
		"association.network-acl-id": func(a aclRow) []string {
			if len(r.governed(nil, a)) == 0 {
				return nil
			}
			return []string{a.ID}
		},
	}
	for name, value := range map[string]func(Subnet) string{
		"association.subnet-id":      func(s Subnet) string { return s.ID },
		"association.association-id": func(s Subnet) string { return s.ACLAssociation },
	} {
		known[name] = func(a aclRow) (all []string) {
			for _, s := range r.governed(nil, a) {
				all = append(all, value(s))
			}
			return all
		}
	}
	for name, value := range map[string]func(aclEntryRow) string{
		"cidr": func(e aclEntryRow) string { return e.CIDR }, "ipv6-cidr": func(e aclEntryRow) string { return e.CIDR6 },
		"egress":          func(e aclEntryRow) string { return strconv.FormatBool(e.Egress) },
		"rule-action":     func(e aclEntryRow) string { return string(e.action()) },
		"rule-number":     func(e aclEntryRow) string { return strconv.Itoa(int(e.Number)) },
		"protocol":        aclEntryRow.protocolName,
		"port-range.from": func(e aclEntryRow) string { return e.number(e.From, hasPorts) },
		"port-range.to":   func(e aclEntryRow) string { return e.number(e.To, hasPorts) },
		"icmp.type":       func(e aclEntryRow) string { return e.number(e.From, hasTypes) },
		"icmp.code":       func(e aclEntryRow) string { return e.number(e.To, hasTypes) },
	} {
		known["entry."+name] = func(a aclRow) (all []string) {
			for _, e := range r.entriesOf(a) {
				if v := value(e); v != "" {
					all = append(all, v)
				}
			}
			return all
		}
	}
	return known
}

// DescribeNetworkAcls lists network ACLs.
func (r *Room) DescribeNetworkAcls(ctx context.Context, in *ec2.DescribeNetworkAclsInput) (*ec2.DescribeNetworkAclsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NetworkAclIds", "NextToken"); err != nil {
		return nil, err
	}
	l := resource.Listing[aclRow]{ID: func(a aclRow) string { return a.ID }, Missing: missingACL, Fields: r.aclFields()}
	rows, next, err := l.List(r.Registry, r.acls.All(), in.NetworkAclIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkAclsOutput{NextToken: next}
	for _, row := range rows {
		out.NetworkAcls = append(out.NetworkAcls, r.showACL(row))
	}
	return out, nil
}

// ReplaceNetworkAclAssociation puts a subnet under another network ACL of its VPC: a subnet always has one.
func (r *Room) ReplaceNetworkAclAssociation(ctx context.Context, in *ec2.ReplaceNetworkAclAssociationInput) (*ec2.ReplaceNetworkAclAssociationOutput, error) {
	if err := room.Only(in, "AssociationId", "NetworkAclId"); err != nil {
		return nil, err
	}
	if err := resource.Required("associationId", in.AssociationId); err != nil {
		return nil, err
	}
	var id, vpc string
	err := r.changeACL(in.NetworkAclId, in, func(tx *store.Tx, acl *aclRow) error {
		all := r.subnets.AllTx(tx)
		at := slices.IndexFunc(all, func(s Subnet) bool { return s.ACLAssociation == *in.AssociationId })
		if at < 0 {
			return wire.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", *in.AssociationId)
		}
		subnet := all[at]
		if id, vpc = subnet.ACLAssociation, subnet.VPC; vpc != acl.VPC {
			return wire.Errorf("InvalidParameterValue", "networkAcl %s and subnet %s belong to different networks", acl.ID, subnet.ID)
		}
		if r.aclOf(tx, subnet) == acl.ID {
			return nil // the same again changes nothing: the operation is idempotent
		}
		id = aclAssociationKind.NewID()
		subnet.ACL, subnet.ACLAssociation = acl.ID, id
		return r.subnets.Put(tx, subnet.ID, subnet)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.ReplaceNetworkAclAssociationOutput{NewAssociationId: &id}, nil
}

// DeleteNetworkAcl deletes a network ACL that governs no subnet.
func (r *Room) DeleteNetworkAcl(ctx context.Context, in *ec2.DeleteNetworkAclInput) (*ec2.DeleteNetworkAclOutput, error) {
	if err := room.Only(in, "NetworkAclId"); err != nil {
		return nil, err
	}
	if err := resource.Required("networkAclId", in.NetworkAclId); err != nil {
		return nil, err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.acls.GetTx(tx, *in.NetworkAclId)
		if !ok {
			return missingACL(*in.NetworkAclId)
		}
		if row.Default {
			return wire.Errorf("InvalidParameterValue", "cannot delete default network ACL %s", row.ID)
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		if len(r.governed(tx, row)) > 0 {
			return wire.Errorf("DependencyViolation", "The networkAcl '%s' has dependencies and cannot be deleted.", row.ID)
		}
		vpc = row.VPC
		return r.Remove(tx, row.ID, r.acls.Delete)
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DeleteNetworkAclOutput{}, r.Sync(vpc)
}

// changeACL changes a network ACL, or what it governs, and brings its VPC to it.
func (r *Room) changeACL(id *string, in any, change func(*store.Tx, *aclRow) error) error {
	if err := resource.Required("networkAclId", id); err != nil {
		return err
	}
	var vpc string
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.acls.GetTx(tx, *id)
		if !ok {
			return missingACL(*id)
		}
		vpc, row.Entries = row.VPC, slices.Clone(row.Entries)
		if err := change(tx, &row); err != nil {
			return err
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		return r.acls.Put(tx, row.ID, row)
	})
	if err != nil {
		return err
	}
	return r.Sync(vpc)
}

// aclSpecs are a VPC's network ACLs for the fabric.
func (r *Room) aclSpecs(vpc string) (specs []network.NetworkACL) {
	for _, row := range r.acls.All() {
		if row.VPC == vpc {
			specs = append(specs, row.spec())
		}
	}
	return specs
}
