package cloudformation

import (
	"encoding/json"

	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/plan/blueprint"
)

// role is the instance profile that instances get, and the role that it carries with its policies. IAM is global, so it has a template of its
// own.
func (t *translation) role(s *export.Settings) {
	sent, ok := s.Content.(blueprint.InstanceRole)
	if !ok {
		s.Refuse("a role of %T", s.Content)
		return
	}
	s.Told("trust", "managed policies", "policy", "environment policy", "other policies", "profile", "profile tagged")
	profile := t.add(s, "AWS::IAM::InstanceProfile")
	role := t.beside(s, "AWS::IAM::Role", profile.id+"Itself")
	profile.properties.set("InstanceProfileName", s.Name).set("Roles", []any{tree{{"Ref", role.id}}})
	profile.identified(entry{"InstanceProfileName", own(s)})
	role.properties.set("RoleName", s.Name).set("Description", sent.Description).set("AssumeRolePolicyDocument", document(s, sent.Trust))
	if len(sent.Managed) > 0 {
		var arns []any
		for _, arn := range sent.Managed {
			arns = append(arns, arn)
		}
		role.properties.set("ManagedPolicyArns", arns)
	}
	var inline []any
	for _, p := range sent.Inline {
		inline = append(inline, tree{{"PolicyName", p.Name}, {"PolicyDocument", document(s, p.Document)}})
	}
	if inline != nil {
		role.properties.set("Policies", inline)
	}
	t.tagged(s, role, "Tags")
	role.identified(entry{"RoleName", own(s)})
	t.say(s.ID, "CloudFormation gives instance profiles no tags")
}

// document is a policy as the mapping that CloudFormation takes.
func document(s *export.Settings, policy string) any {
	var v any
	if err := json.Unmarshal([]byte(policy), &v); err != nil {
		s.Refuse("a policy that is no JSON: %v", err)
	}
	return v
}
