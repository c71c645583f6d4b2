// Package parity compares two live regions by meaning, not by id.
//
// Each region is read through the AWS API into a canonical form in which nothing names itself: a rule
// that refers to a security group names that group's role, an image is its digest, a subnet is its zone
// letter and its share of the VPC's range. Two regions are equal when their canonical forms are; what
// differs is a finding, with the ids of both sides as evidence. Nothing is changed anywhere.
//
// Resources are paired by kind and role (the tag understudy:role). What lies in the stack's VPC and
// bears no role is read too: it is a finding unless both sides have its like.
package parity

import (
	"maps"
	"slices"
	"strings"
)

// Resource is one resource in canonical form.
type Resource struct {
	Kind     string // "security group"
	Role     string // "internal"
	ID       string // evidence, never compared
	Settings map[string]string
	Given    bool // AWS made it with the VPC: nobody declared it, but it is compared, since somebody may have changed it
}

// Region is one region in canonical form.
type Region struct {
	Name      string
	Resources []Resource
}

// Inventory counts the resources of each kind that somebody asked for.
func (r Region) Inventory() map[string]int {
	count := map[string]int{}
	for _, res := range r.Resources {
		if !res.Given {
			count[res.Kind]++
		}
	}
	return count
}

// Finding is one difference. Where a side has no such resource or setting, its value is None.
type Finding struct {
	Kind    string `json:"kind"`
	Role    string `json:"role"`
	Setting string `json:"setting,omitempty"` // "" where the resource itself is missing
	Left    Side   `json:"left"`
	Right   Side   `json:"right"`
}

// Side is what one region has.
type Side struct {
	Region string `json:"region"`
	ID     string `json:"id,omitempty"`
	Value  string `json:"value"`
}

// None is the value of what a side does not have.
const None = "none"

type key struct{ kind, role string }

// Compare returns the differences in a stable order: by kind, role and setting.
func Compare(left, right Region) []Finding {
	l, r := index(left), index(right)
	var found []Finding
	for _, k := range slices.SortedFunc(maps.Keys(union(l, r)), compareKeys) {
		a, onLeft := l[k]
		b, onRight := r[k]
		if onLeft && onRight {
			found = append(found, compareSettings(left.Name, right.Name, a, b)...)
			continue
		}
		f := Finding{Kind: k.kind, Role: k.role, Left: Side{Region: left.Name, Value: None}, Right: Side{Region: right.Name, Value: None}}
		if onLeft {
			f.Left.ID, f.Left.Value = a.ID, "present"
		} else {
			f.Right.ID, f.Right.Value = b.ID, "present"
		}
		found = append(found, f)
	}
	return found
}

func compareSettings(left, right string, a, b Resource) []Finding {
	var found []Finding
	for _, name := range slices.Sorted(maps.Keys(union(a.Settings, b.Settings))) {
		va, vb := value(a, name), value(b, name)
		if va == vb {
			continue
		}
		found = append(found, Finding{
			Kind: a.Kind, Role: a.Role, Setting: name,
			Left: Side{left, a.ID, va}, Right: Side{right, b.ID, vb},
		})
	}
	return found
}

func value(r Resource, setting string) string {
	if v, ok := r.Settings[setting]; ok {
		return v
	}
	return None
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
	if c := strings.Compare(a.kind, b.kind); c != 0 {
		return c
	}
	return strings.Compare(a.role, b.role)
}

func union[K comparable, V any](a, b map[K]V) map[K]V {
	u := maps.Clone(a)
	if u == nil {
		u = map[K]V{}
	}
	maps.Copy(u, b)
	return u
}
