// Package balancing is Elastic Load Balancing in a region: application and network load balancers, their listeners and rules, and
// target groups. What they are to do is stored; package balancer does it; reconcile brings it there.
package balancing

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/delivery"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Network is EC2 as load balancing sees it. A method with a Tx runs inside the caller's change, or reads what is committed
// where the Tx is nil and it only reads.
type Network interface {
	VPC(tx *store.Tx, id string) (VPC, bool)
	Subnet(tx *store.Tx, id string) (Subnet, bool)
	Instance(tx *store.Tx, id string) (Instance, bool)

	// CheckGroups refuses, with EC2's errors, security groups that an interface in a VPC cannot have.
	CheckGroups(tx *store.Tx, vpc string, groups []string) error
	// NewInterface makes a network interface, and SetReach changes how it is reached. Their errors are EC2's.
	NewInterface(tx *store.Tx, subnet string, groups []string, reach Reach, description string) (id string, err error)
	SetReach(tx *store.Tx, networkInterface string, reach Reach) error
	// SetIPv6 is SetReach that leaves the addresses of IPv4 as they are.
	SetIPv6(tx *store.Tx, networkInterface string, reach Reach) error
	// NewTransparentInterface makes one that speaks for others; its errors are EC2's too.
	NewTransparentInterface(tx *store.Tx, w TransparentInterface) (id string, err error)
	SetGroups(tx *store.Tx, networkInterface string, groups []string) error
	RemoveInterface(tx *store.Tx, id string) error

	// ZoneAt returns the zone of the subnet of a VPC that has an address, "" where none has it.
	ZoneAt(vpc string, address netip.Addr) string
	// Interface returns the addresses of a network interface.
	Interface(id string) (Interface, bool)
	// Namespace returns where a network interface listens and dials: network.ErrNotFound before Sync has made it.
	Namespace(networkInterface string) (balancer.Network, error)
	// Sync brings a VPC's network to what has been committed, Republish the twins of public ports to what Ports returns.
	Sync(vpc string) error
	Republish()
	// News is what to watch for a change of Instance and Interface.
	News() []store.Topic
}

// VPC is what load balancers and target groups are in.
type VPC struct {
	CIDRs        []netip.Prefix
	DefaultGroup string // the security group that it was made with
	HasGateway   bool   // an internet gateway is attached
}

// Subnet is what a node is put into.
type Subnet struct {
	ID, VPC, Zone string
	IPv6          bool // it has a range of IPv6
}

// Reach is how a network interface is reached besides its private IPv4 address.
type Reach struct {
	Public     bool // by a public IPv4 address
	IPv6       bool // by an IPv6 address
	NoInternet bool // but not from the internet

	Address   netip.Addr   // the IPv6 address that was chosen; the zero value for any
	SourceNAT bool         // a network load balancer's speaks from a prefix of IPv6 too
	Prefix    netip.Prefix // that was chosen; the zero value for any
}

// Instance is what may be a target; Address is the zero value where it has none left.
type Instance struct {
	VPC, Zone string
	Address   netip.Addr
	IPv6      netip.Addr // the primary one; the zero value for none
	State     ec2types.InstanceStateName
}

// Interface is a network interface; Public, IPv6 and SourceNAT are the zero value where it has no such addresses.
type Interface struct {
	Address, Public, IPv6 netip.Addr
	SourceNAT             netip.Prefix
}

// Room is Elastic Load Balancing in one region. Rows are kept by ARN.
type Room struct {
	*room.Base
	network      Network
	certificates Certificates
	folder       delivery.Folder // of logs

	loadBalancers *store.Table[loadBalancerRow]
	targetGroups  *store.Table[targetGroupRow]
	listeners     *store.Table[listenerRow]
	rules         *store.Table[ruleRow]

	serving struct {
		sync.Mutex
		running map[string]*balancer.Balancer // by load balancer
		ports   string                        // what is published of them, to notice changes
		failed  map[string]string             // the last error told of each
		pairs   map[string]keyPair            // by certificate
		logs    map[logKey]*delivery.Log
	}
}

// Load reads the tables.
func Load(base *room.Base, network Network, certificates Certificates, logs delivery.Folder) (*Room, error) {
	r := &Room{Base: base, network: network, certificates: certificates, folder: logs}
	var err error
	room.LoadTable(r.DB, "load-balancers", &r.loadBalancers, &err)
	room.LoadTable(r.DB, "target-groups", &r.targetGroups, &err)
	room.LoadTable(r.DB, "listeners", &r.listeners, &err)
	room.LoadTable(r.DB, "listener-rules", &r.rules, &err)
	return r, err
}

