package parity

import (
	"fmt"
	"slices"
	"strings"
)

// fold makes one difference of those that have one cause: what is gone takes with it all that refers to it, a version of a
// template is changed as one, and what stops traffic makes targets and checkers say so. What is folded is kept as the
// consequences of its cause.
func fold(all []*difference) []*difference {
	all = foldTemplates(all)
	all = foldPart(all)
	all = foldBase(all)
	all = foldStopped(all)
	all = foldGoverned(all)
	all = foldMissing(all)
	all = foldLaunched(all)
	return foldSymptoms(all)
}

// under puts a difference under its cause.
func (d *difference) under(cause *difference) {
	cause.consequences = append(cause.consequences, d.name())
	cause.consequences = append(cause.consequences, d.consequences...)
}

// foldInto removes those that have a cause among all.
func foldInto(all []*difference, causeOf func(*difference) *difference) []*difference {
	var left []*difference
	for _, d := range all {
		if cause := causeOf(d); cause != nil && cause != d {
			d.under(cause)
		} else {
			left = append(left, d)
		}
	}
	return left
}

// foldTemplates makes one difference of all that a template's default version holds, which is changed as one.
func foldTemplates(all []*difference) []*difference {
	whole := map[string]*difference{}
	var left []*difference
	for _, d := range all {
		if d.kind != "launch template" || d.setting == "" || d.setting == settingTags || d.setting == "newest version" || strings.HasPrefix(d.setting, settingTag) {
			left = append(left, d)
			continue
		}
		w := whole[d.role]
		if w == nil {
			w = &difference{kind: d.kind, role: d.role, setting: settingDefault, has: d.has, presumed: true, passing: d.passing}
			whole[d.role] = w
			left = append(left, w)
		}
		w.gather(d)
	}
	return left
}

// gather adds one setting to what is changed as a whole. What is declared decides for all which side is wrong.
func (d *difference) gather(one *difference) {
	for n := range d.values {
		if d.values[n] != "" {
			d.values[n] += ", "
		}
		d.values[n] += one.setting + " " + one.values[n]
	}
	switch {
	case d.presumed && !one.presumed:
		d.wrong, d.presumed = one.wrong, false
	case d.presumed == one.presumed:
		d.wrong[0], d.wrong[1] = d.wrong[0] || one.wrong[0], d.wrong[1] || one.wrong[1]
	}
	if d.presumed {
		d.blameByVersion()
		return
	}
	if one.expected != "" {
		d.expected = strings.TrimPrefix(d.expected+", "+one.setting+" "+one.expected, ", ")
	}
}

// blameByVersion finds the side whose default version is not what its group launches: somebody made it by hand.
func (d *difference) blameByVersion() {
	for n, r := range d.has {
		if _, moved := r.Commands[settingDefault]; moved {
			d.wrong, d.presumed = [2]bool{n == 0, n == 1}, false
		}
	}
}

// foldPart makes one difference of a pair whose halves are swapped.
func foldPart(all []*difference) []*difference {
	return foldInto(all, func(d *difference) *difference {
		if d.kind != "record" || d.setting != "set identifier" && d.setting != "health check" {
			return nil
		}
		return find(all, func(o *difference) bool {
			return o.kind == "record" && o.role == d.role && (o.setting == "part" || o.setting == "points at")
		})
	})
}

// foldBase puts the owner of a base image under its name: of another image, the owner is another's too.
func foldBase(all []*difference) []*difference {
	return foldInto(all, func(d *difference) *difference {
		if d.kind != "base image" || d.setting != "owner" {
			return nil
		}
		return find(all, func(o *difference) bool { return o.kind == d.kind && o.setting == settingBase })
	})
}

// foldStopped puts what an instance has only while it runs under its state.
func foldStopped(all []*difference) []*difference {
	return foldInto(all, func(d *difference) *difference {
		if d.kind != "instance" || d.setting != "public address" {
			return nil
		}
		return find(all, func(o *difference) bool { return o.kind == d.kind && o.role == d.role && o.setting == "state" })
	})
}

// foldGoverned puts a table that took a subnet over under what the subnet's own table has lost. The table stays when the subnet
// is moved back.
func foldGoverned(all []*difference) []*difference {
	return foldInto(all, func(d *difference) *difference {
		if d.kind != "route table" || slices.Contains(partsOf[d.kind], d.role) {
			return nil
		}
		cause := find(all, func(o *difference) bool {
			return o.kind == d.kind && slices.Contains(partsOf[d.kind], o.role) && o.shape() == missing && d.tookOver(o)
		})
		if cause != nil && d.setting == "" {
			cause.leaves = append(cause.leaves, d)
		}
		return cause
	})
}

