package nets

import (
	"net/netip"
	"slices"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// peeringRow is a VPC peering connection. Where its VPCs are in two regions, each keeps a row of the same id and tells the
// other what it changes (peering_news.go).
type peeringRow struct {
	ID                  string
	Requester, Accepter peeringSide
	State               peeringState
	Deleter             string    // the account that deleted it
	Made, Ended         time.Time // Ended: when it came to a state that it never leaves
	Untold              bool      // the other region has not heard of the last change
}

type peeringSide struct {
	Region, Account, VPC string
	CIDRs, IPv6          []string
	Resolves             bool // its public names mean private addresses to the peer (AllowDnsResolutionFromRemoteVpc)
}

// peeringState is one of https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html#vpc-peering-lifecycle.
type peeringState = ec2types.VpcPeeringConnectionStateReasonCode

const (
	peeringInitiating   = ec2types.VpcPeeringConnectionStateReasonCodeInitiatingRequest
	peeringPending      = ec2types.VpcPeeringConnectionStateReasonCodePendingAcceptance
	peeringProvisioning = ec2types.VpcPeeringConnectionStateReasonCodeProvisioning
	peeringActive       = ec2types.VpcPeeringConnectionStateReasonCodeActive
	peeringFailed       = ec2types.VpcPeeringConnectionStateReasonCodeFailed
	peeringRejected     = ec2types.VpcPeeringConnectionStateReasonCodeRejected
	peeringExpired      = ec2types.VpcPeeringConnectionStateReasonCodeExpired
	peeringDeleted      = ec2types.VpcPeeringConnectionStateReasonCodeDeleted
)

// peeringOrder is the order of the states: a connection never goes back in it, so of what its regions say of one connection
// the later is right.
var peeringOrder = []peeringState{
	peeringInitiating, peeringPending, peeringProvisioning, peeringActive, peeringFailed, peeringExpired, peeringRejected, peeringDeleted,
}

// How long a request waits to be accepted, and for how long a connection that has ended is shown to the account that has both
// of its VPCs (ibidem).
const (
	peeringPatience = 7 * 24 * time.Hour
	peeringShown    = 2 * time.Hour
	expiredShown    = 2 * 24 * time.Hour
)

var peeringKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "pcx", Tagged: ec2types.ResourceTypeVpcPeeringConnection, Missing: missingPeering,
	Exists: func(r *Room, tx *store.Tx, id string) bool { _, ok := r.peering(tx, id); return ok },
})

func missingPeering(id string) error {
	return resource.Missing("pcx-", id, "InvalidVpcPeeringConnectionId.Malformed", "InvalidVpcPeeringConnectionID.NotFound",
		"The vpcPeeringConnection ID '%s' does not exist")
}

// peering returns a connection as it is now, unless it ended so long ago that nobody sees it.
func (r *Room) peering(tx *store.Tx, id string) (peeringRow, bool) {
	row, ok := r.peerings.GetTx(tx, id)
	if !ok {
		return row, false
	}
	row = r.aged(row)
	return row, row.open() || time.Since(row.Ended) < r.peeringListed(row)
}

// peeringsNow returns the connections that anybody sees.
func (r *Room) peeringsNow(tx *store.Tx) (all []peeringRow) {
	for _, row := range r.peerings.AllTx(tx) {
		if row, ok := r.peering(tx, row.ID); ok {
			all = append(all, row)
		}
	}
	return all
}

// aged is a row whose request nobody has accepted in time.
func (r *Room) aged(row peeringRow) peeringRow {
	if end := row.Made.Add(r.Speed.Of(peeringPatience)); row.State == peeringPending && time.Now().After(end) {
		row.State, row.Ended = peeringExpired, end
	}
	return row
}

// peeringListed is how long an ended connection is shown; long enough to be seen at any speed.
func (r *Room) peeringListed(row peeringRow) time.Duration {
	shown := peeringShown
	if row.State == peeringExpired {
		shown = expiredShown
	}
	return max(time.Minute, r.Speed.Of(shown))
}

// forgetPeerings deletes what nobody sees any more, and both regions know of.
func (r *Room) forgetPeerings(tx *store.Tx) error {
	for _, row := range r.peerings.AllTx(tx) {
		if _, seen := r.peering(tx, row.ID); !seen && !row.Untold {
			if err := r.Remove(tx, row.ID, r.peerings.Delete); err != nil {
				return err
			}
		}
	}
	return nil
}

// open tells whether a connection may still carry packets, now or later.
func (p peeringRow) open() bool {
	return slices.Contains([]peeringState{peeringInitiating, peeringPending, peeringProvisioning, peeringActive}, p.State)
}

// between tells whether a connection is one of two VPCs.
func (p peeringRow) between(a, b string) bool {
	return p.Requester.VPC == a && p.Accepter.VPC == b || p.Requester.VPC == b && p.Accepter.VPC == a
}

// of tells whether a VPC has a connection.
func (p peeringRow) of(vpc string) bool { return p.Requester.VPC == vpc || p.Accepter.VPC == vpc }

