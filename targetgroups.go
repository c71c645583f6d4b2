package understudy

import (
	"fmt"
	"slices"
	"strings"
)

// TargetGroup is a further one: the same instances, which are asked at another port or in another way. Rules and listeners forward to it.
type TargetGroup struct {
	Name string
	Port int
	Target
}

// TargetGroupRole is the part of the service's target group in a stack.
const TargetGroupRole = "target-group"

// GroupRole is the part of the target group with a name, of the service's without one.
func GroupRole(name string) string {
	if name == "" {
		return TargetGroupRole
	}
	return TargetGroupRole + "-" + name
}

// Asked are the ports at which the load balancer asks instances, by requests and by probes.
func (d *Declaration) Asked() []int {
	ports := []int{d.Service.Port}
	add := func(requests int, t Target) {
		ports = append(ports, requests)
		if probes := t.CheckPort(requests); probes != 0 {
			ports = append(ports, probes)
		}
	}
	add(d.Service.Port, d.Target)
	for _, g := range d.Groups {
		add(g.Port, g.Target)
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// group returns the declared target group with a name; the service's without one.
func (d *Declaration) group(name string) (t Target, ok bool) {
	if name == "" {
		return d.Target, true
	}
	n := slices.IndexFunc(d.Groups, func(g TargetGroup) bool { return g.Name == name })
	if n < 0 {
		return t, false
	}
	return d.Groups[n].Target, true
}

const (
	groupsKey = "target_groups"
	// mostGroups leaves most of the hundred target groups of a load balancer to others, and to their successors ("Quotas for your Application
	// Load Balancers").
	mostGroups = 20
	// longestNames is what a target group's name, of 32 characters, leaves to the stack's and to its own beside "understudy2-" and the sign.
	longestNames = 32 - len("understudy2-") - len(groupSign)
	// groupSign stands before the name of a further target group in its name on AWS. Neither a stack's name nor a target group's has a capital.
	// Two hyphens together, which it was once, AWS refuses.
	groupSign, earlierSign = "-T", "--"
)

// GroupName is what the target group with a name is called on AWS, of the service's that is called so.
func GroupName(service, name string) string {
	if name == "" {
		return service
	}
	return service + groupSign + name
}

// CutGroupName returns what GroupName was given for a name. A local cloud may have target groups with earlier names.
func CutGroupName(name string) (service, further string) {
	for _, sign := range []string{groupSign, earlierSign} {
		if service, further, ok := strings.Cut(name, sign); ok {
			return service, further
		}
	}
	return name, ""
}

// targetGroups reads the further target groups.
func targetGroups(root *object, d *Declaration) {
	const ports = "a whole number from 1 to 65535"
	for _, o := range root.objects(groupsKey) {
		g := TargetGroup{Name: o.text("name", "", groupName), Port: o.number("port", 8080, 1, 65535), Target: target(o.object("target"), d)}
		if named := o.require("name", groupName.allowed); !o.require("port", ports) || !named || g.Name == "" {
			continue
		}
		if _, again := d.group(g.Name); again {
			o.mistake("name", g.Name, "a name that no other target group has")
		}
		if n := len(d.Name) + len(g.Name); n > longestNames {
			o.mistake("name", fmt.Sprintf("%d characters with the stack's name", n),
				fmt.Sprintf("at most %d together: AWS gives a target group's name 32", longestNames))
		}
		d.Groups = append(d.Groups, g)
	}
	if len(d.Groups) > mostGroups {
		root.mistake(groupsKey, fmt.Sprintf("%d target groups", len(d.Groups)), fmt.Sprintf("at most %d", mostGroups))
	}
}

// refuseUnused refuses a target group to which nothing forwards: a load balancer does not check its targets (TargetHealth, "unused", in the
// Elastic Load Balancing API Reference), and nobody would learn that it does not serve.
func refuseUnused(root *object, d *Declaration) {
	used := map[string]bool{}
	for _, r := range d.Rules {
		used[r.Forward] = true
	}
	for _, l := range d.Further {
		used[l.Forward] = true
		for _, r := range l.Rules {
			used[r.Forward] = true
		}
	}
	for _, g := range d.Groups {
		if !used[g.Name] {
			root.mistake(groupsKey, fmt.Sprintf("%s, to which nothing forwards", g.Name), "target groups that a rule or one of listeners names with forward")
		}
	}
}
