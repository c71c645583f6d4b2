package parity

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/understudy/understudy"
)

// difference is what two regions do not share, or what neither has as it must be.
type difference struct {
	kind, role, setting string
	has                 [2]*Resource // left, right; nil where there is none
	values              [2]string
	wrong               [2]bool
	expected            string
	presumed            bool
	passing             string
	consequences        []string
	leaves              []*difference // what is still there when this is healed, and is to be removed then
}

func (d *difference) name() string {
	if d.setting == "" {
		return d.kind + " " + d.role
	}
	return d.kind + " " + d.role + ": " + d.setting
}

// shape tells what is wrong with the wrong side: it lacks what it should have, has what it should not, or has it otherwise.
func (d *difference) shape() shape {
	for n, wrong := range d.wrong {
		switch {
		case wrong && d.values[n] == None:
			return missing
		case wrong && d.expected == None, wrong && d.expected == "" && d.values[1-n] == None:
			return extra
		}
	}
	return otherwise
}

type key struct{ kind, role string }

// Compare judges two regions, of a declaration where there is one. It reads nothing.
func Compare(p Pair, declared *understudy.Declaration) *Report {
	left, right := p.Left, p.Right
	if declared == nil {
		right = match(left, right)
	}
	lineage(&left, &right)
	found := findings(fold(differences(left, right, expect(declared))), left, right, declared != nil)
	for _, r := range p.Names {
		found = append(found, foreignFinding(r))
	}
	report := &Report{Left: left, Right: right, Notes: append(p.Notes, undeclared(left, right, expect(declared))...)}
	report.Notes = append(report.Notes, intended(declared)...)
	report.Notes = append(report.Notes, intendedSize(declared)...)
	report.Notes = append(report.Notes, intendedActions(declared)...)
	report.sort(found, declared)
	return report
}

// sort puts findings where they are shown: what passes, what is ignored, and what counts.
func (r *Report) sort(found []Finding, declared *understudy.Declaration) {
	ignored := newIgnore(declared)
	for _, f := range found {
		f.Ignored = ignored.reason(f.Name)
		switch {
		case f.Ignored != "":
			r.Ignored = append(r.Ignored, f)
		case f.Passing != "":
			r.Passing = append(r.Passing, f)
		default:
			r.Findings = append(r.Findings, f)
		}
	}
	r.Notes = append(r.Notes, ignored.unused()...)
	r.Notes = append(r.Notes, underWay(r.Left, r.Right)...)
	for _, list := range [][]Finding{r.Findings, r.Passing, r.Ignored} {
		sortFindings(list)
	}
}

// underWay notes what is on its way though both regions are alike in it.
func underWay(regions ...Region) []Note {
	var notes []Note
	for _, region := range regions {
		for _, r := range region.Resources {
			said := map[string]bool{}
			for _, setting := range sortedKeys(r.Passing) {
				if why := r.Passing[setting]; !said[why] {
					said[why] = true
					notes = append(notes, Note{r.Name() + " of " + region.Name, why})
				}
			}
		}
	}
	return notes
}

