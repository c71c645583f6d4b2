package region

import (
	"net/netip"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// tables is everything EC2 remembers.
type tables struct {
	vpcs        *store.Table[vpcRow]
	subnets     *store.Table[subnetRow]
	gateways    *store.Table[gatewayRow]
	routeTables *store.Table[routeTableRow]
	groups      *store.Table[groupRow]
	interfaces  *store.Table[interfaceRow]
	instances   *store.Table[instanceRow]
	images      *store.Table[imageRow]
	snapshots   *store.Table[snapshotRow]
	templates   *store.Table[templateRow]
	tagSets     *store.Table[tagsRow]
	tokens      *store.Table[tokenRow]
	counters    *store.Table[int]
}

// load returns the step that reads every table.
func (t *tables) load(db *store.DB) func() error {
	return func() (err error) {
		room.LoadTable(db, "vpcs", &t.vpcs, &err)
		room.LoadTable(db, "subnets", &t.subnets, &err)
		room.LoadTable(db, "internet-gateways", &t.gateways, &err)
		room.LoadTable(db, "route-tables", &t.routeTables, &err)
		room.LoadTable(db, "security-groups", &t.groups, &err)
		room.LoadTable(db, "network-interfaces", &t.interfaces, &err)
		room.LoadTable(db, "instances", &t.instances, &err)
		room.LoadTable(db, "images", &t.images, &err)
		room.LoadTable(db, "snapshots", &t.snapshots, &err)
		room.LoadTable(db, "launch-templates", &t.templates, &err)
		room.LoadTable(db, "tags", &t.tagSets, &err)
		room.LoadTable(db, "client-tokens", &t.tokens, &err)
		room.LoadTable(db, "counters", &t.counters, &err)
		return err
	}
}

type vpcRow struct {
	ID, CIDR                 string
	Tenancy                  ec2types.Tenancy
	DNSSupport, DNSHostnames bool
	ACL                      string // the default network ACL, which allows everything
	ACLAssociations          map[string]string
}

type subnetRow struct {
	ID, VPC, CIDR, Zone string
	MapPublic           bool
	ACLAssociation      string
}

type gatewayRow struct {
	ID, VPC string // VPC is empty while detached
}

type routeTableRow struct {
	ID, VPC      string
	Routes       []routeRow // beside the local one
	Associations []associationRow
}

type routeRow struct{ Destination, Gateway string }

type associationRow struct {
	ID, Subnet string
	Main       bool
}

type groupRow struct {
	ID, VPC, Name, Description string
	Rules                      []ruleRow
}

// ruleRow is one security group rule: one source or destination each.
type ruleRow struct {
	ID                 string
	Egress             bool
	Protocol           string // tcp, udp, icmp, icmpv6 or -1
	From, To           int32
	CIDR, CIDR6, Group string // one of them
	Description        string
}

type interfaceRow struct {
	ID, VPC, Subnet, Zone, MAC, Description string
	Address                                 netip.Addr
	Public                                  netip.Addr // the zero value where it has none
	WantsPublic                             bool       // to be given a public address at each start of its instance
	Groups                                  []string
	Instance, Attachment                    string // empty for a load balancer's
	KeepOnTermination                       bool
	Attached                                time.Time
}

// instanceRow is an instance. Its state is what the instance's own worker acts on, see ec2_lifecycle.go.
type instanceRow struct {
	ID, Reservation, Image, Subnet, VPC, Zone, Interface string
	LaunchIndex                                          int32
	Type                                                 ec2types.InstanceType
	Architecture                                         ec2types.ArchitectureValues
	State                                                ec2types.InstanceStateName
	Reason                                               *ec2types.StateReason
	Transition                                           string // "User initiated (2006-01-02 15:04:05 GMT)"
	Launched                                             time.Time
	Started                                              time.Time // when it last became running
	Ended                                                time.Time // when it became terminated
	UserData                                             string    // base64
	Token                                                string
	Layers                                               []string // digests, the topmost first
	Volume                                               string
	VolumeMade                                           time.Time
	VolumeSnapshot                                       string // that the volume was made of, which the image may not outlive
	Boot                                                 int    // rises with each reboot
	Held                                                 bool   // its processes rest while an image is made of it
	ProtectTermination, EbsOptimized, Monitoring         bool
	ShutdownTerminates                                   bool
	Metadata                                             ec2types.InstanceMetadataOptionsResponse
}

type imageRow struct {
	ID, Name, Description, Owner, Alias, Snapshot string
	Architecture                                  ec2types.ArchitectureValues
	State                                         ec2types.ImageState
	Reason                                        *ec2types.StateReason
	Created                                       time.Time
	Public                                        bool
	Layers                                        []string // digests, the topmost first; none for the host's root alone
	SourceImage, SourceRegion, SourceInstance     string
	NoReboot                                      bool
}

type snapshotRow struct {
	ID, Volume, Description, Owner string
	Started                        time.Time
	State                          ec2types.SnapshotState
}

type templateRow struct {
	ID, Name        string
	Created         time.Time
	Default, Latest int64
	Versions        []versionRow
}

type versionRow struct {
	Number      int64
	Description string
	Created     time.Time
	Data        ec2types.RequestLaunchTemplateData
}
