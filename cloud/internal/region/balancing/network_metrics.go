package balancing

import (
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/metrics"
)

// networkNamespace is that of network load balancers' metrics
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html).
const networkNamespace = "AWS/NetworkELB"

// namespaceOf is that of a load balancer's metrics; empty for application load balancers'.
func namespaceOf(b loadBalancerRow) string {
	if b.network() {
		return networkNamespace
	}
	return ""
}

// publishFlows tells what a network load balancer's node has done.
func (r *Room) publishFlows(b loadBalancerRow, zone string, t balancer.Traffic, put metrics.Put) {
	f := t.Flows
	s := series{namespace: networkNamespace, zone: zone, balancer: tail(b.ARN, "loadbalancer"), put: put}
	var all balancer.ProtocolTraffic
	for _, p := range []struct {
		name string
		balancer.ProtocolTraffic
	}{{"_TCP", f.TCP}, {"_TLS", f.TLS}, {"_UDP", f.UDP}} {
		s.count("ActiveFlowCount"+p.name, uint64(p.Active), byZone)
		s.count("NewFlowCount"+p.name, p.New, byZone)
		s.bytes("ProcessedBytes"+p.name, p.Bytes)
		all.Active, all.New, all.Bytes = all.Active+p.Active, all.New+p.New, all.Bytes+p.Bytes
	}
	s.one("ActiveFlowCount", cwtypes.StandardUnitCount, float64(all.Active), byZone) // these are told always
	s.one("NewFlowCount", cwtypes.StandardUnitCount, float64(all.New), byZone)
	for name, n := range map[string]uint64{
		"TCP_Client_Reset_Count": f.ClientResets, "TCP_Target_Reset_Count": f.TargetResets, "TCP_ELB_Reset_Count": f.OwnResets,
		"RejectedFlowCount": t.Rejected,
	} {
		s.one(name, cwtypes.StandardUnitCount, float64(n), byZone)
	}
	well := 0.0
	if r.zoneIsWell(b, zone) && zone != r.zoneLeft(b) {
		well = 1
	}
	s.one("ZonalHealthStatus", cwtypes.StandardUnitCount, well, byZone)
	s.bytes("ProcessedBytes", all.Bytes)
	for name, n := range map[string]uint64{
		"RejectedFlowCount_TCP": t.Rejected, "ClientTLSNegotiationErrorCount": f.ClientTLSErrors, "TargetTLSNegotiationErrorCount": f.TargetTLSErrors,
		"PortAllocationErrorCount": f.PortErrors, "UnhealthyRoutingFlowCount": f.UnhealthyRouting,
	} {
		s.count(name, n, byZone)
	}
}

// bytes puts a number of bytes, unless there were none.
func (s series) bytes(name string, n uint64) {
	if n > 0 {
		s.one(name, cwtypes.StandardUnitBytes, float64(n), byZone)
	}
}
