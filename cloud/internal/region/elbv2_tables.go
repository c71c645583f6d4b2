package region

import (
	"strings"
	"sync"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// elbServices is everything Elastic Load Balancing remembers, and what it runs. Rows are kept by ARN.
type elbServices struct {
	loadBalancers *store.Table[loadBalancerRow]
	targetGroups  *store.Table[targetGroupRow]
	listeners     *store.Table[listenerRow]
	elbRules      *store.Table[elbRuleRow]

	elb struct {
		sync.Mutex
		running map[string]*balancer.Balancer // by load balancer
		ports   string                        // what is published of them, to notice changes
		failed  map[string]string             // the last error told of each
	}
}

func (r *Region) loadELB() (err error) {
	room.LoadTable(r.DB, "load-balancers", &r.loadBalancers, &err)
	room.LoadTable(r.DB, "target-groups", &r.targetGroups, &err)
	room.LoadTable(r.DB, "listeners", &r.listeners, &err)
	room.LoadTable(r.DB, "listener-rules", &r.elbRules, &err)
	return err
}

type loadBalancerRow struct {
	ARN, Name, DNSName, VPC string
	Scheme                  elbtypes.LoadBalancerSchemeEnum
	Nodes                   []nodeRow // in the order of their zones
	Groups                  []string
	Created                 time.Time
	Active                  bool // its nodes have served
	Attributes, Tags        map[string]string
}

// nodeRow is a load balancer's presence in one zone.
type nodeRow struct{ Subnet, Zone, Interface string }

type targetGroupRow struct {
	ARN, Name, VPC     string
	Type               elbtypes.TargetTypeEnum
	Port               int32
	CheckPort, Path    string // CheckPort is a number or traffic-port
	Interval, Timeout  int32  // seconds
	Healthy, Unhealthy int32
	Matcher            string
	Targets            []targetRow
	Attributes, Tags   map[string]string
}

// targetRow is a registered target; it drains where Until is set.
type targetRow struct {
	ID    string
	Port  int32
	Until time.Time
}

func (t targetRow) draining() bool { return !t.Until.IsZero() }

type listenerRow struct {
	ARN, LoadBalancer string
	DefaultRule       string // ARN
	Port              int32
	Actions           []elbtypes.Action
	Tags              map[string]string
}

// elbRuleRow is a rule beside a listener's default one.
type elbRuleRow struct {
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

func missingELBRule() error {
	return wire.Errorf("RuleNotFound", "One or more rules not found")
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

// wanted refuses a required parameter that is missing.
func wanted(name string, value *string) error {
	if room.Deref(value) == "" {
		return invalid("The request must contain the parameter '%s'", name)
	}
	return nil
}

// elbPage cuts a listing as this service does: all rows come unless a size is asked for.
func elbPage[T any](rows []T, key func(T) string, size *int32, marker *string) ([]T, *string, error) {
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
