package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// named is the declared instance profile as it is.
type named struct {
	there bool
	role  string // empty where it carries none
	ec2   bool   // the role's trust lets EC2 assume it
}

// readProfile reads what the declared profile is made of and this stack does not make.
func readProfile(ctx context.Context, c *iam.Client, d *understudy.Declaration, w *world) {
	var all sync.WaitGroup
	p := d.Instance.Profile
	if p.Name != "" {
		ask(&all, &w.profile, func() (named, error) { return profileNamed(ctx, c, p.Name) })
	}
	ask(&all, &w.unmanaged, func() ([]string, error) { return missingPolicies(ctx, c, p.Managed) })
	all.Wait()
}

func profileNamed(ctx context.Context, c *iam.Client, name string) (n named, err error) {
	out, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if account.IsNotFound(err) {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	n.there = true
	for _, r := range out.InstanceProfile.Roles {
		document, _ := url.PathUnescape(aws.ToString(r.AssumeRolePolicyDocument)) // what cannot be read trusts nobody
		n.role, n.ec2 = aws.ToString(r.RoleName), trustsEC2(document)
	}
	return n, nil
}

// trustsEC2 tells whether a trust policy names EC2 where it allows something.
func trustsEC2(document string) bool {
	var trust struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(document), &trust) != nil {
		return false
	}
	type statement struct {
		Effect    string
		Principal any
	}
	var all []statement
	if json.Unmarshal(trust.Statement, &all) != nil {
		all = make([]statement, 1)
		if json.Unmarshal(trust.Statement, &all[0]) != nil {
			return false
		}
	}
	for _, s := range all {
		principal, _ := json.Marshal(s.Principal) // it comes from JSON
		if s.Effect == "Allow" && (strings.Contains(string(principal), `"ec2.amazonaws.com`) || string(principal) == `"*"`) {
			return true
		}
	}
	return false
}

func missingPolicies(ctx context.Context, c *iam.Client, arns []string) (missing []string, err error) {
	for _, arn := range arns {
		_, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
		switch {
		case account.IsNotFound(err):
			missing = append(missing, arn)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

const whyProfile = "no instance starts with it, in either region"

func judgeProfile(d *understudy.Declaration, w world) (all []Finding) {
	name := d.Instance.Profile.Name
	found := func(severity Severity, what, why, heal string) {
		all = append(all, Finding{CheckProfile, severity, understudy.Global, what, why, heal})
	}
	switch p := w.profile.value; {
	case name == "":
	case w.profile.err != nil:
		all = append(all, unread(CheckProfile, understudy.Global, "iam:GetInstanceProfile", w.profile.err))
	case !p.there:
		found(Blocker, "there is no instance profile "+name, whyProfile, "aws iam create-instance-profile --instance-profile-name "+name+", and add a role")
	case p.role == "":
		found(Blocker, "instance profile "+name+" carries no role", whyProfile,
			"aws iam add-role-to-instance-profile --instance-profile-name "+name+" --role-name ROLE")
	case !p.ec2:
		found(Warning, fmt.Sprintf("role %s of instance profile %s does not trust ec2.amazonaws.com", p.role, name),
			"instances get no credentials, so that what they call AWS for is refused", "aws iam update-assume-role-policy --role-name "+p.role)
	}
	if w.unmanaged.err != nil {
		all = append(all, unread(CheckProfile, understudy.Global, "iam:GetPolicy", w.unmanaged.err))
	}
	for _, arn := range w.unmanaged.value {
		found(Blocker, "there is no managed policy "+arn, "the role of the instances cannot have it", "declare instance.profile.managed by policies that exist")
	}
	return all
}
