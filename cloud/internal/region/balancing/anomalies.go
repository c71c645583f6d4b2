package balancing

import (
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// anomalyMitigation is the attribute by which targets that answer worse than their peers get fewer requests.
const anomalyMitigation = "load_balancing.algorithm.anomaly_mitigation"

func (row targetGroupRow) mitigates() bool { return !row.flow() && row.set(anomalyMitigation) == "on" }

// anomaly tells whether a target's load balancer finds it anomalous, and sends it less for it. Anomalies are looked for in all target groups
// of application load balancers (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AnomalyDetection.html).
func (r *Room) anomaly(g targetGroupRow, t targetRow) (anomalous, mitigated bool) {
	user, _ := r.groupUser(g.ARN)
	at, _, _ := r.targetAddress(g, t)
	r.serving.Lock()
	b := r.serving.running[user]
	r.serving.Unlock()
	if b == nil || g.flow() {
		return false, false
	}
	return b.Anomaly(g.ARN, runTarget(t, at))
}

func (r *Room) showAnomaly(g targetGroupRow, t targetRow) *elbtypes.AnomalyDetection {
	if g.flow() {
		return nil
	}
	out := &elbtypes.AnomalyDetection{Result: elbtypes.AnomalyResultEnumNormal, MitigationInEffect: elbtypes.MitigationInEffectEnumNo}
	anomalous, mitigated := r.anomaly(g, t)
	if anomalous {
		out.Result = elbtypes.AnomalyResultEnumAnomalous
	}
	if mitigated {
		out.MitigationInEffect = elbtypes.MitigationInEffectEnumYes
	}
	return out
}
