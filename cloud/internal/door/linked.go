package door

import "net/http"

// linkedBy are the calls whose first success gives their service a role of its own ("Elastic Load Balancing service-linked role",
// "Service-linked roles for Amazon EC2 Auto Scaling").
var linkedBy = map[string]string{
	"CreateLoadBalancer": "elasticloadbalancing.amazonaws.com", "CreateAutoScalingGroup": "autoscaling.amazonaws.com",
}

// linked carries a call out and, where it is such a one, has IAM make the role before the answer is sent.
func (d *door) linked(c call) func(w http.ResponseWriter, r *http.Request, body []byte) {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		service := linkedBy[c.service.OperationOf(r, body)]
		if service == "" {
			c.handle(w, r, body)
			return
		}
		a := &answer{header: http.Header{}}
		c.handle(a, r, body)
		if a.status == 0 {
			cut() // the client is gone
		}
		if a.status < http.StatusMultipleChoices {
			d.Identity.Link(service)
		}
		a.send(w)
	}
}
