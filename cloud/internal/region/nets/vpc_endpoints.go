package nets

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/endpoint"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// endpointRow is a VPC endpoint: an interface endpoint, whose interfaces say in which subnets it is, or a gateway endpoint
// (https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html).
type endpointRow struct {
	ID, VPC, Service string
	Type             ec2types.VpcEndpointType
	State            ec2types.State
	Created          time.Time
	Policy           string   // as it was given; empty for the one that allows everything
	Tables           []string // a gateway endpoint's
	Groups           []string // an interface endpoint's, as are the following
	PrivateDNS       bool
	Label            string // what tells its names from those of another endpoint with the same id
}

// The states, as AWS spells them in answers and filters, other than the model's enumeration.
const (
	endpointPending   ec2types.State = "pending"
	endpointAvailable ec2types.State = "available"
	endpointDeleting  ec2types.State = "deleting"
)

var endpointKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "vpce", Tagged: ec2types.ResourceTypeVpcEndpoint, Missing: missingEndpoint,
	Exists: resource.Within(func(r *Room) *store.Table[endpointRow] { return r.endpoints }),
	Keeps:  resource.SomeOf(func(r *Room) *store.Table[endpointRow] { return r.endpoints }, func(e endpointRow, vpc string) bool { return e.VPC == vpc }),
})

func missingEndpoint(id string) error {
	return resource.Missing("vpce-", id, "InvalidVpcEndpointId.Malformed", "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '%s' does not exist")
}

func (e endpointRow) gateway() bool { return e.Type == ec2types.VpcEndpointTypeGateway }

// fullAccess is the policy of an endpoint that has been given none, as AWS shows it.
const fullAccess = `{
  "Statement": [
    {
      "Action": "*", 
      "Effect": "Allow", 
      "Principal": "*", 
      "Resource": "*"
    }
  ]
}`

// CreateVpcEndpoint makes a VPC endpoint. One for a service that it cannot lead to is refused as AWS refuses those that it has not.
func (r *Room) CreateVpcEndpoint(ctx context.Context, in *ec2.CreateVpcEndpointInput) (*ec2.CreateVpcEndpointOutput, error) {
	if err := room.Only(in, "ClientToken", "IpAddressType", "PolicyDocument", "PrivateDnsEnabled", "RouteTableIds", "SecurityGroupIds", "ServiceName",
		"SubnetIds", "TagSpecifications", "VpcEndpointType", "VpcId"); err != nil {
		return nil, err
	}
	row, service, err := r.newEndpoint(in)
	if err != nil {
		return nil, err
	}
	var id string
	err = r.Update(func(tx *store.Tx) (err error) {
		alive := func(id string) bool { _, ok := r.endpoints.GetTx(tx, id); return ok }
		id, err = r.Once(tx, "CreateVpcEndpoint", in.ClientToken, in, alive, func() (string, error) {
			return row.ID, r.putEndpoint(tx, row, service, in)
		})
		return cmp.Or(err, room.DryRun(in))
	})
	if err != nil {
		return nil, err
	}
	shown, _ := r.endpoints.Get(id)
	out := &ec2.CreateVpcEndpointOutput{VpcEndpoint: new(r.showEndpoint(shown)), ClientToken: in.ClientToken}
	if id == row.ID && !row.gateway() {
		r.Spawn(func() { r.tendEndpoint(id) })
	}
	return out, nil
}

