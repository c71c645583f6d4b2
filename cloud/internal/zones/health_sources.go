package zones

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/controls"
	"github.com/understudy/understudy/cloud/internal/health"
)

// healthSources are where the health of checks comes from: the monitor's own checkers, the data of CloudWatch alarms, which
// the regions report, and routing controls, which are in this process.
type healthSources struct {
	*health.Monitor
	*alarms
	controls *controls.Room
	found    *checks.Found
	answers  *answers
}

var _ checks.Engine = (*healthSources)(nil)

// Control implements checks.Engine.
func (s *healthSources) Control(arn string) bool { return s.controls.Exists(arn) }

// Remove implements checks.Engine.
func (s *healthSources) Remove(id string) {
	s.Watch(id, nil)
	s.Monitor.Remove(id)
	s.found.Note(map[string]bool{id: true})
	s.answers.judged(nil, id)
}

// followers are the health checks of a routing control.
func (r *Room) followers(arn string) (ids []string) {
	for _, c := range r.Checks.All() {
		if aws.ToString(c.Config.RoutingControlArn) == arn {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