// peerOf returns the other side than a VPC's.
func (p peeringRow) peerOf(vpc string) peeringSide {
	if p.Requester.VPC == vpc {
		return p.Accepter
	}
	return p.Requester
}

// message is what AWS says of a state.
func (p peeringRow) message() string {
	switch p.State {
	case peeringInitiating:
		return "Initiating Request to " + p.Accepter.Account
	case peeringPending:
		return "Pending Acceptance by " + p.Accepter.Account
	case peeringProvisioning:
		return "Provisioning"
	case peeringActive:
		return "Active"
	case peeringFailed:
		return "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
	case peeringRejected:
		return "Rejected by " + p.Accepter.Account
	case peeringDeleted:
		return "Deleted by " + p.Deleter
	}
	return "Expired"
}

func (r *Room) showPeering(row peeringRow) *ec2types.VpcPeeringConnection {
	out := &ec2types.VpcPeeringConnection{
		VpcPeeringConnectionId: new(row.ID), Tags: room.Listed(r.Tags(row.ID)),
		RequesterVpcInfo: row.Requester.show(true), AccepterVpcInfo: row.Accepter.show(row.State == peeringActive),
		Status: &ec2types.VpcPeeringConnectionStateReason{Code: row.State, Message: new(row.message())},
	}
	if row.State == peeringInitiating || row.State == peeringPending {
		out.ExpirationTime = new(row.Made.Add(r.Speed.Of(peeringPatience)))
	}
	return out
}

// show is one side; its ranges and options are told to those who may know them: of an accepter, once the connection is active.
func (s peeringSide) show(whole bool) *ec2types.VpcPeeringConnectionVpcInfo {
	out := &ec2types.VpcPeeringConnectionVpcInfo{OwnerId: new(s.Account), Region: new(s.Region), VpcId: new(s.VPC)}
	if !whole || len(s.CIDRs) == 0 {
		return out
	}
	out.CidrBlock = new(s.CIDRs[0])
	for _, cidr := range s.CIDRs {
		out.CidrBlockSet = append(out.CidrBlockSet, ec2types.CidrBlock{CidrBlock: new(cidr)})
	}
	for _, cidr := range s.IPv6 {
		out.Ipv6CidrBlockSet = append(out.Ipv6CidrBlockSet, ec2types.Ipv6CidrBlock{Ipv6CidrBlock: new(cidr)})
	}
	out.PeeringOptions = &ec2types.VpcPeeringConnectionOptionsDescription{
		AllowDnsResolutionFromRemoteVpc: new(s.Resolves), AllowEgressFromLocalClassicLinkToRemoteVpc: new(false),
		AllowEgressFromLocalVpcToRemoteClassicLink: new(false),
	}
	return out
}

// peeringSpecs are a VPC's active connections for the fabric.
func (r *Room) peeringSpecs(vpc string) (specs []network.Peering) {
	for _, row := range r.peerings.All() {
		if row.State != peeringActive || !row.of(vpc) {
			continue
		}
		peer := row.peerOf(vpc)
		spec := network.Peering{ID: row.ID, Peer: peer.VPC}
		for _, cidr := range slices.Concat(peer.CIDRs, peer.IPv6) {
			spec.CIDRs = append(spec.CIDRs, netip.MustParsePrefix(cidr))
		}
		for _, id := range r.groupsNamedOf(vpc, row.ID) {
			spec.Groups = append(spec.Groups, network.PeerGroup{ID: id, Members: r.members(id)})
		}
		specs = append(specs, spec)
	}
	return specs
}

// peeredHere returns the VPCs of this region that have, or had, a connection with one.
func (r *Room) peeredHere(vpc string) (all []string) {
	for _, row := range r.peerings.All() {
		if peer := row.peerOf(vpc); row.of(vpc) && peer.Region == r.Region && !slices.Contains(all, peer.VPC) {
			all = append(all, peer.VPC)
		}
	}
	return all
}

// groupsNamedOf returns the groups at the other end of a connection that rules of a VPC's groups name.
func (r *Room) groupsNamedOf(vpc, connection string) (ids []string) {
	for _, g := range r.groups.All() {
		for _, rule := range g.Rules {
			if g.VPC == vpc && rule.Peering == connection && !slices.Contains(ids, rule.Group) {
				ids = append(ids, rule.Group)
			}
		}
	}
	return ids
}

// members returns the private and the IPv6 addresses of the interfaces that have a group.
func (r *Room) members(group string) (all []netip.Addr) {
	for _, i := range r.interfaces.All() {
		if !slices.Contains(i.Groups, group) || i.Instance == "" && !i.managed() {
			continue
		}
		for _, a := range i.Addresses() {
			all = append(all, a.Private)
		}
		all = append(all, i.IPv6...)
	}
	return all
}

// peeringStatus is the state of the connection by which a rule names a peer's group; empty where it names none.
func (r *Room) peeringStatus(rule ruleRow) string {
	if rule.Peering == "" {
		return ""
	}
	if row, ok := r.peerings.Get(rule.Peering); ok {
		return string(row.State)
	}
	return string(peeringDeleted)
}
