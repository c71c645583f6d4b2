package balancing

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TargetState is what a load balancer finds of one target.
type TargetState elbtypes.TargetHealth

func (s *TargetState) Healthy() bool {
	return s != nil && s.State == elbtypes.TargetHealthStateEnumHealthy
}

// String returns the state with its reason, or nothing for a target that is not registered.
func (s *TargetState) String() string {
	if s == nil {
		return ""
	}
	text := strings.TrimSpace(fmt.Sprintf("%s %s", s.State, s.Reason))
	if d := aws.ToString(s.Description); d != "" {
		text += ": " + d
	}
	return text
}

// StateOf returns the states of targets by their ids.
func StateOf(found []elbtypes.TargetHealthDescription) map[string]*TargetState {
	states := map[string]*TargetState{}
	for _, h := range found {
		if h.Target != nil && h.TargetHealth != nil {
			states[aws.ToString(h.Target.Id)] = (*TargetState)(h.TargetHealth)
		}
	}
	return states
}
