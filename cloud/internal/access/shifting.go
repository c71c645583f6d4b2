package access

import (
	"encoding/json"
	"net/url"
	"strings"
)

// shiftPrefix is before a zonal shift's id in questions.
const shiftPrefix = "zonalshift/"

// shifting are the needs of a call of zonal shift (Service Authorization Reference, "Amazon Application Recovery Controller - Zonal Shift").
// They are about the load balancer, whether the call names it or a shift of it; listings are about nothing of their own.
func (q *question) shifting() ([]need, error) {
	collection, name, _ := strings.Cut(strings.TrimPrefix(q.Request.URL.EscapedPath(), "/"), "/")
	about, err := url.PathUnescape(name)
	if err != nil {
		about = name
	}
	if about == "" {
		var in struct{ ResourceIdentifier string }
		_ = json.Unmarshal(q.Body, &in) // what is no JSON names nothing, and is refused by its handler
		about = in.ResourceIdentifier
	} else if collection == "zonalshifts" {
		about = shiftPrefix + about
	}
	if about == "" {
		return []need{q.on(anything, nil)}, nil
	}
	answer, err := q.Regions.Ask(q.ctx, q.Region, Question{Names: []string{about}})
	if err != nil {
		return nil, err
	}
	resource := about
	if strings.HasPrefix(about, shiftPrefix) {
		if resource = answer.Things[about].ARN; resource == "" {
			return []need{q.on(anything, nil)}, nil
		}
	}
	keys := tagKeys("elasticloadbalancing", nil, answer.Things[resource].Tags)
	keys.Set("arc-zonal-shift:ResourceIdentifier", resource)
	return []need{q.on(resource, keys)}, nil
}
