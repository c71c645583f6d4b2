package nets

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Quotas of prefix lists (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-prefix-lists).
const (
	maxPrefixLists    = 100
	maxPrefixEntries  = 1000
	maxPrefixVersions = 1000
	maxPrefixChanges  = 100 // entries added, and entries removed, by one call
)

// CreateManagedPrefixList makes a prefix list of ranges of one family.
func (r *Room) CreateManagedPrefixList(ctx context.Context, in *ec2.CreateManagedPrefixListInput) (*ec2.CreateManagedPrefixListOutput, error) {
	if err := room.Only(in, "AddressFamily", "ClientToken", "Entries", "MaxEntries", "PrefixListName", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := cmp.Or(resource.Required("prefixListName", in.PrefixListName), resource.Required("addressFamily", in.AddressFamily)); err != nil {
		return nil, err
	}
	switch {
	case *in.AddressFamily != "IPv4" && *in.AddressFamily != "IPv6":
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter AddressFamily is invalid.", *in.AddressFamily)
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypePrefixList); err != nil {
		return nil, err
	}
	row := prefixListRow{
		ID: prefixListKind.NewID(), Name: *in.PrefixListName, IPv6: *in.AddressFamily == "IPv6",
		Max: room.Deref(in.MaxEntries), State: ec2types.PrefixListStateCreateComplete,
	}
	entries, err := changeEntries(row, in.Entries, nil)
	if err != nil {
		return nil, err
	}
	row.Versions = [][]prefixEntry{entries}
	if err := cmp.Or(checkListName(row.Name), row.check()); err != nil {
		return nil, err
	}
	err = r.Update(func(tx *store.Tx) error {
		if len(r.prefixLists.AllTx(tx)) >= maxPrefixLists {
			return wire.Errorf("PrefixListLimitExceeded", "The maximum number of prefix lists has been reached.")
		}
		if err := room.DryRun(in); err != nil {
			return err
		}
		alive := func(id string) bool { _, ok := r.prefixLists.GetTx(tx, id); return ok }
		id, err := r.Once(tx, "CreateManagedPrefixList", in.ClientToken, in, alive, func() (string, error) {
			return row.ID, cmp.Or(r.prefixLists.Put(tx, row.ID, row), r.TagNew(tx, in.TagSpecifications, row.ID))
		})
		if err == nil {
			row, _ = r.prefixLists.GetTx(tx, id)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	row.State = ec2types.PrefixListStateCreateInProgress // in the answer only
	return &ec2.CreateManagedPrefixListOutput{PrefixList: new(r.showPrefixList(row))}, nil
}

func checkListName(name string) error {
	if strings.HasPrefix(name, "com.amazonaws") || len(name) > 255 {
		return wire.Errorf("InvalidParameterValue",
			"Value (%s) for parameter PrefixListName is invalid. It may have 255 characters and cannot start with com.amazonaws.", name)
	}
	return nil
}

// check holds the entries in use against the list's size.
func (p prefixListRow) check() error {
	if p.Max < 1 || p.Max > maxPrefixEntries {
		return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter MaxEntries is invalid. It may be from 1 to %d.", p.Max, maxPrefixEntries)
	}
	if n := len(p.entries()); n > int(p.Max) {
		return wire.Errorf("PrefixListMaxEntriesExceeded", "The prefix list has %d entries and may have %d.", n, p.Max)
	}
	return nil
}

// changeEntries returns a list's entries after a change: an entry that is added again has the new description.
func changeEntries(list prefixListRow, add []ec2types.AddPrefixListEntry, remove []ec2types.RemovePrefixListEntry) ([]prefixEntry, error) {
	entries := slices.Clone(list.entries())
	if len(add) > maxPrefixChanges || len(remove) > maxPrefixChanges {
		return nil, wire.Errorf("InvalidParameterValue", "The request cannot contain more than %d entry additions or removals.", maxPrefixChanges)
	}
	find := func(cidr string) int {
		return slices.IndexFunc(entries, func(e prefixEntry) bool { return e.CIDR == cidr })
	}
	for _, x := range remove {
		cidr, ok := canonical(room.Deref(x.Cidr), !list.IPv6)
		at := find(cidr)
		if !ok || at < 0 {
			return nil, wire.Errorf("InvalidPrefixListModification", "The entry %s does not exist.", room.Deref(x.Cidr))
		}
		entries = slices.Delete(entries, at, at+1)
	}
	for _, x := range add {
		cidr, ok := canonical(room.Deref(x.Cidr), !list.IPv6)
		if !ok {
			return nil, wire.Errorf("InvalidParameterValue", "The CIDR %s is invalid.", room.Deref(x.Cidr))
		}
		if at := find(cidr); at >= 0 {
			entries[at].Description = room.Deref(x.Description)
			continue
		}
		entries = append(entries, prefixEntry{cidr, room.Deref(x.Description)})
	}
	return entries, nil
}

// changeList changes a customer's list and brings all VPCs to it that name it. The answer's state is still the one in progress.
func (r *Room) changeList(id *string, in any, change func(tx *store.Tx, row *prefixListRow) error) (row prefixListRow, err error) {
	if err := resource.Required("prefixListId", id); err != nil {
		return row, err
	}
	var uses []prefixListUse
	err = r.Update(func(tx *store.Tx) error {
		var ok bool
		if row, ok = r.prefixList(tx, *id); !ok {
			return missingPrefixList(*id)
		}
		if len(row.Versions) == 0 {
			return wire.Errorf("OperationNotPermitted", "The prefix list %s is AWS's own and cannot be changed.", row.ID)
		}
		uses = r.prefixListUses(tx, *id)
		row.Versions = slices.Clone(row.Versions)
		if err := cmp.Or(change(tx, &row), room.DryRun(in)); err != nil {
			return err
		}
		return r.prefixLists.Put(tx, row.ID, row)
	})
	for n, use := range uses {
		if err == nil && !slices.ContainsFunc(uses[:n], func(u prefixListUse) bool { return u.vpc == use.vpc }) {
			err = r.Sync(use.vpc)
		}
	}
	return row, err
}

func (p prefixListRow) current(version *int64) error {
	if version != nil && *version != p.version() {
		return wire.Errorf("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")
	}
	return nil
}

// newVersion makes entries those in use.
func (p *prefixListRow) newVersion(entries []prefixEntry) error {
	if len(p.Versions) >= maxPrefixVersions {
		return wire.Errorf("PrefixListVersionLimitExceeded", "The maximum number of versions has been reached for the prefix list %s.", p.ID)
	}
	p.Versions = append(p.Versions, entries)
	return p.check()
}

// ModifyManagedPrefixList changes a list's name, size or entries; the last makes a new version, and is refused where the list is
// not at the version that the caller knows (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html).
func (r *Room) ModifyManagedPrefixList(ctx context.Context, in *ec2.ModifyManagedPrefixListInput) (*ec2.ModifyManagedPrefixListOutput, error) {
	if err := room.Only(in, "AddEntries", "CurrentVersion", "MaxEntries", "PrefixListId", "PrefixListName", "RemoveEntries"); err != nil {
		return nil, err
	}
	changes := len(in.AddEntries)+len(in.RemoveEntries) > 0
	switch {
	case changes && in.MaxEntries != nil:
		return nil, wire.Errorf("InvalidParameterCombination", "The entries and the size of a prefix list cannot be modified in one request.")
	case changes && in.CurrentVersion == nil:
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter CurrentVersion")
	}
	row, err := r.changeList(in.PrefixListId, in, func(tx *store.Tx, row *prefixListRow) error {
		if err := row.current(in.CurrentVersion); err != nil {
			return err
		}
		row.Name, row.Max = cmp.Or(room.Deref(in.PrefixListName), row.Name), cmp.Or(room.Deref(in.MaxEntries), row.Max)
		row.State = ec2types.PrefixListStateModifyComplete
		if !changes {
			return cmp.Or(checkListName(row.Name), row.check())
		}
		entries, err := changeEntries(*row, in.AddEntries, in.RemoveEntries)
		if err != nil {
			return err
		}
		return cmp.Or(checkListName(row.Name), row.newVersion(entries))
	})
	if err != nil {
		return nil, err
	}
	row.State = ec2types.PrefixListStateModifyInProgress
	return &ec2.ModifyManagedPrefixListOutput{PrefixList: new(r.showPrefixList(row))}, nil
}

// RestoreManagedPrefixListVersion makes a new version of the entries of an earlier one.
func (r *Room) RestoreManagedPrefixListVersion(
	ctx context.Context, in *ec2.RestoreManagedPrefixListVersionInput,
) (*ec2.RestoreManagedPrefixListVersionOutput, error) {
	if err := room.Only(in, "CurrentVersion", "PrefixListId", "PreviousVersion"); err != nil {
		return nil, err
	}
	row, err := r.changeList(in.PrefixListId, in, func(tx *store.Tx, row *prefixListRow) error {
		entries, err := row.at(in.PreviousVersion)
		if err := cmp.Or(row.current(in.CurrentVersion), err); err != nil {
			return err
		}
		row.State = ec2types.PrefixListStateRestoreComplete
		return row.newVersion(entries)
	})
	if err != nil {
		return nil, err
	}
	row.State = ec2types.PrefixListStateRestoreInProgress
	return &ec2.RestoreManagedPrefixListVersionOutput{PrefixList: new(r.showPrefixList(row))}, nil
}

// at returns the entries of a version; of the one in use where none is named.
func (p prefixListRow) at(version *int64) ([]prefixEntry, error) {
	if version == nil {
		return p.entries(), nil
	}
	if *version < 1 || *version > p.version() {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%d) for parameter version is invalid: the prefix list %s has no such version.", *version, p.ID)
	}
	return p.Versions[*version-1], nil
}

// DeleteManagedPrefixList deletes a list that nothing names.
func (r *Room) DeleteManagedPrefixList(ctx context.Context, in *ec2.DeleteManagedPrefixListInput) (*ec2.DeleteManagedPrefixListOutput, error) {
	if err := room.Only(in, "PrefixListId"); err != nil {
		return nil, err
	}
	if err := resource.Required("prefixListId", in.PrefixListId); err != nil {
		return nil, err
	}
	var row prefixListRow
	err := r.Update(func(tx *store.Tx) (err error) {
		if row, err = room.Find(tx, r.prefixLists, *in.PrefixListId, missingPrefixList); err != nil {
			return err
		}
		if len(r.prefixListUses(tx, row.ID)) > 0 {
			return wire.Errorf("DependencyViolation", "The prefix list '%s' has dependencies and cannot be deleted.", row.ID)
		}
		return cmp.Or(room.DryRun(in), r.Remove(tx, row.ID, r.prefixLists.Delete))
	})
	if err != nil {
		return nil, err
	}
	row.State = ec2types.PrefixListStateDeleteInProgress
	return &ec2.DeleteManagedPrefixListOutput{PrefixList: new(r.showPrefixList(row))}, nil
}
