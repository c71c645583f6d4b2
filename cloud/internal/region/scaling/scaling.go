// Package scaling is Auto Scaling in one region. What a group does next is decided by package fleet.
package scaling

import (
	"time"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Targets is what Auto Scaling needs of Elastic Load Balancing. A nil tx reads what is committed.
type Targets interface {
	// Register and Deregister run after a commit, not inside one.
	Register(targetGroup string, instances []string) error
	Deregister(targetGroup string, instances []string) error
	// TargetType is what a target group has for targets, or false where there is no such group.
	TargetType(tx *store.Tx, targetGroup string) (elbtypes.TargetTypeEnum, bool)
	// State returns an instance's health in a target group, or false where it is not registered.
	State(targetGroup, instance string) (elbtypes.TargetHealth, bool)
	// News is what to watch for a change of State.
	News() []store.Topic
}

// Machines is what Auto Scaling needs of EC2. A nil tx reads what is committed.
type Machines interface {
	Instance(tx *store.Tx, id string) (Instance, bool)
	// Zone returns the zone of a subnet, or false where there is no such subnet.
	Zone(tx *store.Tx, subnet string) (string, bool)
	// ZoneID returns the id of a zone.
	ZoneID(zone string) string
	// ZoneOf returns the zone of an id, or false where there is none.
	ZoneOf(id string) (zone string, ok bool)
	// DefaultSubnet returns the default subnet of a zone; there is an error where there is none.
	DefaultSubnet(tx *store.Tx, zone string) (string, error)
	// Template finds a version of a launch template: a number, $Latest, $Default or nothing for the default.
	Template(tx *store.Tx, id, name, version *string) (Template, error)
	// CheckProfile refuses a launch template with an instance profile that no instance could have. It runs before a change,
	// and not inside one.
	CheckProfile(id, name, version *string) error
	// CheckConfiguration refuses a launch, as yet without a subnet, that could never be. It does not run inside a change either.
	CheckConfiguration(*ec2.RunInstancesInput) error
	// Tag puts AWS's own tags on an instance.
	Tag(tx *store.Tx, instance string, tags []ec2types.Tag) error
	// Untag takes tags from an instance.
	Untag(tx *store.Tx, instance string, keys ...string) error
	// Launched finds the instance that was launched with a client token.
	Launched(token string) (id string, ok bool)
	// Launch, Terminate, Stop and Start run after a commit, not inside one.
	Launch(*ec2.RunInstancesInput) (id string, err error)
	Terminate(ids []string) error
	// What is stopped or started already is no error.
	Stop(id string) error
	Start(id string) error
	// News is what to watch for a change of Instance.
	News() []store.Topic
}

// Instance is what a group looks at.
type Instance struct {
	Type    ec2types.InstanceType
	Subnet  string
	State   ec2types.InstanceStateName
	Started time.Time // when it last became running
	Reason  string    // of its last change of state, where it was no user's
}

// Template is an exact version of a launch template.
type Template struct {
	ID, Name string
	Version  int64
	// ByParameter tells that its image is named by a parameter of Systems Manager.
	ByParameter bool
}

// Topics is SNS: it tells a topic, which may be any ARN, and returns an error where that reaches nobody.
type Topics interface {
	Notify(topic, subject, message string) error
}

// Alarms is what Auto Scaling needs of CloudWatch.
type Alarms interface {
	// Acting are those whose action something is.
	Acting(action string) []autoscalingtypes.Alarm
	// Reading tells an alarm's state, and the latest value of what it watches; nil where there is none. It is not for use in a change.
	Reading(name string) (cwtypes.StateValue, *float64)
	PutAlarm(*store.Tx, *cloudwatch.PutMetricAlarmInput) error
	// DropAlarms deletes alarms; those that there are not are no error.
	DropAlarms(tx *store.Tx, names ...string) error
	// DropAction takes an action from alarms, and deletes those that have none left where it is the last that they were for.
	DropAction(tx *store.Tx, action string, last bool) error
	// News is what to watch for a change of Reading.
	News() []store.Topic
}

// Room is Auto Scaling in one region.
type Room struct {
	*room.Base
	machines Machines
	targets  Targets
	opened   time.Time // instances that ran before are started again after it

	fleets     *store.Table[fleetRow]     // by name
	members    *store.Table[memberRow]    // by token
	activities *store.Table[activityRow]  // by id
	refreshes  *store.Table[refreshRow]   // by id
	policies   *store.Table[policyRow]    // by group and name
	scheduled  *store.Table[scheduledRow] // by group and name

	configurations *store.Table[configurationRow] // by name

	alarms Alarms
	topics Topics
}

// Load reads the tables.
func Load(base *room.Base, machines Machines, targets Targets, alarms Alarms, topics Topics) (*Room, error) {
	r := &Room{Base: base, machines: machines, targets: targets, alarms: alarms, topics: topics, opened: time.Now().UTC()}
	var err error
	room.LoadTable(r.DB, "auto-scaling-groups", &r.fleets, &err)
	room.LoadTable(r.DB, "auto-scaling-instances", &r.members, &err)
	room.LoadTable(r.DB, "scaling-activities", &r.activities, &err)
	room.LoadTable(r.DB, "instance-refreshes", &r.refreshes, &err)
	room.LoadTable(r.DB, "scaling-policies", &r.policies, &err)
	room.LoadTable(r.DB, "scheduled-actions", &r.scheduled, &err)
	room.LoadTable(r.DB, "launch-configurations", &r.configurations, &err)
	return r, err
}

// Open begins to tend the groups. EC2 and load balancing are up by then.
func (r *Room) Open() {
	r.Spawn(r.tendFleets)
	r.Spawn(r.tendSchedule)
}

// fleetRow is an Auto Scaling group. Times are in the seconds of the API, not yet divided by the speed.
type fleetRow struct {
	Name, ID          string
	Created           time.Time
	Min, Max, Desired int32
	Template          templateSpec
	Subnets           []string
	ByZones           bool // it was made for zones, and the subnets are their default ones
	HealthCheckType   string
	Grace, Cooldown   int32
	Warmup            *int32
	Policies          []string
	ProtectNew        bool
	PlacementGroup    string
	Configuration     string       // the launch configuration's name, in place of a launch template
	Mixed             *mixedPolicy // nil for a group of its launch template alone
	Warm              *warmPool    // nil for none
	Maintenance       *fleet.Range // nil for no policy
	Lifetime          int32        // of an instance, at most; zero is without an end
	CapacityRebalance bool         // of Spot Instances, which there are none of
	Distribution      autoscalingtypes.CapacityDistributionStrategy
	CapacityType      string
	Deletion          autoscalingtypes.DeletionProtection            // empty for none
	Reservations      autoscalingtypes.CapacityReservationPreference // empty for the default
	Role              string                                         // the service-linked role's ARN; empty for the usual one
	Attachments       []fleet.Attachment
	Suspended         map[fleet.Process]string // and why
	Metrics           []string                 // that are collected
	Tags              []autoscalingtypes.TagDescription
	Deleting          bool

	Owed          int                  // see fleet.Group
	Request       string               // the sentence on the last user request that changed the capacity, until it is fulfilled
	Failures      int                  // launches in a row
	Resting       map[string]time.Time // zones
	Exhausted     []string             // the mixed policy's types that could not be launched last
	Refresh       string               // the id of the one under way
	Hooks         []hookRow            // in the order of their names
	Notifications map[string][]string  // their types, by topic
}

// rollback is what a refresh was when it began to be rolled back.
type rollback struct {
	Began         time.Time
	Reason        string
	Left, Percent int32
}

// templateSpec names a launch template and its version: a number, $Latest, $Default or nothing, which is the default too.
type templateSpec struct{ ID, Name, Version string }

// memberRow is an instance of a group. It is written before the instance is launched, with the client
// token of the launch as its key, so that a launch is neither forgotten nor done twice.
type memberRow struct {
	Token, Group     string
	Instance         string // empty until it is launched
	Zone, Subnet     string
	Template         templateSpec // with a version number
	Launched         time.Time
	State            fleet.Lifecycle
	InService        time.Time
	Sick             fleet.Reason
	Protected        bool
	Registered       []string // target groups
	Launch, Terminal string   // ids of its activities
	Stage            fleet.Stage
	Waits            []hookWait // hooks that it waits for
	Configuration    string     // what it was launched from, in place of a template
	Configured       time.Time  // when that was made
	Type             string     // that a mixed policy chose; empty for none
	Weight           int        // of its type; zero for none
	Balances, Told   bool       // see fleet.Instance
}

type activityRow struct {
	ID, Group, GroupARN, Description, Cause, Details, Message string
	Start, End                                                time.Time // End is zero while it goes on
	Status                                                    autoscalingtypes.ScalingActivityStatusCode
	Progress                                                  int32
}

type refreshRow struct {
	ID, Group    string
	Started, End time.Time
	Status       autoscalingtypes.InstanceRefreshStatus
	Reason       string
	Range        fleet.Range
	Warmup       int32 // seconds
	SkipMatching bool
	AutoRollback bool
	Rollback     *rollback // once it is rolled back
	Source       source    // with version numbers
	Desired      *source   // as asked for: the group's own when the refresh succeeds
	Protected    autoscalingtypes.ScaleInProtectedInstances
	Standby      autoscalingtypes.StandbyInstances
	Checkpoints  []int32
	Delay, Bake  int32 // seconds
	Passed       int   // checkpoints that it has reached, the last one at Since
	Since        time.Time
	Baking       time.Time // since when it bakes
	Resumed      time.Time // see fleet.Refresh
	Alarms       []string  // that end it
	Left         int32     // once it is over
	Percent      int32
}