// newEndpoint reads what a request says by itself.
func (r *Room) newEndpoint(in *ec2.CreateVpcEndpointInput) (row endpointRow, service endpointService, err error) {
	if err := resource.Required("vpcId", in.VpcId); err != nil {
		return row, service, err
	}
	if _, ok := r.vpcs.Get(*in.VpcId); !ok {
		return row, service, missingVPC(*in.VpcId)
	}
	if err := resource.Required("serviceName", in.ServiceName); err != nil {
		return row, service, err
	}
	if service, err = r.endpointService(*in.ServiceName); err != nil {
		return row, service, err
	}
	row = endpointRow{
		ID: endpointKind.NewID(), VPC: *in.VpcId, Service: service.Name, Type: cmp.Or(in.VpcEndpointType, ec2types.VpcEndpointTypeGateway),
		Created: time.Now().UTC(), State: endpointAvailable, Policy: room.Deref(in.PolicyDocument), Tables: in.RouteTableIds,
	}
	if string(row.Type) != string(service.Type) {
		return row, service, wire.Errorf("InvalidParameter", "Endpoint type (%s) does not match available service types ([%s]).", row.Type, service.Type)
	}
	if in.IpAddressType != "" && in.IpAddressType != ec2types.IpAddressTypeIpv4 {
		return row, service, wire.Errorf("UnsupportedOperation", "The value '%s' of the parameter 'IpAddressType' is not supported here.", in.IpAddressType)
	}
	if !row.gateway() {
		var label [4]byte
		_, _ = rand.Read(label[:])
		row.State, row.Label = endpointPending, hex.EncodeToString(label[:])
		row.PrivateDNS = in.PrivateDnsEnabled == nil || *in.PrivateDnsEnabled // CreateVpcEndpoint: "Default: true"
	}
	err = cmp.Or(
		row.suits(in.RouteTableIds, in.SubnetIds, in.SecurityGroupIds, in.PrivateDnsEnabled),
		checkEndpointPolicy(row.Policy), resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeVpcEndpoint),
	)
	return row, service, err
}

// suits refuses what an endpoint of the other type has.
func (e endpointRow) suits(tables, subnets, groups []string, private *bool) error {
	switch {
	case !e.gateway() && len(tables) > 0:
		return wire.Errorf("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint.")
	case e.gateway() && len(subnets) > 0:
		return wire.Errorf("InvalidParameter", "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.")
	case e.gateway() && len(groups) > 0:
		return wire.Errorf("InvalidParameter", "Security group IDs are only supported for Interface type VPC Endpoint.")
	case e.gateway() && private != nil && *private:
		return wire.Errorf("InvalidParameter", "Private DNS is only supported for Interface type VPC Endpoint.")
	}
	return nil
}

