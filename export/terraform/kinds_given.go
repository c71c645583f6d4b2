package terraform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// What somebody else has made is looked up, by ids or tags.

func (t *translation) givenVPC(s *export.Settings) {
	r := t.add(s, "aws_vpc", networkFile, "vpc")
	r.data = true
	given, ok := s.Content.(understudy.Given)
	switch {
	case !ok:
		s.Refuse("a network by %T", s.Content)
	case len(given.IDs) > 0:
		r.set("id", text(given.IDs[0]))
	default:
		r.set("tags", tagged(given))
	}
}

// givenSubnet is one by its id where that is known: the declaration's are in any order, the stack's in that of their zones.
func (t *translation) givenSubnet(s *export.Settings) {
	r := t.add(s, "aws_subnet", networkFile, "subnet")
	r.data = true
	given, ok := s.Content.(understudy.Given)
	zone := s.Number("zone")
	switch {
	case !ok:
		s.Refuse("a subnet by %T", s.Content)
	case s.Standing != "" || zone < len(given.IDs):
		r.set("id", text(cmp.Or(s.Standing, at(given.IDs, zone))))
	default:
		r.set("id", verbatim(fmt.Sprintf("sort(%s.ids)[%d]", t.taggedSubnets(s, r, given).address(), zone)))
	}
}

func at(ids []string, n int) string {
	if n < len(ids) {
		return ids[n]
	}
	return ""
}

// taggedSubnets looks up all subnets of the VPC that have the tags, once for those that have the same.
func (t *translation) taggedSubnets(s *export.Settings, r *resourceBlock, given understudy.Given) *resourceBlock {
	vpc := s.Of[blueprint.KindVPC]
	for _, other := range t.resources {
		if before, ok := other.piece.Content.(understudy.Given); ok && other.typ == "aws_subnets" &&
			other.piece.Side == s.Side && maps.Equal(before.Tags, given.Tags) {
			return other
		}
	}
	t.say(s.ID, "Terraform takes the subnets in the order of their ids, `understudy` in that of their zones")
	all := t.beside(r, "aws_subnets", r.label+"_and_others")
	all.data = true
	all.within("filter").set("name", text("vpc-id")).set("values", list{ref{Ref: vpc}})
	all.set("tags", tagged(given))
	return all
}

func tagged(given understudy.Given) (tags object) {
	for _, k := range slices.Sorted(maps.Keys(given.Tags)) {
		tags = append(tags, entry{k, text(given.Tags[k])})
	}
	return tags
}
