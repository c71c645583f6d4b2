package parity

import (
	"cmp"
	"slices"
	"strings"
)

// findings judges differences.
func findings(all []*difference, left, right Region, declared bool) []Finding {
	var found []Finding
	for _, d := range all {
		found = append(found, d.finding(left, right, declared))
	}
	return found
}

func (d *difference) finding(left, right Region, declared bool) Finding {
	r := ruleOf(d)
	f := Finding{
		Name: d.name(), Rule: slug(d.kind) + "/" + slug(ruleName(d)), Severity: r.severity, Kind: d.kind, Role: d.role, Setting: d.setting,
		Expected: d.expected, Presumed: d.presumed, Why: r.why, Passing: d.passing, Consequences: d.consequences,
	}
	regions := [2]Region{left, right}
	for n, region := range regions {
		side := Side{Region: region.Name, Value: d.values[n]}
		if d.has[n] != nil {
			side.ID = d.has[n].ID
		}
		f.Evidence = append(f.Evidence, side)
		if d.wrong[n] {
			f.Wrong = append(f.Wrong, region.Name)
		}
	}
	f.Heal = d.heal(regions, r.up && declared)
	for _, left := range d.leaves {
		f.Heal = append(f.Heal, left.heal(regions, false)...)
	}
	return f
}

// ruleName names the sort of a difference: settings of which there are many, one for each rule of a group, are of one sort.
func ruleName(d *difference) string {
	if d.setting == "" {
		return [...]string{missing: "missing", extra: "extra", otherwise: "presence"}[d.shape()]
	}
	for _, prefix := range slices.Concat(closed, []string{settingTag, "disk ", "way to ", "acl ", "endpoint of "}) {
		if strings.HasPrefix(d.setting, prefix) {
			return strings.TrimSpace(prefix)
		}
	}
	return d.setting
}

func slug(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '\'':
			return -1
		}
		return '-'
	}, s), "-")
}

const understudyUp = "understudy up"

// heal returns the commands that heal a difference: `understudy up` where it does, and else the AWS CLI's calls with the ids of
// the wrong side.
func (d *difference) heal(regions [2]Region, up bool) []string {
	if up && d.ofPart() {
		return []string{understudyUp}
	}
	var commands []string
	for n, wrong := range d.wrong {
		if wrong {
			if c := d.command(regions, n); c != "" && !slices.Contains(commands, c) {
				commands = append(commands, c)
			}
		}
	}
	if up && len(commands) > 0 && clearsTheWay(d) {
		commands = append(commands, understudyUp)
	}
	if len(commands) == 0 {
		return d.look(regions, up)
	}
	return commands
}

// clearsTheWay tells of what a command only clears the way for.
func clearsTheWay(d *difference) bool {
	return d.kind == "image" && d.setting != settingTags || d.kind == "instance" && (d.setting == "user data" || d.setting == "key")
}

// ofPart tells whether it is about a part of the stack, which `up` tends, and not about something of others.
func (d *difference) ofPart() bool {
	if d.kind == "stack" || d.kind == "record" || d.kind == "health check" {
		return true
	}
	return isPart(d.kind, d.role)
}

// command returns the AWS CLI's call for one side.
func (d *difference) command(regions [2]Region, n int) string {
	own, other := d.has[n], d.has[1-n]
	call := ""
	if own != nil {
		call = own.Commands[d.setting].Heal
	}
	switch {
	case call != "":
	case d.setting == "" && own != nil:
		call = own.Commands[""].Remove
	case own == nil && other != nil && other.Commands[""].Copy != "":
		return inRegion(other.Commands[""].Copy, regions[n].Name)
	case own == nil || other == nil:
		return ""
	case d.expected == None || d.expected == "" && d.values[1-n] == None:
		call = own.Commands[d.setting].Remove
	case d.expected == "" || d.expected == d.values[1-n] || strings.HasPrefix(d.expected, "at least"):
		c := other.Commands[d.setting]
		if c.Copy != "" {
			return inRegion(c.Copy, regions[n].Name)
		}
		if call = c.Make; d.values[n] != None {
			call = cmp.Or(c.Change, c.Make)
		}
		call = translateIDs(call, regions[1-n], regions[n])
	}
	return inRegion(call, regions[n].Name)
}

