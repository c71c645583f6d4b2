package region_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestProviderWalksPrefixLists(t *testing.T) {
	runWalks(t, []walk{{
		resource: "aws_ec2_managed_prefix_list", gone: []string{"InvalidPrefixListID.NotFound"}, read: (*provider).readPrefixList,
		create: func(p *provider) string {
			out := roomtest.Must(p.CreateManagedPrefixList(p.T.Context(), &ec2.CreateManagedPrefixListInput{
				AddressFamily: new("IPv4"), MaxEntries: new(int32(3)), PrefixListName: new("walk"), ClientToken: new("terraform-5"),
				Entries:           []ec2types.AddPrefixListEntry{{Cidr: new("10.1.0.0/16"), Description: new("a")}, {Cidr: new("10.2.0.0/16")}},
				TagSpecifications: tagged("prefix-list"),
			}))(p.T)
			p.awaitPrefixList(*out.PrefixList.PrefixListId, ec2types.PrefixListStateCreateComplete)
			return *out.PrefixList.PrefixListId
		},
		update: (*provider).updatePrefixList,
		destroy: func(p *provider, id string) {
			roomtest.Must(p.DeleteManagedPrefixList(p.T.Context(), &ec2.DeleteManagedPrefixListInput{PrefixListId: &id}))(p.T)
		},
	}})
}

func (p *provider) awaitPrefixList(id string, state ec2types.PrefixListState) {
	p.T.Helper()
	p.Await("prefix list "+id+" "+string(state), func() bool {
		out := roomtest.Must(p.DescribeManagedPrefixLists(p.T.Context(), &ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{id}}))(p.T)
		return only(p, out.PrefixLists).State == state
	})
}

func (p *provider) readPrefixList(id string) (any, error) {
	out, err := p.DescribeManagedPrefixLists(p.T.Context(), &ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{id}})
	if err != nil {
		return nil, err
	}
	list := there(p, "the list", only(p, out.PrefixLists))
	there(p, "Version", list.Version)
	there(p, "PrefixListArn", list.PrefixListArn)
	entries := roomtest.Must(p.GetManagedPrefixListEntries(p.T.Context(), &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &id}))(p.T)
	return []any{list, entries.Entries}, nil
}

// updatePrefixList raises the size, changes a description, which takes two calls, and exchanges an entry: never two of these in one call.
func (p *provider) updatePrefixList(id string) {
	ctx := p.T.Context()
	version := func() *int64 {
		p.awaitModified(id)
		out := roomtest.Must(p.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{id}}))(p.T)
		return only(p, out.PrefixLists).Version
	}
	modify := func(in ec2.ModifyManagedPrefixListInput) {
		in.PrefixListId = &id
		roomtest.Must(p.ModifyManagedPrefixList(ctx, &in))(p.T)
	}
	modify(ec2.ModifyManagedPrefixListInput{MaxEntries: new(int32(5))})
	modify(ec2.ModifyManagedPrefixListInput{CurrentVersion: version(), RemoveEntries: []ec2types.RemovePrefixListEntry{{Cidr: new("10.1.0.0/16")}}})
	modify(ec2.ModifyManagedPrefixListInput{
		CurrentVersion: version(), PrefixListName: new("walk"), RemoveEntries: []ec2types.RemovePrefixListEntry{{Cidr: new("10.2.0.0/16")}},
		AddEntries: []ec2types.AddPrefixListEntry{{Cidr: new("10.1.0.0/16"), Description: new("b")}, {Cidr: new("10.3.0.0/16")}},
	})
	p.awaitModified(id)
}

func (p *provider) awaitModified(id string) {
	p.T.Helper()
	p.awaitPrefixList(id, ec2types.PrefixListStateModifyComplete)
}
