package doctor

import (
	"context"
	"fmt"

	"github.com/understudy/understudy"
)

// parameters returns the types of those of the service's parameters that the region has.
func (q asker) parameters(ctx context.Context) (map[string]string, error) {
	names := q.declared.Instance.Environment.Parameters()
	if len(names) == 0 {
		return nil, nil
	}
	return q.ParameterTypes(ctx, names)
}

// judgeEnvironment looks for the parameters that the service is started with.
func judgeEnvironment(d *understudy.Declaration, side understudy.Side, r region) (all []Finding) {
	if r.parameters.err != nil {
		return []Finding{unread(CheckParameter, side, "ssm:DescribeParameters", r.parameters.err)}
	}
	for _, name := range d.Instance.Environment.Parameters() {
		if r.parameters.value[name] == "" {
			all = append(all, Finding{
				CheckParameter, Blocker, side, fmt.Sprintf("%s has no parameter %s", r.name, name),
				"no instance starts the service there without it, neither now nor after a failover",
				"aws ssm put-parameter --region " + r.name + " --name " + name + " --type SecureString --value file://VALUE",
			})
		}
	}
	return all
}
