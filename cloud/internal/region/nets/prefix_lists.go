package nets

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// prefixListRow is a customer's managed prefix list
// (https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html).
type prefixListRow struct {
	ID, Name string
	IPv6     bool // its ranges are of IPv6
	Max      int32
	State    ec2types.PrefixListState
	Versions [][]prefixEntry // the first is version 1, the last the one in use
}

type prefixEntry struct{ CIDR, Description string }

var prefixListKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "pl", Tagged: ec2types.ResourceTypePrefixList, Missing: missingPrefixList,
	Exists: resource.Within(func(r *Room) *store.Table[prefixListRow] { return r.prefixLists }),
})

func missingPrefixList(id string) error {
	return resource.Missing("pl-", id, "InvalidPrefixListId.Malformed", "InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist")
}

func (p prefixListRow) version() int64 { return int64(len(p.Versions)) }

// entries are those in use.
func (p prefixListRow) entries() []prefixEntry {
	if len(p.Versions) == 0 {
		return nil
	}
	return p.Versions[len(p.Versions)-1]
}

// awsPrefixLists are AWS's own: of the services that gateway endpoints lead to. There are none of these services here, so the
// lists are empty; their ids are this cloud's own.
func (r *Room) awsPrefixLists() (all []prefixListRow) {
	for _, service := range []string{"dynamodb", "s3"} {
		name := "com.amazonaws." + r.Region + "." + service
		sum := sha256.Sum256([]byte(name))
		all = append(all, prefixListRow{ID: prefixListKind.Prefix + "-" + hex.EncodeToString(sum[:4]), Name: name, State: ec2types.PrefixListStateCreateComplete})
	}
	return all
}

// prefixList returns a list, a customer's or AWS's.
func (r *Room) prefixList(tx *store.Tx, id string) (prefixListRow, bool) {
	if row, ok := r.prefixLists.GetTx(tx, id); ok {
		return row, true
	}
	own := r.awsPrefixLists()
	if at := slices.IndexFunc(own, func(p prefixListRow) bool { return p.ID == id }); at >= 0 {
		return own[at], true
	}
	return prefixListRow{}, false
}

// family is that of the list's ranges.
func (p prefixListRow) family() string {
	if p.IPv6 {
		return "IPv6"
	}
	return "IPv4"
}

// prefixesOf returns the ranges of a list; none of one that is gone.
func (r *Room) prefixesOf(id string) (all []netip.Prefix) {
	row, _ := r.prefixList(nil, id)
	for _, e := range row.entries() {
		all = append(all, netip.MustParsePrefix(e.CIDR))
	}
	return all
}

// listsWeight is what a reference to a list counts towards the quotas of route tables and security groups: all that it may
// have.
func (r *Room) listWeight(tx *store.Tx, id string) int {
	row, _ := r.prefixList(tx, id)
	return max(1, int(row.Max))
}

// prefixListUse is a route table or a security group that names a list.
type prefixListUse struct{ resource, vpc string }

func (r *Room) prefixListUses(tx *store.Tx, id string) (all []prefixListUse) {
	for _, t := range r.routeTables.AllTx(tx) {
		if t.find(id) >= 0 {
			all = append(all, prefixListUse{t.ID, t.VPC})
		}
	}
	for _, g := range r.groups.AllTx(tx) {
		if slices.ContainsFunc(g.Rules, func(x ruleRow) bool { return x.List == id }) {
			all = append(all, prefixListUse{g.ID, g.VPC})
		}
	}
	return all
}

func (r *Room) showPrefixList(row prefixListRow) ec2types.ManagedPrefixList {
	out := ec2types.ManagedPrefixList{
		PrefixListId: new(row.ID), PrefixListName: new(row.Name), State: row.State, AddressFamily: new(row.family()), Tags: r.Tags(row.ID),
	}
	if len(row.Versions) == 0 { // AWS's have neither a size nor versions
		out.OwnerId, out.PrefixListArn = new("AWS"), new("arn:aws:ec2:"+r.Region+":aws:prefix-list/"+row.ID)
		return out
	}
	out.OwnerId, out.PrefixListArn = new(r.Account), new(r.ARN("ec2", "prefix-list/"+row.ID))
	out.MaxEntries, out.Version, out.Tags = new(row.Max), new(row.version()), room.Listed(r.Tags(row.ID))
	return out
}
