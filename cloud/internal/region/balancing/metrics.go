package balancing

import (
	"cmp"
	"fmt"
	"strings"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/metrics"
)

// PublishMetrics puts what load balancing tells CloudWatch each minute
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html). Of what did not happen
// it tells nothing.
func (r *Room) PublishMetrics(put metrics.Put) {
	r.publishHosts(put)
	for arn, nodes := range r.takeTraffic() {
		row, ok := r.loadBalancers.Get(arn)
		if !ok {
			continue
		}
		for _, n := range row.Nodes {
			if row.network() {
				r.publishFlows(row, n.Zone, nodes[n.Interface], put)
				continue
			}
			r.publishNode(row, n.Zone, nodes[n.Interface], put)
		}
	}
}

// publishHosts tells how many targets are well.
func (r *Room) publishHosts(put metrics.Put) {
	for _, g := range r.targetGroups.All() {
		user, used := r.groupUser(g.ARN)
		if !used {
			continue
		}
		b, _ := r.loadBalancers.Get(user)
		r.publishHostsOf(series{namespace: namespaceOf(b), balancer: tail(user, "loadbalancer"), group: groupName(g.ARN), put: put}, g, b)
	}
}

// publishHostsOf tells how many targets of a group are well, in all zones and in each of a load balancer's.
func (r *Room) publishHostsOf(s series, g targetGroupRow, b loadBalancerRow) {
	tell := func(healthy, unhealthy int, sets []int) {
		s.one("HealthyHostCount", cwtypes.StandardUnitCount, float64(healthy), sets)
		s.one("UnHealthyHostCount", cwtypes.StandardUnitCount, float64(unhealthy), sets)
	}
	healthy, unhealthy := r.hosts(g)
	tell(healthy, unhealthy, byGroupAndZone[:1])
	r.publishAnomalies(s, g, byGroupAndZone[:1])
	for _, n := range b.Nodes {
		s.zone = n.Zone
		healthy, unhealthy := r.hostsIn(g, n.Zone)
		tell(healthy, unhealthy, byGroupAndZone[1:])
		within := g
		within.Targets = r.targetsIn(g, n.Zone)
		r.publishAnomalies(s, within, byGroupAndZone[1:])
	}
	r.publishZoneStates(s, g, b)
}

// publishAnomalies tells how many targets of a group answer worse than their peers, for how many something is done about it, and how many a zonal
// shift keeps requests from.
func (r *Room) publishAnomalies(s series, g targetGroupRow, sets []int) {
	var anomalies, mitigations, shifted uint64
	user, _ := r.groupUser(g.ARN)
	b, _ := r.loadBalancers.Get(user)
	for _, t := range g.Targets {
		anomalous, mitigated := r.anomaly(g, t)
		if anomalous {
			anomalies++
		}
		if mitigated {
			mitigations++
		}
		if r.override(b, g, t) == elbtypes.TargetAdministrativeOverrideStateEnumZonalShiftActive {
			shifted++
		}
	}
	s.count("ZonalShiftedHostCount", shifted, sets)
	if !g.flow() {
		s.one("AnomalousHostCount", cwtypes.StandardUnitCount, float64(anomalies), sets)
		s.one("MitigatedHostCount", cwtypes.StandardUnitCount, float64(mitigations), sets)
	}
}

// publishZoneStates tells in which of an application load balancer's zones a target group has enough healthy targets for DNS, and for routing.
func (r *Room) publishZoneStates(s series, g targetGroupRow, b loadBalancerRow) {
	if g.flow() {
		return
	}
	for name, kind := range map[string]string{"DNS": failoverOfDNS, "Routing": failoverOfRouting} {
		tell := func(healthy, zones int, sets []int) {
			s.one("HealthyState"+name, cwtypes.StandardUnitCount, float64(healthy), sets)
			s.one("UnhealthyState"+name, cwtypes.StandardUnitCount, float64(zones-healthy), sets)
		}
		well := 0
		for _, n := range b.Nodes {
			targets, healthy := g.Targets, 0
			if !crossesZones(b, g) {
				targets = r.targetsIn(g, n.Zone)
			}
			if r.reaches(g, targets, kind) {
				healthy = 1
			}
			well, s.zone = well+healthy, n.Zone
			tell(healthy, 1, byGroupAndZone[1:])
		}
		tell(well, len(b.Nodes), byGroupAndZone[:1])
	}
}

func (r *Room) hosts(g targetGroupRow) (healthy, unhealthy int) {
	for _, t := range g.Targets {
		switch r.targetHealth(g, t).State {
		case elbtypes.TargetHealthStateEnumHealthy:
			healthy++
		case elbtypes.TargetHealthStateEnumUnhealthy:
			unhealthy++
		}
	}
	return healthy, unhealthy
}

// takeTraffic empties the counters of every load balancer.
func (r *Room) takeTraffic() map[string]map[string]balancer.Traffic {
	r.serving.Lock()
	defer r.serving.Unlock()
	all := map[string]map[string]balancer.Traffic{}
	for arn, b := range r.serving.running {
		all[arn] = b.Traffic()
	}
	return all
}

func groupName(arn string) string { return arn[strings.LastIndex(arn, "targetgroup/"):] }

