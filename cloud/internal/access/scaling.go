package access

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// groupName begins the name by which a region is asked for an Auto Scaling group.
const groupName = "autoScalingGroupName/"

// scaling are the needs of a call of Auto Scaling's. What only tells is about nothing of its own.
func (q *question) scaling() ([]need, error) {
	if strings.HasPrefix(q.Operation, "Describe") {
		return []need{q.on(anything, nil)}, nil
	}
	names, err := q.groups()
	if err != nil {
		return nil, err
	}
	var ask []string
	for _, name := range names {
		ask = append(ask, groupName+name)
	}
	answer, err := q.Regions.Ask(q.ctx, q.Region, Question{Names: ask})
	if err != nil {
		return nil, err
	}
	said := tagsIn(q.form, "Tags.member.")
	var all []need
	for _, name := range names {
		thing := answer.Things[groupName+name]
		arn := cmp.Or(thing.ARN, q.arn("autoScalingGroup:*:"+groupName+name))
		keys := tagKeys("autoscaling", said, thing.Tags)
		all = append(all, q.on(arn, keys))
		if q.Operation == "CreateAutoScalingGroup" && len(said) > 0 {
			all = append(all, needOf("autoscaling:CreateOrUpdateTags", arn, maps.Clone(keys)))
		}
	}
	launch, err := q.launching()
	all = append(all, launch...)
	return append(all, q.serviceLinked("autoscaling.amazonaws.com", "CreateAutoScalingGroup")...), err
}

// groups are the names of the groups that a call is about: those that it names, or its instances'.
func (q *question) groups() ([]string, error) {
	named, instances := map[string]bool{}, []string(nil)
	for key, values := range q.form {
		switch {
		case key == "AutoScalingGroupName", strings.HasPrefix(key, "Tags.member.") && strings.HasSuffix(key, ".ResourceId"):
			named[values[0]] = true
		case key == "InstanceId", strings.HasPrefix(key, "InstanceIds.member."):
			instances = append(instances, values[0])
		}
	}
	if len(named) == 0 && len(instances) > 0 {
		answer, err := q.Regions.Ask(q.ctx, q.Region, Question{Names: instances})
		if err != nil {
			return nil, err
		}
		for _, t := range answer.Things {
			if name := t.Tags["aws:autoscaling:groupName"]; name != "" {
				named[name] = true
			}
		}
	}
	if len(named) == 0 {
		return []string{anything}, nil
	}
	return slices.Sorted(maps.Keys(named)), nil
}

// launching is what a caller needs who has a group launch from a template: that to launch from it ("Control Amazon EC2 launch
// template usage in Auto Scaling groups"). What a launch itself does later is not the caller's.
func (q *question) launching() ([]need, error) {
	at := ""
	for _, prefix := range []string{"LaunchTemplate.", "DesiredConfiguration.LaunchTemplate."} {
		if q.form.Get(prefix+"LaunchTemplateId") != "" || q.form.Get(prefix+"LaunchTemplateName") != "" {
			at = prefix
		}
	}
	if at == "" {
		return nil, nil
	}
	form := url.Values{}
	for _, member := range []string{"LaunchTemplateId", "LaunchTemplateName", "Version"} {
		form.Set("LaunchTemplate."+member, q.form.Get(at+member))
	}
	for n, subnet := range strings.Split(q.form.Get("VPCZoneIdentifier"), ",") {
		form.Set("SubnetId."+strconv.Itoa(n), strings.TrimSpace(subnet))
	}
	a := &asks{action: "RunInstances", form: form, names: map[string]map[string]bool{}, tags: map[string]map[string]string{}}
	all, err := q.ec2Needs(a)
	for i := range all {
		all[i].template = cmp.Or(form.Get("LaunchTemplate.LaunchTemplateId"), form.Get("LaunchTemplate.LaunchTemplateName"))
	}
	return all, err
}
