package nets

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// dhcpOptions is the region's default set, which VPCs have until they get another; noDHCPOptions stands for no set at all
// (https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html).
const (
	dhcpOptions   = "dopt-00000000000000001"
	noDHCPOptions = "default"
)

// amazonDNS is the name of a VPC's own resolver in options.
const amazonDNS = "AmazonProvidedDNS"

type dhcpRow struct {
	ID      string
	Options map[string][]string
}

var dhcpKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "dopt", Tagged: ec2types.ResourceTypeDhcpOptions, Missing: missingDHCP,
	Exists: func(r *Room, tx *store.Tx, id string) bool { _, ok := r.dhcp(tx, id); return ok },
})

func missingDHCP(id string) error {
	return resource.Missing("dopt-", id, "InvalidDhcpOptionsId.Malformed", "InvalidDhcpOptionID.NotFound", "The dhcpOption ID '%s' does not exist")
}

// defaultDHCP has Amazon's resolver, and the domain of private names.
func (r *Room) defaultDHCP() dhcpRow {
	return dhcpRow{ID: dhcpOptions, Options: map[string][]string{"domain-name": {r.privateDomain()}, "domain-name-servers": {amazonDNS}}}
}

// dhcp returns a set, a customer's or the default.
func (r *Room) dhcp(tx *store.Tx, id string) (dhcpRow, bool) {
	if id == dhcpOptions {
		return r.defaultDHCP(), true
	}
	return r.dhcpSets.GetTx(tx, id)
}

// dhcpOf is the id of a VPC's set.
func (v VPC) dhcpOf() string { return cmp.Or(v.DHCP, dhcpOptions) }

// NameServers returns what an instance of a VPC is told at its boot of name servers, and of the domain that it searches, which
// the default set gives none.
func (r *Room) NameServers(vpc string) (servers []netip.Addr, domain string) {
	v, ok := r.vpcs.Get(vpc)
	set, _ := r.dhcp(nil, v.dhcpOf())
	for _, s := range set.Options["domain-name-servers"] {
		if a, err := netip.ParseAddr(s); err == nil {
			servers = append(servers, a)
		} else if ok && v.DNSSupport {
			servers = append(servers, v.Resolver())
		}
	}
	if v.DHCP != "" {
		domain = strings.Join(set.Options["domain-name"], " ")
	}
	return servers, domain
}

// dhcpLimits are the options there are, with how many values each may have
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html).
var dhcpLimits = map[string]int{
	"domain-name": 1, "domain-name-servers": 4, "ntp-servers": 8, "netbios-name-servers": 4, "netbios-node-type": 1,
}

// checkDHCP refuses what no option may be.
func checkDHCP(key string, values []string) error {
	limit, known := dhcpLimits[key]
	switch {
	case key == "ipv6-address-preferred-lease-time":
		return wire.Errorf("UnsupportedOperation", "IPv6 addresses have no leases here: the option %s is not supported.", key)
	case !known:
		return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter Key is invalid. It is no DHCP option.", key)
	case len(values) == 0 || len(values) > limit:
		return wire.Errorf("InvalidParameterValue", "The option %s may have from 1 to %d values.", key, limit)
	}
	for _, value := range values {
		_, err := netip.ParseAddr(value)
		switch {
		case key == "netbios-node-type" && !slices.Contains([]string{"1", "2", "4", "8"}, value),
			strings.HasSuffix(key, "-servers") && err != nil && !(key == "domain-name-servers" && value == amazonDNS),
			value == "":
			return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter value is invalid. The option %s cannot have it.", value, key)
		}
	}
	return nil
}

// CreateDhcpOptions makes a set of options, which never changes.
func (r *Room) CreateDhcpOptions(ctx context.Context, in *ec2.CreateDhcpOptionsInput) (*ec2.CreateDhcpOptionsOutput, error) {
	if err := room.Only(in, "DhcpConfigurations", "TagSpecifications"); err != nil {
		return nil, err
	}
	if len(in.DhcpConfigurations) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter dhcpConfiguration")
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeDhcpOptions); err != nil {
		return nil, err
	}
	row := dhcpRow{ID: dhcpKind.NewID(), Options: map[string][]string{}}
	for _, c := range in.DhcpConfigurations {
		var values []string
		for _, v := range c.Values { // several may stand in one, separated by commas
			values = append(values, strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })...)
		}
		if err := checkDHCP(room.Deref(c.Key), values); err != nil {
			return nil, err
		}
		row.Options[*c.Key] = values
	}
	err := r.Update(func(tx *store.Tx) error {
		return cmp.Or(room.DryRun(in), r.dhcpSets.Put(tx, row.ID, row), r.TagNew(tx, in.TagSpecifications, row.ID))
	})
	if err != nil {
		return nil, err
	}
	return &ec2.CreateDhcpOptionsOutput{DhcpOptions: new(r.showDHCP(row))}, nil
}