// series puts the metrics of a load balancer's node, or of a target group there.
type series struct {
	namespace             string // empty for application load balancers'
	zone, balancer, group string
	put                   metrics.Put
}

// The sets of dimensions by which AWS has a metric, each in the order of names.
const (
	ofZone = 1 << iota
	ofBalancer
	ofGroup
)

var (
	byBalancer      = []int{ofBalancer}
	byZone          = []int{ofBalancer, ofZone | ofBalancer}
	byGroupAndZone  = []int{ofBalancer | ofGroup, ofZone | ofBalancer | ofGroup}
	byAll           = []int{ofBalancer, ofZone | ofBalancer, ofBalancer | ofGroup, ofZone | ofBalancer | ofGroup}
	byGroupAndZones = []int{ofGroup, ofZone | ofGroup, ofBalancer | ofGroup, ofZone | ofBalancer | ofGroup}
)

func (s series) dimensions(which int) (all []metrics.Dimension) {
	for _, d := range []struct {
		bit         int
		name, value string
	}{{ofZone, "AvailabilityZone", s.zone}, {ofBalancer, "LoadBalancer", s.balancer}, {ofGroup, "TargetGroup", s.group}} {
		if which&d.bit != 0 {
			all = append(all, metrics.Dimension{Name: d.name, Value: d.value})
		}
	}
	return all
}

func (s series) one(name string, unit cwtypes.StandardUnit, value float64, sets []int) {
	s.all(name, unit, metrics.One(value, 1), sets)
}

func (s series) all(name string, unit cwtypes.StandardUnit, data metrics.Summary, sets []int) {
	for _, which := range sets {
		s.put(metrics.Metric{Namespace: cmp.Or(s.namespace, "AWS/ApplicationELB"), Name: name, Dimensions: s.dimensions(which)}, string(unit), data)
	}
}

// count puts a count, unless nothing was counted.
func (s series) count(name string, n uint64, sets []int) {
	if n > 0 {
		s.one(name, cwtypes.StandardUnitCount, float64(n), sets)
	}
}

// publishNode tells what a node has done.
func (r *Room) publishNode(b loadBalancerRow, zone string, t balancer.Traffic, put metrics.Put) {
	s := series{zone: zone, balancer: tail(b.ARN, "loadbalancer"), put: put}
	s.count("ActiveConnectionCount", uint64(t.Active), byZone)
	s.count("NewConnectionCount", t.Connections, byZone)
	s.count("RejectedConnectionCount", t.Rejected, byZone)
	s.count("ClientTLSNegotiationErrorCount", t.TLSErrors, byZone)
	s.count("DesyncMitigationMode_NonCompliant_Request_Count", t.Unlike, byZone)
	s.count("DroppedInvalidHeaderRequestCount", t.Dropped, byZone)
	s.count("ForwardedInvalidHeaderRequestCount", t.Invalid, byZone)
	s.count("NonStickyRequestCount", t.Unstuck, byZone)
	s.count("RuleEvaluations", t.Evaluations, byBalancer)
	s.count("HTTP_Fixed_Response_Count", t.Fixed, byZone)
	s.count("HTTP_Redirect_Count", t.Redirects, byZone)
	s.count("GrpcRequestCount", t.Calls, byZone)
	s.bytes("ProcessedBytes", t.Bytes)
	s.bytes("IPv6ProcessedBytes", t.IPv6Bytes)
	var classes [6]uint64
	for status, n := range t.Own {
		classes[min(status/100, 5)] += n
		switch status {
		case 500, 502, 503, 504:
			s.count(fmt.Sprintf("HTTPCode_ELB_%d_Count", status), n, byZone)
		}
	}
	for class := 3; class <= 5; class++ {
		s.count(fmt.Sprintf("HTTPCode_ELB_%dXX_Count", class), classes[class], byZone)
	}
	for arn, g := range t.Groups {
		s.group = groupName(arn)
		r.publishGroup(arn, s, g)
	}
}

// publishGroup tells what a node has done with a target group.
func (r *Room) publishGroup(arn string, s series, g balancer.GroupTraffic) {
	s.count("RequestCount", g.Requests, byAll)
	s.count("IPv6RequestCount", g.IPv6, byAll)
	s.count("UnhealthyRoutingRequestCount", g.Open, byAll)
	s.count("TargetConnectionErrorCount", g.Failed, byAll)
	s.count("TargetTLSNegotiationErrorCount", g.TLSErrors, byAll)
	for class := 2; class <= 5; class++ {
		s.count(fmt.Sprintf("HTTPCode_Target_%dXX_Count", class), g.Answers[class], byAll)
	}
	for _, t := range g.Times {
		s.all("TargetResponseTime", cwtypes.StandardUnitSeconds, metrics.One(t.Time.Seconds(), float64(t.Count)), byAll)
	}
	if row, ok := r.targetGroups.Get(arn); ok && g.Requests > 0 {
		if healthy, _ := r.hosts(row); healthy > 0 {
			s.one("RequestCountPerTarget", cwtypes.StandardUnitCount, float64(g.Requests)/float64(healthy), byGroupAndZones)
		}
	}
}
