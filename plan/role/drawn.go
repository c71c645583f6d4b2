package role

import (
	"slices"

	"github.com/understudy/understudy/plan/blueprint"
)

// Refer makes the profile's name a reference too, by which instances wait for it.
func (r *Role) Refer(id blueprint.Ref) { r.drawnAs = id.String() }

func (r *Role) Draw() blueprint.Piece {
	p := r.Declared.Instance.Profile
	inline := slices.DeleteFunc([]blueprint.InlinePolicy{{Name: ownPolicy, Document: p.Policy},
		{Name: environmentPolicy, Document: r.Declared.ParametersPolicy()}},
		func(p blueprint.InlinePolicy) bool { return p.Document == "" })
	return blueprint.Piece{Kind: blueprint.KindRole, Name: r.Declared.RoleName(), Tags: r.Mark(roleRole), Settings: r.Desired(),
		Content: blueprint.InstanceRole{Description: r.purpose(), Trust: r.trust(), Managed: p.Managed, Inline: inline, ProfileTags: r.Mark(profileRole)}}
}
