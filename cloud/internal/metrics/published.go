package metrics

import (
	"slices"
	"strings"
)

// published are the metrics that this cloud's services put, by their namespaces. Others of these namespaces AWS has and this cloud has not.
var published = map[string][]string{
	"AWS/ApplicationELB": {
		"ActiveConnectionCount", "AnomalousHostCount", "ClientTLSNegotiationErrorCount", "DesyncMitigationMode_NonCompliant_Request_Count",
		"DroppedInvalidHeaderRequestCount", "ForwardedInvalidHeaderRequestCount", "GrpcRequestCount", "HTTPCode_ELB_3XX_Count",
		"HTTPCode_ELB_4XX_Count", "HTTPCode_ELB_500_Count", "HTTPCode_ELB_502_Count", "HTTPCode_ELB_503_Count", "HTTPCode_ELB_504_Count",
		"HTTPCode_ELB_5XX_Count", "HTTPCode_Target_2XX_Count", "HTTPCode_Target_3XX_Count", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count",
		"HTTP_Fixed_Response_Count", "HTTP_Redirect_Count", "HealthyHostCount", "HealthyStateDNS", "HealthyStateRouting", "IPv6ProcessedBytes",
		"IPv6RequestCount", "MitigatedHostCount", "NewConnectionCount", "NonStickyRequestCount", "ProcessedBytes", "RejectedConnectionCount",
		"RequestCount", "RequestCountPerTarget", "RuleEvaluations", "TargetConnectionErrorCount", "TargetResponseTime",
		"TargetTLSNegotiationErrorCount", "UnHealthyHostCount", "UnhealthyRoutingRequestCount", "UnhealthyStateDNS", "UnhealthyStateRouting",
		"ZonalShiftedHostCount",
	},
	"AWS/AutoScaling": {
		"GroupAndWarmPoolDesiredCapacity", "GroupAndWarmPoolTotalCapacity", "GroupDesiredCapacity", "GroupInServiceCapacity", "GroupInServiceInstances",
		"GroupMaxSize", "GroupMinSize", "GroupPendingCapacity", "GroupPendingInstances", "GroupStandbyCapacity", "GroupStandbyInstances",
		"GroupTerminatingCapacity", "GroupTerminatingInstances", "GroupTotalCapacity", "GroupTotalInstances", "WarmPoolDesiredCapacity",
		"WarmPoolMinSize", "WarmPoolPendingCapacity", "WarmPoolTerminatingCapacity", "WarmPoolTotalCapacity", "WarmPoolWarmedCapacity",
	},
	"AWS/EC2": {
		"CPUUtilization", "NetworkIn", "NetworkOut", "NetworkPacketsIn", "NetworkPacketsOut", "StatusCheckFailed", "StatusCheckFailed_AttachedEBS",
		"StatusCheckFailed_Instance", "StatusCheckFailed_System",
	},
	"AWS/NetworkELB": {
		"ActiveFlowCount", "ActiveFlowCount_TCP", "ActiveFlowCount_TLS", "ActiveFlowCount_UDP", "ClientTLSNegotiationErrorCount", "HealthyHostCount",
		"NewFlowCount", "NewFlowCount_TCP", "NewFlowCount_TLS", "NewFlowCount_UDP", "PortAllocationErrorCount", "ProcessedBytes",
		"ProcessedBytes_TCP", "ProcessedBytes_TLS", "ProcessedBytes_UDP", "RejectedFlowCount", "RejectedFlowCount_TCP", "TCP_Client_Reset_Count",
		"TCP_ELB_Reset_Count", "TCP_Target_Reset_Count", "TargetTLSNegotiationErrorCount", "UnHealthyHostCount", "UnhealthyRoutingFlowCount",
		"ZonalHealthStatus", "ZonalShiftedHostCount",
	},
	"AWS/Route53": {
		"ChildHealthCheckHealthyCount", "ConnectionTime", "HealthCheckPercentageHealthy", "HealthCheckStatus", "SSLHandshakeTime", "TimeToFirstByte",
	},
}

// Published tells whether a metric may have data here. Namespaces that begin with AWS/ are for services alone; all others are whose who puts data there.
func (m Metric) Published() bool {
	return !strings.HasPrefix(m.Namespace, "AWS/") || slices.Contains(published[m.Namespace], m.Name)
}
