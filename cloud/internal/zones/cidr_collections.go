package zones

import (
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/routing"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The quotas of CIDR collections (Developer Guide, DNSLimitations).
const (
	maxCollections = 5
	maxCIDRBlocks  = 1000 // of a collection, and of one change
)

func (c collection) arn() *string { return aws.String("arn:aws:route53:::cidrcollection/" + c.ID) }

func noCollection(id string) error {
	return request.NotFound("NoSuchCidrCollectionException", "The CIDR collection with ID %s doesn't exist.", id)
}

func (r *Room) collection(tx *store.Tx, id string) (collection, error) {
	return room.Find(tx, r.collections, id, noCollection)
}

var collectionName = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// createCollection makes an empty collection, or answers with the one that the same name and reference made.
func (r *Room) createCollection(_ context.Context, in *route53.CreateCidrCollectionInput) (*route53.CreateCidrCollectionOutput, error) {
	name, reference := aws.ToString(in.Name), aws.ToString(in.CallerReference)
	if !collectionName.MatchString(name) {
		return nil, request.BadInput(
			"1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9A-Za-z_\\-]+",
			name,
		)
	}
	if err := request.Length("callerReference", reference, 1, 64); err != nil {
		return nil, err
	}
	made := collection{ID: room.NewUUID(), Name: name, Reference: reference, Version: 1}
	err := r.commit(func(tx *store.Tx) error {
		all := r.collections.AllTx(tx)
		for _, other := range all {
			switch {
			case other.Name != name:
				continue
			case other.Reference != reference:
				return wire.Errorf("CidrCollectionAlreadyExistsException", "A CIDR collection with the name %s and a different caller reference already exists.", name)
			}
			made = other
			return nil
		}
		if len(all) >= maxCollections {
			return wire.Errorf("LimitsExceeded", "Limits Exceeded: Cannot create more than %d CIDR collections.", maxCollections)
		}
		return r.collections.Put(tx, made.ID, made)
	})
	if err != nil {
		return nil, err
	}
	return &route53.CreateCidrCollectionOutput{
		Collection: &r53types.CidrCollection{Arn: made.arn(), Id: &made.ID, Name: &made.Name, Version: &made.Version},
		Location:   aws.String(request.Endpoint + "/cidrcollection/" + made.ID),
	}, nil
}

// changeCollection moves blocks in and out of locations, all of them or none.
func (r *Room) changeCollection(_ context.Context, in *route53.ChangeCidrCollectionInput) (*route53.ChangeCidrCollectionOutput, error) {
	id := aws.ToString(in.Id)
	changes, err := readCIDRChanges(in.Changes)
	if err != nil {
		return nil, err
	}
	var info *r53types.ChangeInfo
	err = r.commit(func(tx *store.Tx) error {
		c, err := r.collection(tx, id)
		if err != nil {
			return err
		}
		if in.CollectionVersion != nil && *in.CollectionVersion != c.Version {
			return request.Conflict(
				"CidrCollectionVersionMismatchException",
				"The CIDR collection version you provided, %d, doesn't match the current one, %d.",
				*in.CollectionVersion,
				c.Version,
			)
		}
		if c, err = c.changed(changes); err != nil {
			return err
		}
		if info, err = r.submit(tx, ""); err != nil {
			return err
		}
		return r.collections.Put(tx, id, c)
	})
	if err != nil {
		return nil, err
	}
	return &route53.ChangeCidrCollectionOutput{Id: info.Id}, nil
}

// cidrChange is a change of one location, with its blocks read.
type cidrChange struct {
	location string
	put      bool
	blocks   []netip.Prefix
}

func readCIDRChanges(given []r53types.CidrCollectionChange) ([]cidrChange, error) {
	if len(given) < 1 || len(given) > 1000 {
		return nil, request.BadInput("1 validation error detected: Value at 'changes' failed to satisfy constraint: Member must have between 1 and 1000 elements")
	}
	var changes []cidrChange
	blocks := 0
	for _, g := range given {
		c := cidrChange{location: aws.ToString(g.LocationName), put: g.Action == r53types.CidrCollectionChangeActionPut}
		if err := request.OneOf("action", string(g.Action), g.Action.Values()); err != nil {
			return nil, err
		}
		if !records.LocationName.MatchString(c.location) || c.location == "*" {
			return nil, request.BadInput(
				"1 validation error detected: Value '%s' at 'locationName' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9A-Za-z_\\-]+",
				c.location,
			)
		}
		for _, text := range g.CidrList {
			block, err := readBlock(text)
			if err != nil {
				return nil, err
			}
			c.blocks = append(c.blocks, block)
		}
		if blocks += len(c.blocks); len(c.blocks) == 0 || blocks > maxCIDRBlocks {
			return nil, request.BadInput(
				"1 validation error detected: Value at 'cidrList' failed to satisfy constraint: Member must have between 1 and %d elements",
				maxCIDRBlocks,
			)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// readBlock reads a CIDR block, which may be as small as /24 in IPv4 and /48 in IPv6 (Developer Guide,
// resource-record-sets-values-ipbased).
func readBlock(text string) (netip.Prefix, error) {
	block, err := netip.ParsePrefix(text)
	smallest := 24
	if err == nil && block.Addr().Is6() {
		smallest = 48
	}
	switch {
	case err != nil || block.Addr().Is4In6() || block != block.Masked():
		return block, request.BadInput("Invalid CIDR block: %s", text)
	case block.Bits() > smallest:
		return block, request.BadInput("Invalid CIDR block: %s: its prefix may be at most /%d long", text, smallest)
	}
	return block, nil
}

// changed returns the collection after changes, one after the other.
func (c collection) changed(changes []cidrChange) (collection, error) {
	at, count := map[netip.Prefix]string{}, 0
	for location, blocks := range c.Locations {
		for _, b := range blocks {
			at[b] = location
		}
	}
	// What is taken out goes first, so that a block may move from one location to another in one request.
	for _, change := range changes {
		for _, b := range change.blocks {
			if !change.put && at[b] == change.location {
				delete(at, b)
			}
		}
	}
	for _, change := range changes {
		for _, b := range change.blocks {
			if !change.put {
				continue
			}
			if other, taken := at[b]; taken && other != change.location {
				return c, wire.Errorf("CidrBlockInUseException", "The CIDR block %s is already in use in location %s.", b, other)
			}
			at[b] = change.location
		}
	}
	c.Version, c.Locations = c.Version+1, routing.Collection{}
	for b, location := range at {
		c.Locations[location] = append(c.Locations[location], b)
		count++
	}
	if count > maxCIDRBlocks {
		return c, wire.Errorf("LimitsExceeded", "Limits Exceeded: A CIDR collection may not have more than %d CIDR blocks.", maxCIDRBlocks)
	}
	for _, blocks := range c.Locations {
		slices.SortFunc(blocks, netip.Prefix.Compare)
	}
	return c, nil
}

// deleteCollection deletes a collection that is empty, and that no record set names.
func (r *Room) deleteCollection(_ context.Context, in *route53.DeleteCidrCollectionInput) (*route53.DeleteCidrCollectionOutput, error) {
	id := aws.ToString(in.Id)
	return &route53.DeleteCidrCollectionOutput{}, r.commit(func(tx *store.Tx) error {
		c, err := r.collection(tx, id)
		switch {
		case err != nil:
			return err
		case len(c.Locations) > 0:
			return wire.Errorf("CidrCollectionInUseException", "The CIDR collection %s isn't empty.", id)
		}
		for _, z := range r.zones.AllTx(tx) {
			for _, set := range r.records.of(z.ID) {
				if set.CidrRoutingConfig != nil && aws.ToString(set.CidrRoutingConfig.CollectionId) == id {
					return wire.Errorf("CidrCollectionInUseException", "The CIDR collection %s is in use by record set %s.", id, records.KeyOf(set).Words())
				}
			}
		}
		return r.collections.Delete(tx, id)
	})
}

func (r *Room) listCollections(_ context.Context, in *route53.ListCidrCollectionsInput) (*route53.ListCidrCollectionsOutput, error) {
	n, err := results(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	rows, next := request.Page(r.collections.All(), func(c collection) string { return c.ID }, aws.ToString(in.NextToken), n)
	out := &route53.ListCidrCollectionsOutput{CidrCollections: []r53types.CollectionSummary{}, NextToken: next}
	for _, c := range rows {
		out.CidrCollections = append(out.CidrCollections, r53types.CollectionSummary{Arn: c.arn(), Id: &c.ID, Name: &c.Name, Version: &c.Version})
	}
	return out, nil
}

func (r *Room) listLocations(_ context.Context, in *route53.ListCidrLocationsInput) (*route53.ListCidrLocationsOutput, error) {
	n, err := results(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	c, err := r.collection(nil, aws.ToString(in.CollectionId))
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range c.Locations {
		names = append(names, name)
	}
	rows, next := request.Page(names, func(s string) string { return s }, aws.ToString(in.NextToken), n)
	out := &route53.ListCidrLocationsOutput{CidrLocations: []r53types.LocationSummary{}, NextToken: next}
	for _, name := range rows {
		out.CidrLocations = append(out.CidrLocations, r53types.LocationSummary{LocationName: &name})
	}
	return out, nil
}

func (r *Room) listBlocks(_ context.Context, in *route53.ListCidrBlocksInput) (*route53.ListCidrBlocksOutput, error) {
	n, err := results(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	c, err := r.collection(nil, aws.ToString(in.CollectionId))
	if err != nil {
		return nil, err
	}
	if in.LocationName != nil && c.Locations[*in.LocationName] == nil {
		return nil, request.NotFound("NoSuchCidrLocationException", "The CIDR collection location %s doesn't exist in CIDR collection %s.", *in.LocationName, c.ID)
	}
	var blocks []string
	for location, all := range c.Locations {
		for _, b := range all {
			if in.LocationName == nil || *in.LocationName == location {
				blocks = append(blocks, location+" "+b.String())
			}
		}
	}
	rows, next := request.Page(blocks, func(s string) string { return s }, aws.ToString(in.NextToken), n)
	out := &route53.ListCidrBlocksOutput{CidrBlocks: []r53types.CidrBlockSummary{}, NextToken: next}
	for _, row := range rows {
		location, block, _ := strings.Cut(row, " ")
		out.CidrBlocks = append(out.CidrBlocks, r53types.CidrBlockSummary{LocationName: &location, CidrBlock: &block})
	}
	return out, nil
}

// checkLocation refuses a record set for a CIDR location that does not exist.
func (r *Room) checkLocation(set *r53types.ResourceRecordSet) error {
	config := set.CidrRoutingConfig
	if config == nil {
		return nil
	}
	c, ok := r.collections.Get(aws.ToString(config.CollectionId))
	if !ok {
		return records.BadBatch("The CIDR collection with ID " + aws.ToString(config.CollectionId) + " doesn't exist.")
	}
	if location := aws.ToString(config.LocationName); location != "*" && c.Locations[location] == nil {
		return records.BadBatch("The CIDR location " + location + " doesn't exist in CIDR collection " + c.ID + ".")
	}
	return nil
}

// collectionsOf are all collections, for answers.
func (r *Room) collectionsOf() map[string]routing.Collection {
	all := map[string]routing.Collection{}
	for _, c := range r.collections.All() {
		all[c.ID] = c.Locations
	}
	return all
}
