// Package parity audits whether one of two live regions can stand in for the other. It compares them by meaning, not
// by id, and judges what differs.
//
// Each region is read through the AWS API into a canonical form in which nothing names itself: a rule that refers to
// a security group names that group's role, an image is its digest and its origin, a subnet is the position of its
// zone and its share of the VPC's range. What the canonical forms do not share is a Finding: how grave it is, what
// both sides have, which of them is wrong, why it matters in a failover, and the command that heals it. Nothing is
// changed anywhere.
//
// Resources are paired by kind and role. A role is the tag understudy:role, or what else ties a resource to its part:
// its tag Name, the name that AWS knows it by. What lies in the VPC and is nobody's part is read too: it is a finding
// unless both sides have its like. Regions that this tool did not build are found from a record's name (walk.go).
package parity

import (
	"cmp"
	"slices"

	"github.com/understudy/understudy"
)

// Resource is one resource in canonical form.
type Resource struct {
	Kind     string // "security group"
	Role     string // "internal"
	ID       string // evidence, never compared
	Settings map[string]string
	Given    bool   // AWS made it with the VPC: nobody declared it, but it is compared, since somebody may have changed it
	Within   string // what it is a part of, "load balancer main": it is missing where that is
	// Since is when it was made, where of two that differ the older one is behind.
	Since string
	// Passing says of a setting why its value is not final: "an instance refresh". Under "" it is all of the resource.
	Passing map[string]string
	// Commands change a setting, by its name. Under "" they are the resource's own.
	Commands map[string]Command
}

// Command is how the AWS CLI changes a setting: without "aws" and the region, with this region's ids.
type Command struct {
	Make   string // gives the setting the value that it has here
	Change string // the same where it has another value; empty is Make
	Remove string // takes it away
	Copy   string // gives the other region what is here, with the ids of here
	Heal   string // makes it as it should be, where that is known
}

// Name is what others call the resource.
func (r Resource) Name() string { return r.Kind + " " + r.Role }

// Region is one region in canonical form.
type Region struct {
	Name      string
	Side      understudy.Side
	Resources []Resource
	Members   int // instances of Auto Scaling groups, which come and go: the groups speak for them
}

// Inventory counts the resources of each kind that somebody asked for.
func (r Region) Inventory() map[string]int {
	count := map[string]int{}
	for _, res := range r.Resources {
		if !res.Given {
			count[res.Kind]++
		}
	}
	if r.Members > 0 {
		count["instance"] += r.Members
	}
	return count
}

// Pair is all that an audit knows.
type Pair struct {
	Left, Right Region // the primary first
	// Names are the records of others that touch the stack's names. They belong to neither region.
	Names []Resource
	Notes []Note
}

// Note is what an audit has to say beside its findings: what it could not compare, and why.
type Note struct {
	About string `json:"about"`
	Text  string `json:"text"`
}

// Finding is one reason why a failover might not go well.
type Finding struct {
	Name     string   `json:"name"` // "target group target-group: matcher"; what patterns of parity.ignore match
	Rule     string   `json:"rule"` // "target-group/matcher": the same for all findings of a sort
	Severity Severity `json:"severity"`
	Kind     string   `json:"kind"`
	Role     string   `json:"role"`
	Setting  string   `json:"setting,omitempty"` // "" where the resource itself is missing, or is too many
	Evidence []Side   `json:"evidence"`
	Expected string   `json:"expected,omitempty"` // by the declaration, or else by AWS's defaults
	Wrong    []string `json:"wrong"`              // regions
	// Presumed tells that nothing says which side is wrong: the secondary is to be as the primary is.
	Presumed bool     `json:"presumed,omitempty"`
	Why      string   `json:"why"`
	Heal     []string `json:"heal"`
	// Consequences are differences that come of this one and go with it.
	Consequences []string `json:"consequences,omitempty"`
	Passing      string   `json:"passing,omitempty"` // what it waits for
	Ignored      string   `json:"ignored,omitempty"` // the declared reason
}

// Side is what one region has. Global is the region of what belongs to neither.
type Side struct {
	Region string `json:"region"`
	ID     string `json:"id,omitempty"`
	Value  string `json:"value"`
}

// None is the value of what a side does not have.
const None = "none"

// Report is the result of an audit.
type Report struct {
	Left, Right Region
	Findings    []Finding // the gravest first
	Passing     []Finding // what passes by itself
	Ignored     []Finding // what the declaration says to ignore
	Notes       []Note
}

// Inventory counts the resources of each region by kind.
func (r *Report) Inventory() map[string]map[string]int {
	return map[string]map[string]int{r.Left.Name: r.Left.Inventory(), r.Right.Name: r.Right.Inventory()}
}

// AtLeast returns the findings of this severity and the graver ones.
func (r *Report) AtLeast(s Severity) []Finding {
	var found []Finding
	for _, f := range r.Findings {
		if f.Severity >= s {
			found = append(found, f)
		}
	}
	return found
}

// sortFindings puts the gravest first, and orders equals by name.
func sortFindings(found []Finding) {
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Name, b.Name))
	})
}
