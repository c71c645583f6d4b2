package doctor

import (
	"strings"

	"github.com/understudy/understudy"
)

// What is called for the role of the instances, and its instance profile. Both are named for the stack.
const (
	roleActions = `iam:AttachRolePolicy iam:CreateRole iam:DeleteRole iam:DeleteRolePolicy iam:DetachRolePolicy iam:GetRole iam:GetRolePolicy
		iam:ListAttachedRolePolicies iam:ListRolePolicies iam:PutRolePolicy iam:TagRole iam:UntagRole iam:UpdateAssumeRolePolicy`
	profileActions = `iam:AddRoleToInstanceProfile iam:CreateInstanceProfile iam:DeleteInstanceProfile iam:GetInstanceProfile
		iam:RemoveRoleFromInstanceProfile iam:TagInstanceProfile iam:UntagInstanceProfile`
)

// machines allows what instances with a profile need. Whoever launches one passes its role to EC2 ("Grant permissions to pass an IAM role
// to an AWS service" in the IAM User Guide); the role of a profile that is named may have any name.
func (p *policy) machines(d *understudy.Declaration) {
	iam := func(resource string) string { return "arn:" + p.partition + ":iam::*:" + resource }
	name := d.RoleName()
	p.allow("RoleOfInstances", roleActions, nil, iam("role/"+name))
	p.allow("ProfileOfInstances", profileActions, nil, iam("instance-profile/"+name), iam("role/"+name))
	toEC2, passed := equals("iam:PassedToService", "ec2.amazonaws.com"), iam("role/"+name)
	if named := d.Instance.Profile.Name; named != "" {
		p.allow("NamedProfile", "iam:GetInstanceProfile", nil, iam("instance-profile/"+named))
		passed = iam("role/*")
	}
	p.allow("PassRole", "iam:PassRole", toEC2, passed)
	var named []string
	for _, side := range understudy.Sides {
		if name := d.Origin(side).Parameter; name != "" {
			named = append(named, parameterARN(p.partition, d.Regions[side].Name, name))
		}
	}
	if named != nil {
		p.allow("ImageParameters", "ssm:GetParameter", nil, named...)
	}
	if len(d.Instance.Environment.Parameters()) > 0 {
		p.allow("ParametersOfTheService", "ssm:DescribeParameters", p.here(nil), anything) // it knows no resources, and tells no values
	}
	p.allow("ManagedPolicies", "iam:GetPolicy", nil, anything)
}

// parameterARN names a parameter without its version or label, of any account: AWS's public parameters have none in their ARNs ("Actions,
// resources, and condition keys for AWS Systems Manager" in the Service Authorization Reference).
func parameterARN(partition, region, name string) string {
	name, _, _ = strings.Cut(name, ":")
	return "arn:" + partition + ":ssm:" + region + ":*:parameter/" + strings.TrimPrefix(name, "/")
}