type loadBalancerRow struct {
	ARN, Name, DNSName, VPC string
	Type                    elbtypes.LoadBalancerTypeEnum // or empty for application
	Scheme                  elbtypes.LoadBalancerSchemeEnum
	IPAddressType           elbtypes.IpAddressType                    // empty for ipv4
	SourceNAT               elbtypes.EnablePrefixForIpv6SourceNatEnum // or empty for off
	Nodes                   []nodeRow                                 // in the order of their zones
	Groups                  []string
	PrivateLink             elbtypes.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum // whether Groups are for its traffic, too, or empty for on
	Created                 time.Time
	Active                  bool   // its nodes have served
	ShiftedFrom             string // the zone that a zonal shift moves traffic away from; "" for none
	Attributes, Tags        map[string]string
}

// nodeRow is a load balancer's presence in one zone.
type nodeRow struct {
	Subnet, Zone, Interface string
	Allocation              string       // of an Elastic IP address that was chosen for it
	Fixed                   netip.Addr   // a private address that was
	FixedIPv6               netip.Addr   // an IPv6 address that was
	FixedPrefix             netip.Prefix // a prefix for source NAT that was
}

type targetGroupRow struct {
	ARN, Name, VPC     string
	Type               elbtypes.TargetTypeEnum
	IPAddressType      elbtypes.TargetGroupIpAddressTypeEnum // or empty for ipv4
	Port               int32
	Protocol           elbtypes.ProtocolEnum // or empty for HTTP, as is CheckProtocol
	CheckProtocol      elbtypes.ProtocolEnum
	CheckPort, Path    string // CheckPort is a number or traffic-port
	Interval, Timeout  int32  // seconds
	Healthy, Unhealthy int32
	Matcher            string
	Version            balancer.Version // or empty for HTTP1
	Targets            []targetRow
	Attributes, Tags   map[string]string
}

// targetRow is a registered target; it drains where Until is set.
type targetRow struct {
	ID    string
	Port  int32
	Zone  string // of an address: as it was said, or ""
	Until time.Time
}

func (t targetRow) draining() bool { return !t.Until.IsZero() }

type listenerRow struct {
	ARN, LoadBalancer string
	DefaultRule       string // ARN
	Port              int32
	Protocol          elbtypes.ProtocolEnum // a network load balancer's, or empty for HTTP and HTTPS
	ALPN              string                // the policy of TLS
	Actions           []elbtypes.Action
	Attributes        map[string]string // of those that were set
	Tags              map[string]string
	Security          security
}

// ruleRow is a rule beside a listener's default one.
type ruleRow struct {
	ARN, Listener string
	Priority      int32
	Conditions    []elbtypes.RuleCondition
	Actions       []elbtypes.Action
	Tags          map[string]string
}

// The errors of https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Operations.html,
// whose codes on the wire lack the word Exception.
func missingLoadBalancer() error {
	return wire.Errorf("LoadBalancerNotFound", "One or more load balancers not found")
}

func missingTargetGroup() error {
	return wire.Errorf("TargetGroupNotFound", "One or more target groups not found")
}

func missingListener() error {
	return wire.Errorf("ListenerNotFound", "One or more listeners not found")
}

func missingRule() error {
	return wire.Errorf("RuleNotFound", "One or more rules not found")
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

// required refuses a required parameter that is missing.
func required(name string, value *string) error {
	if room.Deref(value) == "" {
		return invalid("The request must contain the parameter '%s'", name)
	}
	return nil
}

// page cuts a listing as this service does: all rows come unless a size is asked for.
func page[T any](rows []T, key func(T) string, size *int32, marker *string) ([]T, *string, error) {
	return room.Page(rows, key, size, marker, room.Paging{
		Least: 1, Most: 400,
		BadSize: func(size int32) error {
			return invalid("Value ( %d ) for parameter PageSize is invalid. Expecting a value between 1 and 400.", size)
		},
		BadToken: func(marker string) error { return invalid("Invalid value '%s' for Marker.", marker) },
	})
}

// tail returns what follows the kind in an ARN: app/hello/50dc6c495c0c9188.
func tail(arn, kind string) string {
	_, rest, _ := strings.Cut(arn, ":"+kind+"/")
	return rest
}