// putEndpoint checks what a request names and writes the endpoint with its interfaces.
func (r *Room) putEndpoint(tx *store.Tx, row endpointRow, service endpointService, in *ec2.CreateVpcEndpointInput) error {
	var beside int
	for _, e := range r.endpoints.AllTx(tx) {
		if e.Type == row.Type && (e.VPC == row.VPC || row.gateway()) {
			beside++
		}
	}
	most := r.Quota(gatewayEndpoints)
	if !row.gateway() {
		most = r.Quota(interfaceEndpoints)
	}
	if beside >= most {
		return wire.Errorf("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
	}
	tables := row.Tables
	row.Tables = nil
	if err := cmp.Or(r.addTables(tx, &row, tables), r.checkPrivateDNS(tx, row, service)); err != nil {
		return err
	}
	if !row.gateway() {
		if row.Groups = slices.Clone(in.SecurityGroupIds); len(row.Groups) == 0 {
			row.Groups = []string{r.DefaultGroup(tx, row.VPC)}
		}
		if err := cmp.Or(r.CheckGroups(tx, row.VPC, row.Groups), r.addSubnets(tx, row, in.SubnetIds)); err != nil {
			return err
		}
	}
	return cmp.Or(r.endpoints.Put(tx, row.ID, row), r.TagNew(tx, in.TagSpecifications, row.ID))
}

// interfacesFor returns an endpoint's interfaces, in the order of their zones.
func (r *Room) interfacesFor(tx *store.Tx, id string) []Interface {
	all := slices.DeleteFunc(r.interfaces.AllTx(tx), func(i Interface) bool { return i.Endpoint != id })
	slices.SortFunc(all, func(a, b Interface) int { return strings.Compare(a.Zone, b.Zone) })
	return all
}

func (r *Room) showEndpoint(e endpointRow) ec2types.VpcEndpoint {
	out := ec2types.VpcEndpoint{
		VpcEndpointId: new(e.ID), VpcId: new(e.VPC), ServiceName: new(e.Service), VpcEndpointType: e.Type, State: e.State, CreationTimestamp: new(e.Created),
		OwnerId: new(r.Account), RequesterManaged: new(false), PrivateDnsEnabled: new(e.PrivateDNS), PolicyDocument: new(cmp.Or(e.Policy, fullAccess)),
		ServiceRegion: new(r.Region), IpAddressType: ec2types.IpAddressTypeIpv4, DnsOptions: &ec2types.DnsOptions{DnsRecordIpType: ec2types.DnsRecordIpTypeIpv4},
		RouteTableIds: slices.Clone(e.Tables), SubnetIds: []string{}, NetworkInterfaceIds: []string{}, Groups: []ec2types.SecurityGroupIdentifier{},
		DnsEntries: []ec2types.DnsEntry{}, Tags: room.Listed(r.Tags(e.ID)),
	}
	if e.gateway() {
		out.DnsOptions.DnsRecordIpType = ec2types.DnsRecordIpTypeServiceDefined
		return out
	}
	for _, i := range r.interfacesFor(nil, e.ID) {
		out.SubnetIds, out.NetworkInterfaceIds = append(out.SubnetIds, i.Subnet), append(out.NetworkInterfaceIds, i.ID)
	}
	for _, g := range r.Identifiers(e.Groups) {
		out.Groups = append(out.Groups, ec2types.SecurityGroupIdentifier(g))
	}
	for _, name := range r.endpointNames(e) {
		out.DnsEntries = append(out.DnsEntries, ec2types.DnsEntry{DnsName: new(name)})
	}
	return out
}

// DescribeVpcEndpoints lists VPC endpoints, by the filters of
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html.
func (r *Room) DescribeVpcEndpoints(ctx context.Context, in *ec2.DescribeVpcEndpointsInput) (*ec2.DescribeVpcEndpointsOutput, error) {
	if err := room.Only(in, "Filters", "MaxResults", "NextToken", "VpcEndpointIds"); err != nil {
		return nil, err
	}
	l := resource.Listing[endpointRow]{
		ID: func(e endpointRow) string { return e.ID }, Missing: missingEndpoint,
		Fields: resource.Fields[endpointRow]{
			"ip-address-type":    resource.One(func(endpointRow) string { return string(ec2types.IpAddressTypeIpv4) }),
			"service-name":       resource.One(func(e endpointRow) string { return e.Service }),
			"service-region":     resource.One(func(endpointRow) string { return r.Region }),
			"vpc-id":             resource.One(func(e endpointRow) string { return e.VPC }),
			"vpc-endpoint-id":    resource.One(func(e endpointRow) string { return e.ID }),
			"vpc-endpoint-state": resource.One(func(e endpointRow) string { return string(e.State) }),
			"vpc-endpoint-type":  resource.One(func(e endpointRow) string { return string(e.Type) }),
		},
	}
	rows, next, err := l.List(r.Registry, r.endpoints.All(), in.VpcEndpointIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcEndpointsOutput{VpcEndpoints: []ec2types.VpcEndpoint{}, NextToken: next}
	for _, e := range rows {
		out.VpcEndpoints = append(out.VpcEndpoints, r.showEndpoint(e))
	}
	return out, nil
}

// endpointNames are the names of an interface endpoint: of all of it, of each of its zones, and the service's own where that is
// private ("DNS names for interface endpoints", AWS PrivateLink guide). AWS also tells the hosted zones that they are in, which here are none
// of Route 53's.
func (r *Room) endpointNames(e endpointRow) (names []string) {
	service, err := r.endpointService(e.Service)
	if err != nil || service.to == nil {
		return nil
	}
	domain := "." + endpoint.Private(service.to, r.Region)
	names = append(names, e.ID+"-"+e.Label+domain)
	for _, i := range r.interfacesFor(nil, e.ID) {
		names = append(names, e.ID+"-"+e.Label+"-"+i.Zone+domain)
	}
	if e.PrivateDNS {
		names = append(names, endpoint.InRegion(service.to, r.Region))
	}
	return names
}
