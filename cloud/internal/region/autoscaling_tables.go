package region

import (
	"time"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/fleet"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// fleetTargets is what Auto Scaling needs of Elastic Load Balancing.
type fleetTargets interface {
	registerTargets(targetGroup string, instances []string) error
	deregisterTargets(targetGroup string, instances []string) error
	targetGroupExists(targetGroup string) bool
	// targetState returns an instance's health in a target group, or false where it is not registered.
	targetState(targetGroup, instance string) (elbtypes.TargetHealth, bool)
}

// fleetServices is everything Auto Scaling remembers.
type fleetServices struct {
	fleets     *store.Table[fleetRow]    // by name
	members    *store.Table[memberRow]   // by token
	activities *store.Table[activityRow] // by id
	refreshes  *store.Table[refreshRow]  // by id
}

func (r *Region) loadFleets() (err error) {
	room.LoadTable(r.DB, "auto-scaling-groups", &r.fleets, &err)
	room.LoadTable(r.DB, "auto-scaling-instances", &r.members, &err)
	room.LoadTable(r.DB, "scaling-activities", &r.activities, &err)
	room.LoadTable(r.DB, "instance-refreshes", &r.refreshes, &err)
	return err
}

// fleetRow is an Auto Scaling group. Times are in the seconds of the API, not yet divided by the speed.
type fleetRow struct {
	Name, ID          string
	Created           time.Time
	Min, Max, Desired int32
	Template          templateSpec
	Subnets           []string
	HealthCheckType   string
	Grace, Cooldown   int32
	Warmup            *int32
	Policies          []string
	ProtectNew        bool
	Attachments       []fleet.Attachment
	Suspended         map[fleet.Process]string // and why
	Tags              []autoscalingtypes.TagDescription
	Deleting          bool

	Owed     int                  // see fleet.Group
	Request  string               // the sentence on the last user request that changed the capacity, until it is fulfilled
	Failures int                  // launches in a row
	Resting  map[string]time.Time // zones
	Refresh  string               // the id of the one under way
}

// templateSpec names a launch template and its version: a number, $Latest or $Default.
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
	MinHealthy   int32
	Warmup       int32 // seconds
	SkipMatching bool
	Template     templateSpec  // with a version number
	Desired      *templateSpec // as asked for: the group's own when the refresh succeeds
	Left         int32         // once it is over
	Percent      int32
}