// inRegion makes a command of the AWS CLI's call. Route 53 is the same from every region.
func inRegion(call, region string) string {
	if call == "" {
		return ""
	}
	if strings.HasPrefix(call, "route53 ") {
		return "aws " + call
	}
	return "aws " + call + " --region " + region
}

// translateIDs replaces one region's ids by those of their like in another. It gives up where one has none.
func translateIDs(call string, from, to Region) string {
	byName := map[string]string{}
	for _, r := range to.Resources {
		if r.ID != "" {
			byName[r.Name()] = r.ID
		}
	}
	all := slices.SortedFunc(slices.Values(from.Resources), func(a, b Resource) int { return cmp.Compare(len(b.ID), len(a.ID)) })
	for _, r := range all {
		if r.ID == "" || !strings.Contains(call, r.ID) {
			continue
		}
		id, ok := byName[r.Name()]
		if !ok {
			return ""
		}
		call = strings.ReplaceAll(call, r.ID, id)
	}
	return call
}

// look says what to do where no single call heals: to look at both sides.
func (d *difference) look(regions [2]Region, up bool) []string {
	if up {
		return []string{understudyUp}
	}
	var commands []string
	for n, region := range regions {
		if d.has[n] != nil {
			if call := describing(d.kind, d.has[n].ID); call != "" {
				commands = append(commands, inRegion(call, region.Name))
			}
		}
	}
	return commands
}

// describing is the AWS CLI's call that shows a resource.
func describing(kind, id string) string {
	call, ok := map[string]string{
		kindNetwork: "ec2 describe-vpcs --vpc-ids", kindNetworkSubnet: "ec2 describe-subnets --subnet-ids",
		"vpc": "ec2 describe-vpcs --vpc-ids", "subnet": "ec2 describe-subnets --subnet-ids",
		"internet gateway": "ec2 describe-internet-gateways --internet-gateway-ids",
		"route table":      "ec2 describe-route-tables --route-table-ids", "security group": "ec2 describe-security-groups --group-ids",
		"nat gateway": "ec2 describe-nat-gateways --nat-gateway-ids", "vpc endpoint": "ec2 describe-vpc-endpoints --vpc-endpoint-ids",
		"network acl": "ec2 describe-network-acls --network-acl-ids", "image": "ec2 describe-images --image-ids", "base image": "ec2 describe-images --image-ids",
		"launch template": "ec2 describe-launch-template-versions --versions '$Default' '$Latest' --launch-template-id",
		"instance":        "ec2 describe-instances --instance-ids", "target group": "elbv2 describe-target-health --target-group-arn",
		"load balancer": "elbv2 describe-load-balancers --load-balancer-arns", "listener": "elbv2 describe-listeners --listener-arns",
		"auto scaling group": "autoscaling describe-scaling-activities --auto-scaling-group-name",
		"health check":       "route53 get-health-check-status --health-check-id",
	}[kind]
	if !ok || id == "" {
		return ""
	}
	return call + " " + shell(id)
}

func foreignFinding(r Resource) Finding {
	setting := sortedKeys(r.Settings)[0]
	d := &difference{kind: r.Kind, role: r.Role, setting: setting, values: [2]string{None, None}, has: [2]*Resource{&r, nil}}
	rule := ruleOf(d)
	return Finding{
		Name: r.Kind + " " + r.Role, Rule: slug(r.Kind) + "/" + slug(setting), Severity: rule.severity, Kind: r.Kind, Role: r.Role, Setting: setting,
		Evidence: []Side{{Region: global, ID: r.ID, Value: r.Settings[setting]}}, Expected: None, Wrong: []string{global},
		Why: rule.why, Heal: []string{"aws " + r.Commands[""].Remove},
	}
}

// global is the place of what belongs to neither region.
const global = "global"
