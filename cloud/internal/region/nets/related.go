package nets

import (
	"slices"
	"strings"
)

// Related returns what an association or attachment is of, or the group of a security group's rule; nothing for ids of other kinds.
func (r *Room) Related(id string) (ids []string) {
	switch id[:max(0, strings.LastIndexByte(id, '-'))] {
	case attachmentKind.Prefix:
		for _, i := range r.interfaces.All() {
			if i.Attachment == id {
				ids = append(ids, i.ID, i.Instance)
			}
		}
	case tableAssociationKind.Prefix:
		for _, t := range r.routeTables.All() {
			for _, a := range t.Associations {
				if a.ID == id {
					ids = append(ids, t.ID, a.Subnet)
				}
			}
		}
	case aclAssociationKind.Prefix:
		for _, s := range r.subnets.All() {
			if s.ACLAssociation == id {
				ids = append(ids, s.ID)
			}
		}
	case elasticAssociationKind.Prefix:
		for _, e := range r.elastics.All() {
			if e.Association == id {
				ids = append(ids, e.ID, e.Interface)
			}
		}
	case ruleKind.Prefix:
		for _, g := range r.groups.All() {
			if slices.ContainsFunc(g.Rules, func(rule ruleRow) bool { return rule.ID == id }) {
				ids = append(ids, g.ID)
			}
		}
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}
