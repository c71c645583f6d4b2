package region

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// A kind is one sort of what EC2 gives ids to: everything that must be known of it wherever an id turns up.
type kind struct {
	prefix string // of its ids, without the dash
	// tagged is what tags and tag specifications call it; empty for what cannot bear tags.
	tagged ec2types.ResourceType
	// missing answers an id that nothing has, as AWS does for this kind; nil for what calls name only with its owner.
	missing func(id string) error
	// exists tells whether there is one with this id; nil where missing is.
	exists func(r *Region, tx *store.Tx, id string) bool
	// keeps tells whether one of these keeps a VPC from being deleted; nil for a kind that never does, or that is
	// always within one that does.
	keeps func(r *Region, tx *store.Tx, vpc string) bool
}

// kinds is every kind: newID makes ids of no other.
var kinds []*kind

// listKind puts a kind into the table.
func listKind(k kind) *kind {
	kinds = append(kinds, &k)
	return &k
}

var (
	vpcKind = listKind(kind{
		prefix: "vpc", tagged: ec2types.ResourceTypeVpc, missing: missingVPC,
		exists: within(func(r *Region) *store.Table[vpcRow] { return r.vpcs }),
	})
	subnetKind = listKind(kind{
		prefix: "subnet", tagged: ec2types.ResourceTypeSubnet, missing: missingSubnet,
		exists: within(func(r *Region) *store.Table[subnetRow] { return r.subnets }),
		keeps:  someOf(func(r *Region) *store.Table[subnetRow] { return r.subnets }, func(s subnetRow, vpc string) bool { return s.VPC == vpc }),
	})
	gatewayKind = listKind(kind{
		prefix: "igw", tagged: ec2types.ResourceTypeInternetGateway, missing: missingGateway,
		exists: within(func(r *Region) *store.Table[gatewayRow] { return r.gateways }),
		keeps:  someOf(func(r *Region) *store.Table[gatewayRow] { return r.gateways }, func(g gatewayRow, vpc string) bool { return g.VPC == vpc }),
	})
	routeTableKind = listKind(kind{
		prefix: "rtb", tagged: ec2types.ResourceTypeRouteTable, missing: missingRouteTable,
		exists: within(func(r *Region) *store.Table[routeTableRow] { return r.routeTables }),
		keeps: someOf(func(r *Region) *store.Table[routeTableRow] { return r.routeTables },
			func(t routeTableRow, vpc string) bool { return t.VPC == vpc && !t.main() }),
	})
	groupKind = listKind(kind{
		prefix: "sg", tagged: ec2types.ResourceTypeSecurityGroup, missing: missingGroup,
		exists: within(func(r *Region) *store.Table[groupRow] { return r.groups }),
		keeps: someOf(func(r *Region) *store.Table[groupRow] { return r.groups },
			func(g groupRow, vpc string) bool { return g.VPC == vpc && g.Name != "default" }),
	})
	ruleKind = listKind(kind{
		prefix: "sgr", tagged: ec2types.ResourceTypeSecurityGroupRule, missing: missingRule,
		exists: someOf(func(r *Region) *store.Table[groupRow] { return r.groups },
			func(g groupRow, id string) bool {
				return slices.ContainsFunc(g.Rules, func(x ruleRow) bool { return x.ID == id })
			}),
	})
	aclKind = listKind(kind{
		prefix: "acl", tagged: ec2types.ResourceTypeNetworkAcl, missing: missingACL,
		exists: someOf(func(r *Region) *store.Table[vpcRow] { return r.vpcs }, func(v vpcRow, id string) bool { return v.ACL == id }),
	})
	interfaceKind = listKind(kind{
		prefix: "eni", tagged: ec2types.ResourceTypeNetworkInterface, missing: missingInterface,
		exists: within(func(r *Region) *store.Table[interfaceRow] { return r.interfaces }),
	})
	instanceKind = listKind(kind{
		prefix: "i", tagged: ec2types.ResourceTypeInstance, missing: missingInstance,
		exists: within(func(r *Region) *store.Table[instanceRow] { return r.instances }),
	})
	volumeKind = listKind(kind{
		prefix: "vol", tagged: ec2types.ResourceTypeVolume, missing: missingVolume,
		exists: someOf(func(r *Region) *store.Table[instanceRow] { return r.instances }, func(i instanceRow, id string) bool { return i.Volume == id }),
	})
	imageKind = listKind(kind{
		prefix: "ami", tagged: ec2types.ResourceTypeImage, missing: missingImage,
		exists: within(func(r *Region) *store.Table[imageRow] { return r.images }),
	})
	snapshotKind = listKind(kind{
		prefix: "snap", tagged: ec2types.ResourceTypeSnapshot, missing: missingSnapshot,
		exists: within(func(r *Region) *store.Table[snapshotRow] { return r.snapshots }),
	})
	templateKind = listKind(kind{
		prefix: "lt", tagged: ec2types.ResourceTypeLaunchTemplate, missing: missingTemplate,
		exists: within(func(r *Region) *store.Table[templateRow] { return r.templates }),
	})

	// These cannot bear tags.
	tableAssociationKind = listKind(kind{prefix: "rtbassoc"})
	aclAssociationKind   = listKind(kind{prefix: "aclassoc"})
	attachmentKind       = listKind(kind{prefix: "eni-attach"})
	reservationKind      = listKind(kind{prefix: "r"})
)

// within is exists for a kind whose table has its ids for keys.
func within[T any](table func(*Region) *store.Table[T]) func(*Region, *store.Tx, string) bool {
	return func(r *Region, tx *store.Tx, id string) bool {
		_, ok := table(r).GetTx(tx, id)
		return ok
	}
}

// someOf tells whether any row of a table is so with regard to an id.
func someOf[T any](table func(*Region) *store.Table[T], is func(row T, id string) bool) func(*Region, *store.Tx, string) bool {
	return func(r *Region, tx *store.Tx, id string) bool {
		for _, row := range table(r).AllTx(tx) {
			if is(row, id) {
				return true
			}
		}
		return false
	}
}

// kindOf tells an id's kind by its prefix.
func kindOf(id string) (*kind, bool) {
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(id, k.prefix+"-"); ok && !strings.Contains(rest, "-") {
			return k, true
		}
	}
	return nil, false
}

// newID returns a resource id: the kind's prefix and 17 hexadecimal digits, as AWS's have been since 2016.
func newID(k *kind) string {
	if !slices.Contains(kinds, k) {
		panic("region: an id of a kind that is not listed: " + k.prefix)
	}
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return k.prefix + "-" + hex.EncodeToString(b[:])[:17]
}

var idShape = regexp.MustCompile(`^[a-z]+-([0-9a-f]{8}|[0-9a-f]{17})$`)

// wellFormed tells whether an id could be one of the kind with this prefix, in its long or old short form.
func wellFormed(prefix, id string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	return ok && idShape.MatchString("x-"+rest)
}

// mustExist answers AWS's error where a resource of any kind that bears tags does not exist.
func (r *Region) mustExist(tx *store.Tx, id string) error {
	k, ok := kindOf(id)
	switch {
	case !ok || k.tagged == "":
		return wire.Errorf("InvalidID", "The ID '%s' is not valid", id)
	case !k.exists(r, tx, id):
		return k.missing(id)
	}
	return nil
}

// vpcInUse tells whether anything but what came with a VPC is in it.
func (r *Region) vpcInUse(tx *store.Tx, id string) bool {
	return slices.ContainsFunc(kinds, func(k *kind) bool { return k.keeps != nil && k.keeps(r, tx, id) })
}
