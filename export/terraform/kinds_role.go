package terraform

import (
	"fmt"
	"strings"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

const roleFile = "iam.tf"

// role is the instance profile that instances get, and the role that it carries with its policies. IAM is global: it is above both regions.
func (t *translation) role(s *export.Settings) {
	sent, ok := s.Content.(blueprint.InstanceRole)
	if !ok {
		s.Refuse("a role of %T", s.Content)
		return
	}
	s.Told("trust", "managed policies", "policy", "environment policy", "other policies", "profile", "profile tagged", "tagged")
	own := ref{Ref: blueprint.Ref{Piece: s.ID}}
	profile := t.add(s, "aws_iam_instance_profile", roleFile, "")
	profile.set("name", text(s.Name))
	role := t.beside(profile, "aws_iam_role", profile.label)
	carried := verbatim(role.address() + ".name")
	profile.set("role", carried)
	profile.set("tags", t.ownTags(sent.ProfileTags))
	role.set("name", text(s.Name)).set("description", text(sent.Description)).set("assume_role_policy", text(sent.Trust))
	role.set("tags", t.ownTags(s.Tags))
	role.imported = own
	for _, inline := range sent.Inline {
		p := t.beside(profile, "aws_iam_role_policy", strings.ReplaceAll(inline.Name, "-", "_"))
		p.set("name", text(inline.Name)).set("role", carried).set("policy", text(inline.Document))
		p.imported = joined{own, text(":" + inline.Name)}
	}
	for n, arn := range sent.Managed {
		a := t.beside(profile, "aws_iam_role_policy_attachment", fmt.Sprintf("managed_%d", n+1))
		a.set("role", carried).set("policy_arn", text(arn))
		a.imported = joined{own, text("/" + arn)}
	}
}