// differences compares resource by resource, in the order of kind, role and setting.
func differences(left, right Region, e expectation) []*difference {
	if absent := absentStack(left, right); absent != nil {
		return []*difference{absent}
	}
	l, r := index(left), index(right)
	var found []*difference
	apart := e.oneSided()
	all := union(l, r)
	for k := range apart {
		if _, there := all[k]; !there {
			all[k] = Resource{}
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(all), compareKeys) {
		a, onLeft := l[k]
		b, onRight := r[k]
		if onLeft && onRight && !apart[k] {
			found = append(found, compareSettings(&a, &b, e)...)
			continue
		}
		d := &difference{kind: k.kind, role: k.role, values: [2]string{None, None}}
		if onLeft {
			d.has[0], d.values[0] = &a, "present"
		}
		if onRight {
			d.has[1], d.values[1] = &b, "present"
		}
		if d.blamePresence(e) {
			d.passes("")
			found = append(found, d)
		}
		if apart[k] {
			found = append(found, compareOneSided(d.has, e)...)
		}
	}
	return found
}

// compareOneSided holds a part that is to be on one side alone, and is there, against the declaration: there is nothing else to hold it
// against.
func compareOneSided(has [2]*Resource, e expectation) (found []*difference) {
	for n, side := range understudy.Sides {
		r := has[n]
		if r == nil || has[1-n] != nil {
			continue
		}
		if is, _ := e.part(side, r.Kind, r.Role); !is {
			continue
		}
		for _, name := range sortedKeys(r.Settings) {
			want, known := e.setting(side, r.Kind, r.Role, name)
			if !known || r.Settings[name] == want {
				continue
			}
			d := &difference{kind: r.Kind, role: r.Role, setting: name, values: [2]string{None, None}, expected: want}
			d.has[n], d.values[n], d.wrong[n] = r, r.Settings[name], true
			d.passes(name)
			found = append(found, d)
		}
	}
	return found
}

// undeclared notes what both regions have alike, and otherwise than declared: they are equal, and `understudy up` is due.
func undeclared(left, right Region, e expectation) []Note {
	var notes []Note
	l, r := index(left), index(right)
	for _, k := range slices.SortedFunc(maps.Keys(l), compareKeys) {
		for _, name := range sortedKeys(l[k].Settings) {
			value := l[k].Settings[name]
			a, known := e.setting(left.Side, k.kind, k.role, name)
			b, _ := e.setting(right.Side, k.kind, k.role, name)
			if known && a != value && b != value && value == valueIn(r[k].Settings, name) {
				notes = append(notes, Note{k.kind + " " + k.role + ": " + name, "both regions have " + value + ", where " + a + " is expected"})
			}
		}
	}
	return notes
}

// absentStack is the one difference of a region that has nothing of the stack.
func absentStack(left, right Region) *difference {
	if len(left.Resources) > 0 && len(right.Resources) > 0 || len(left.Resources)+len(right.Resources) == 0 {
		return nil
	}
	d := &difference{kind: "stack", role: "all", values: [2]string{"present", "present"}, expected: "present"}
	for n, region := range []Region{left, right} {
		if len(region.Resources) == 0 {
			d.values[n], d.wrong[n] = None, true
		}
	}
	return d
}

// blamePresence finds the wrong side, and tells whether there is one: that without a part of the stack, or that with something else.
func (d *difference) blamePresence(e expectation) bool {
	if !e.declared {
		d.presumed, d.wrong[1] = true, true
		return true
	}
	for n, side := range understudy.Sides {
		part, _ := e.part(side, d.kind, d.role)
		d.wrong[n] = part != (d.has[n] != nil)
		switch {
		case d.wrong[n] && part:
			d.expected = "present"
		case d.wrong[n]:
			d.expected = None
		}
	}
	return d.wrong[0] || d.wrong[1]
}

func compareSettings(a, b *Resource, e expectation) []*difference {
	var found []*difference
	for _, name := range slices.Sorted(maps.Keys(union(a.Settings, b.Settings))) {
		d := &difference{kind: a.Kind, role: a.Role, setting: name, has: [2]*Resource{a, b}, values: [2]string{valueIn(a.Settings, name), valueIn(b.Settings, name)}}
		if d.blame(e) {
			d.passes(name)
			found = append(found, d)
		}
	}
	return found
}

// blame finds the wrong side, and tells whether there is anything to blame it for: by what must be, by what is declared, by
// AWS's defaults, and else by presuming that the secondary is to be as the primary.
func (d *difference) blame(e expectation) bool {
	if least(d.kind, d.setting) {
		return d.blameLess()
	}
	if must, ok := e.must(d.kind, d.setting); ok {
		d.expected = must
		d.wrong = [2]bool{d.values[0] != must, d.values[1] != must && !e.may(d.kind, d.setting, d.values[1])}
		return d.wrong[0] || d.wrong[1]
	}
	if d.values[0] == d.values[1] && !d.toDiffer(e) || e.may(d.kind, d.setting, d.values[1]) {
		return false
	}
	for n, side := range understudy.Sides {
		want, known := e.setting(side, d.kind, d.role, d.setting)
		if !known {
			d.presume()
			return true
		}
		d.wrong[n] = d.values[n] != want
		if d.wrong[n] {
			d.expected = want
		}
	}
	return d.wrong[0] || d.wrong[1]
}

// toDiffer tells of what the sides are to have otherwise: the failover switch is at the standby alone.
func (d *difference) toDiffer(e expectation) bool {
	primary, known := e.setting(understudy.Primary, d.kind, d.role, d.setting)
	secondary, also := e.setting(understudy.Secondary, d.kind, d.role, d.setting)
	return known && also && primary != secondary
}

// presume blames the one that is behind, where its age tells, and else the secondary.
func (d *difference) presume() {
	d.presumed, d.wrong = true, [2]bool{false, true}
	if a, b := d.has[0], d.has[1]; a != nil && b != nil && a.Since != b.Since {
		d.presumed, d.wrong = false, [2]bool{a.Since < b.Since, a.Since > b.Since}
	}
}

// least tells of settings of which the secondary needs as much as the primary, and may have more.
func least(kind, setting string) bool {
	return kind == "auto scaling group" && (setting == settingServes || setting == settingDesired) || kind == "quota"
}

func (d *difference) blameLess() bool {
	left, err := strconv.Atoi(d.values[0])
	right, err2 := strconv.Atoi(d.values[1])
	if err == nil && err2 == nil && right >= left {
		return false
	}
	d.expected, d.wrong = "at least "+d.values[0], [2]bool{false, true}
	return true
}

// passes marks a difference that a side will not have for long.
func (d *difference) passes(setting string) {
	for _, r := range d.has {
		if r != nil {
			d.passing = cmp.Or(d.passing, r.Passing[""], r.Passing[setting])
		}
	}
}

// index pairs resources by kind and role. Several of one role are told apart by number, in the order of
// their settings, so that equal ones meet.
func index(r Region) map[key]Resource {
	all := slices.Clone(r.Resources)
	slices.SortFunc(all, func(a, b Resource) int { return strings.Compare(fingerprint(a), fingerprint(b)) })
	byKey := map[key]Resource{}
	for _, res := range all {
		k := key{res.Kind, res.Role}
		for n := 2; ; n++ {
			if _, taken := byKey[k]; !taken {
				break
			}
			k.role = res.Role + " #" + itoa(n)
		}
		res.Role = k.role
		byKey[k] = res
	}
	return byKey
}

func fingerprint(r Resource) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
		b.WriteString(name + "=" + r.Settings[name] + "\n")
	}
	return b.String()
}

func compareKeys(a, b key) int {
	return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.role, b.role))
}
