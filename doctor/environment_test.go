package doctor

import (
	"errors"
	"testing"

	"github.com/understudy/understudy"
)

func TestParametersOfTheServiceHaveToBeInEachRegion(t *testing.T) {
	needs := func(d *understudy.Declaration) {
		d.Instance.Environment = understudy.Environment{"A": {Text: "a"}, "B": {Parameter: "/hello/b"}}
	}
	both := func(change func(*region)) func(*facts) {
		return func(f *facts) {
			for _, side := range understudy.Sides {
				at(f, side, func(r *region) { r.parameters.value = map[string]string{"/hello/b": "SecureString"} })
			}
			secondary(f, change)
		}
	}
	for _, j := range []judged{
		{name: "missing", declared: needs, facts: both(func(r *region) { r.parameters.value = nil }),
			check: CheckParameter, severity: Blocker, side: understudy.Secondary, says: "put-parameter --region eu-central-1 --name /hello/b"},
		{name: "not read", declared: needs, facts: both(func(r *region) { r.parameters.err = errors.New("cut off") }),
			check: CheckParameter, severity: Unchecked, side: understudy.Secondary, says: "cut off"},
		{name: "refused", declared: needs, facts: both(func(r *region) { r.parameters.err = coded("AccessDeniedException") }),
			check: CheckPermission, severity: Blocker, side: understudy.Secondary, says: "ssm:DescribeParameters"},
	} {
		t.Run(j.name, j.run)
	}
}