// tookOver tells whether this is of a table that governs what another lacks.
func (d *difference) tookOver(o *difference) bool {
	for n, r := range d.has {
		if o.wrong[n] && r != nil && strings.HasPrefix(o.setting, "governs ") && r.Settings[o.setting] != "" {
			return d.setting == "" || d.setting == o.setting
		}
	}
	return false
}

func find(all []*difference, is func(*difference) bool) *difference {
	if n := slices.IndexFunc(all, is); n >= 0 {
		return all[n]
	}
	return nil
}

// foldMissing puts under what is missing, or too many, all that refers to it or is a part of it.
func foldMissing(all []*difference) []*difference {
	return foldInto(all, func(d *difference) *difference {
		return find(all, func(o *difference) bool {
			return o != d && o.setting == "" && o.kind != "stack" && d.refersTo(o.kind+" "+o.role)
		})
	})
}

func (d *difference) refersTo(name string) bool {
	for n, r := range d.has {
		if r != nil && r.Within == name || mentions(d.values[n], name) {
			return true
		}
	}
	return mentions(d.setting, name)
}

// mentions tells whether a text names a resource, and not one whose name goes on.
func mentions(text, name string) bool {
	return strings.Contains(text, name) && renamed(text, name, "") != text
}

// foldLaunched puts under a template's default version what a group and its instances have of it.
func foldLaunched(all []*difference) []*difference {
	return foldInto(all, func(d *difference) *difference {
		launched := d.kind == "auto scaling group" && (d.setting == settingVersion || strings.HasPrefix(d.setting, "instances' ")) ||
			d.kind == "instance" && d.role != unnamed && (d.setting == "image" || d.setting == "type")
		if !launched {
			return nil
		}
		return find(all, func(o *difference) bool {
			if o == d || o.wrong != d.wrong && !o.presumed && !d.presumed {
				return false
			}
			return o.kind == "launch template" && o.setting == settingDefault && o.explains(d) ||
				o.kind == "auto scaling group" && o.role == d.role && o.setting == settingVersion && d.setting != settingVersion && d.kind == o.kind
		})
	})
}

// explains tells whether a template's default version has the values that an instance has.
func (d *difference) explains(one *difference) bool {
	setting := strings.TrimPrefix(one.setting, "instances' ")
	if setting == settingVersion || setting == "version" {
		return true
	}
	for n := range d.values {
		if !strings.Contains(d.values[n], fmt.Sprintf("%s %s", setting, one.values[n])) {
			return false
		}
	}
	return true
}

// symptoms are what tells that something is wrong and not what, those that come first being nearer to the cause.
var symptoms = []key{
	{"auto scaling group", settingDesired}, {"auto scaling group", settingFull}, {"auto scaling group", settingServes},
	{"target group", settingAttached}, {"target group", settingHealthy}, {"health check", settingFound},
}

// foldSymptoms puts what targets and checkers find under what could make them find it, on the same side.
func foldSymptoms(all []*difference) []*difference {
	return foldInto(all, func(d *difference) *difference {
		depth := slices.Index(symptoms, key{d.kind, d.setting})
		if depth < 1 {
			return nil
		}
		cause := find(all, func(o *difference) bool { return o.sharesSide(d) && o.couldStop() })
		if cause != nil {
			return cause
		}
		return find(all, func(o *difference) bool {
			n := slices.Index(symptoms, key{o.kind, o.setting})
			return n >= 0 && n < depth && o.sharesSide(d)
		})
	})
}

func (d *difference) sharesSide(o *difference) bool {
	return d.wrong[0] && o.wrong[0] || d.wrong[1] && o.wrong[1]
}

// couldStop tells of what keeps requests from being answered.
func (d *difference) couldStop() bool {
	if slices.Contains(symptoms, key{d.kind, d.setting}) {
		return false
	}
	switch d.kind {
	case "vpc", "subnet", "image", "base image", "record", "foreign record", "quota", "instance":
		return false
	case "auto scaling group":
		return strings.HasPrefix(d.setting, "suspended") || d.setting == "target groups" || d.setting == settingVersion || d.setting == "" && d.shape() == missing
	}
	s := ruleOf(d).severity
	return s == Critical || s == High && (d.kind == "target group" || d.kind == "security group" && d.shape() == missing) && d.setting != settingTags
}
