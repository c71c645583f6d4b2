package nets

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

// DescribeManagedPrefixLists lists the customer's prefix lists and AWS's.
func (r *Room) DescribeManagedPrefixLists(ctx context.Context, in *ec2.DescribeManagedPrefixListsInput) (*ec2.DescribeManagedPrefixListsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "PrefixListIds"); err != nil {
		return nil, err
	}
	l := resource.Listing[prefixListRow]{
		ID: func(p prefixListRow) string { return p.ID }, Missing: missingPrefixList, Min: 1, Max: 100,
		Fields: resource.Fields[prefixListRow]{
			"owner-id":         resource.One(func(p prefixListRow) string { return *r.showPrefixList(p).OwnerId }),
			"prefix-list-id":   resource.One(func(p prefixListRow) string { return p.ID }),
			"prefix-list-name": resource.One(func(p prefixListRow) string { return p.Name }),
		},
	}
	rows, next, err := l.List(r.Registry, append(r.prefixLists.All(), r.awsPrefixLists()...), in.PrefixListIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeManagedPrefixListsOutput{NextToken: next, PrefixLists: []ec2types.ManagedPrefixList{}}
	for _, row := range rows {
		out.PrefixLists = append(out.PrefixLists, r.showPrefixList(row))
	}
	return out, nil
}

// DescribePrefixLists lists AWS's own prefix lists, with what they contain: nothing.
func (r *Room) DescribePrefixLists(ctx context.Context, in *ec2.DescribePrefixListsInput) (*ec2.DescribePrefixListsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "PrefixListIds"); err != nil {
		return nil, err
	}
	l := resource.Listing[prefixListRow]{
		ID: func(p prefixListRow) string { return p.ID }, Missing: missingPrefixList,
		Fields: resource.Fields[prefixListRow]{
			"prefix-list-id":   resource.One(func(p prefixListRow) string { return p.ID }),
			"prefix-list-name": resource.One(func(p prefixListRow) string { return p.Name }),
		},
	}
	rows, next, err := l.List(r.Registry, r.awsPrefixLists(), in.PrefixListIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribePrefixListsOutput{NextToken: next, PrefixLists: []ec2types.PrefixList{}}
	for _, row := range rows {
		out.PrefixLists = append(out.PrefixLists, ec2types.PrefixList{PrefixListId: new(row.ID), PrefixListName: new(row.Name), Cidrs: []string{}})
	}
	return out, nil
}

// GetManagedPrefixListEntries lists the entries of a list, in use or of an earlier version.
func (r *Room) GetManagedPrefixListEntries(ctx context.Context, in *ec2.GetManagedPrefixListEntriesInput) (*ec2.GetManagedPrefixListEntriesOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "PrefixListId", "TargetVersion"); err != nil {
		return nil, err
	}
	if err := resource.Required("prefixListId", in.PrefixListId); err != nil {
		return nil, err
	}
	row, ok := r.prefixList(nil, *in.PrefixListId)
	if !ok {
		return nil, missingPrefixList(*in.PrefixListId)
	}
	entries, err := row.at(in.TargetVersion)
	if err != nil {
		return nil, err
	}
	entries, next, err := resource.Page(slices.Clone(entries), func(e prefixEntry) string { return e.CIDR }, in.MaxResults, in.NextToken, 1, 100)
	if err != nil {
		return nil, err
	}
	out := &ec2.GetManagedPrefixListEntriesOutput{NextToken: next, Entries: []ec2types.PrefixListEntry{}}
	for _, e := range entries {
		out.Entries = append(out.Entries, ec2types.PrefixListEntry{Cidr: new(e.CIDR), Description: room.Some(e.Description)})
	}
	return out, nil
}

// GetManagedPrefixListAssociations lists what names a list.
func (r *Room) GetManagedPrefixListAssociations(
	ctx context.Context, in *ec2.GetManagedPrefixListAssociationsInput,
) (*ec2.GetManagedPrefixListAssociationsOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "PrefixListId"); err != nil {
		return nil, err
	}
	if err := resource.Required("prefixListId", in.PrefixListId); err != nil {
		return nil, err
	}
	if _, ok := r.prefixList(nil, *in.PrefixListId); !ok {
		return nil, missingPrefixList(*in.PrefixListId)
	}
	uses := r.prefixListUses(nil, *in.PrefixListId)
	uses, next, err := resource.Page(uses, func(u prefixListUse) string { return u.resource }, in.MaxResults, in.NextToken, 5, 255)
	if err != nil {
		return nil, err
	}
	out := &ec2.GetManagedPrefixListAssociationsOutput{NextToken: next, PrefixListAssociations: []ec2types.PrefixListAssociation{}}
	for _, use := range uses {
		out.PrefixListAssociations = append(out.PrefixListAssociations, ec2types.PrefixListAssociation{ResourceId: new(use.resource), ResourceOwner: new(r.Account)})
	}
	return out, nil
}
