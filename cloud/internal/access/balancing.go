package access

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// balancerMember is what names a resource of Elastic Load Balancing that a call is about. A target group in an action is not.
var balancerMember = regexp.MustCompile(`^(LoadBalancerArn|TargetGroupArn|ListenerArn|RuleArn|ResourceArns\.member\.\d+|RulePriorities\.member\.\d+\.RuleArn)$`)

// balancing are the needs of a call of Elastic Load Balancing's. What only tells is about nothing of its own.
func (q *question) balancing() ([]need, error) {
	if strings.HasPrefix(q.Operation, "Describe") {
		return []need{q.on(anything, nil)}, nil
	}
	said := tagsIn(q.form, "Tags.member.")
	var made []string
	kind := "app/"
	if q.form.Get("Type") == "network" {
		kind = "net/"
	}
	switch q.Operation {
	case "CreateLoadBalancer":
		made = []string{q.arn("loadbalancer/" + kind + q.form.Get("Name") + "/*")}
	case "CreateTargetGroup":
		made = []string{q.arn("targetgroup/" + q.form.Get("Name") + "/*")}
	}
	if made == nil {
		for key, values := range q.form {
			if balancerMember.MatchString(key) {
				made = append(made, values...)
			}
		}
		slices.Sort(made)
	}
	if len(made) == 0 {
		return []need{q.on(anything, nil)}, nil
	}
	answer, err := q.Regions.Ask(q.ctx, q.Region, Question{Names: made})
	if err != nil {
		return nil, err
	}
	var all []need
	for _, arn := range made {
		all = append(all, q.on(arn, tagKeys("elasticloadbalancing", said, answer.Things[arn].Tags)))
	}
	if strings.HasPrefix(q.Operation, "Create") && len(said) > 0 {
		// "Grant permission to tag resources during creation"
		keys := tagKeys("elasticloadbalancing", said, nil)
		keys.Set("elasticloadbalancing:CreateAction", q.Operation)
		for _, arn := range q.tagged(made) {
			all = append(all, needOf("elasticloadbalancing:AddTags", arn, maps.Clone(keys)))
		}
	}
	return append(all, q.serviceLinked("elasticloadbalancing.amazonaws.com", "CreateLoadBalancer")...), nil
}

// tagged names what a call makes with tags: a listener is within its load balancer, and a rule within its listener.
func (q *question) tagged(about []string) (all []string) {
	for _, arn := range about {
		switch q.Operation {
		case "CreateListener":
			arn = strings.Replace(arn, ":loadbalancer/", ":listener/", 1) + "/*"
		case "CreateRule":
			arn = strings.Replace(arn, ":listener/", ":listener-rule/", 1) + "/*"
		}
		all = append(all, arn)
	}
	return all
}