// AssociateDhcpOptions gives a VPC a set, or none. Its instances are told at their next boot; on AWS, when they renew their
// leases.
func (r *Room) AssociateDhcpOptions(ctx context.Context, in *ec2.AssociateDhcpOptionsInput) (*ec2.AssociateDhcpOptionsOutput, error) {
	if err := room.Only(in, "DhcpOptionsId", "VpcId"); err != nil {
		return nil, err
	}
	if err := cmp.Or(resource.Required("dhcpOptionsId", in.DhcpOptionsId), resource.Required("vpcId", in.VpcId)); err != nil {
		return nil, err
	}
	return &ec2.AssociateDhcpOptionsOutput{}, r.Update(func(tx *store.Tx) error {
		vpc, err := room.Find(tx, r.vpcs, *in.VpcId, missingVPC)
		if err != nil {
			return err
		}
		if _, ok := r.dhcp(tx, *in.DhcpOptionsId); !ok && *in.DhcpOptionsId != noDHCPOptions {
			return missingDHCP(*in.DhcpOptionsId)
		}
		vpc.DHCP = *in.DhcpOptionsId
		if vpc.DHCP == dhcpOptions {
			vpc.DHCP = ""
		}
		return cmp.Or(room.DryRun(in), r.vpcs.Put(tx, vpc.ID, vpc))
	})
}

// DeleteDhcpOptions deletes a set that no VPC has.
func (r *Room) DeleteDhcpOptions(ctx context.Context, in *ec2.DeleteDhcpOptionsInput) (*ec2.DeleteDhcpOptionsOutput, error) {
	if err := room.Only(in, "DhcpOptionsId"); err != nil {
		return nil, err
	}
	if err := resource.Required("dhcpOptionsId", in.DhcpOptionsId); err != nil {
		return nil, err
	}
	id := *in.DhcpOptionsId
	return &ec2.DeleteDhcpOptionsOutput{}, r.Update(func(tx *store.Tx) error {
		if _, ok := r.dhcp(tx, id); !ok { // AWS spells the code of this call otherwise
			return resource.Missing("dopt-", id, "InvalidDhcpOptionsId.Malformed", "InvalidDhcpOptionsID.NotFound", "The dhcpOptions ID '%s' does not exist")
		}
		if id == dhcpOptions || slices.ContainsFunc(r.vpcs.AllTx(tx), func(v VPC) bool { return v.DHCP == id }) {
			return wire.Errorf("DependencyViolation", "The dhcpOptions '%s' has dependencies and cannot be deleted.", id)
		}
		return cmp.Or(room.DryRun(in), r.Remove(tx, id, r.dhcpSets.Delete))
	})
}

func (r *Room) showDHCP(row dhcpRow) ec2types.DhcpOptions {
	out := ec2types.DhcpOptions{DhcpOptionsId: new(row.ID), OwnerId: new(r.Account), Tags: room.Listed(r.Tags(row.ID))}
	for _, key := range slices.Sorted(maps.Keys(row.Options)) {
		c := ec2types.DhcpConfiguration{Key: new(key)}
		for _, value := range row.Options[key] {
			c.Values = append(c.Values, ec2types.AttributeValue{Value: new(value)})
		}
		out.DhcpConfigurations = append(out.DhcpConfigurations, c)
	}
	return out
}

// DescribeDhcpOptions lists the default set and the customer's.
func (r *Room) DescribeDhcpOptions(ctx context.Context, in *ec2.DescribeDhcpOptionsInput) (*ec2.DescribeDhcpOptionsOutput, error) {
	if err := room.Only(in, "DhcpOptionsIds", "Filters", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	l := resource.Listing[dhcpRow]{
		ID: func(d dhcpRow) string { return d.ID }, Missing: missingDHCP,
		Fields: resource.Fields[dhcpRow]{
			"dhcp-options-id": resource.One(func(d dhcpRow) string { return d.ID }), "owner-id": resource.One(func(dhcpRow) string { return r.Account }),
			"key":   func(d dhcpRow) []string { return slices.Collect(maps.Keys(d.Options)) },
			"value": func(d dhcpRow) []string { return slices.Concat(slices.Collect(maps.Values(d.Options))...) },
		},
	}
	rows, next, err := l.List(r.Registry, append(r.dhcpSets.All(), r.defaultDHCP()), in.DhcpOptionsIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeDhcpOptionsOutput{NextToken: next}
	for _, row := range rows {
		out.DhcpOptions = append(out.DhcpOptions, r.showDHCP(row))
	}
	return out, nil
}
