package nets

import (
	"slices"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Groups have names that find them in the default VPC alone (EC2 API reference, for one AuthorizeSecurityGroupIngress,
// parameter GroupName).

// GroupNamed returns the id of the default VPC's group of a name.
func (r *Room) GroupNamed(tx *store.Tx, name string) (string, error) {
	v, ok := r.DefaultVPC(tx)
	if !ok {
		return "", noDefaultVPC()
	}
	all := r.groups.AllTx(tx)
	at := slices.IndexFunc(all, func(g groupRow) bool { return g.VPC == v.ID && g.Name == name })
	if at < 0 {
		return "", wire.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", name, v.ID)
	}
	return all[at].ID, nil
}

// GroupsNamed returns the ids of the default VPC's groups of these names.
func (r *Room) GroupsNamed(tx *store.Tx, names []string) (ids []string, err error) {
	for _, name := range names {
		id, err := r.GroupNamed(tx, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// groupOf returns the id of the group that a request names by id or by name.
func (r *Room) groupOf(id, name *string) (*string, error) {
	if name == nil {
		return id, nil
	}
	if id != nil {
		return nil, wire.Errorf("InvalidParameterCombination", "The parameter GroupName cannot be used with the parameter GroupId")
	}
	found, err := r.GroupNamed(nil, *name)
	return &found, err
}
