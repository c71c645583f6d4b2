package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A user whose only policy is what the doctor prints carries a stack's whole life on a cloud that enforces policies. Without one of
// its permissions the run fails, and tells which one is missing.
func TestLeastPolicyIsEnough(t *testing.T) {
	t.Parallel()
	s := start(t, "--iam", "enforce")
	printed := s.must("doctor", "-f", example, "--policy")
	without := func(action string) string {
		var p map[string]any
		if err := json.Unmarshal([]byte(printed), &p); err != nil {
			t.Fatal(err)
		}
		for _, statement := range p["Statement"].([]any) {
			m := statement.(map[string]any)
			m["Action"] = slices.DeleteFunc(m["Action"].([]any), func(a any) bool { return a == action })
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	ann := s.user("ann", printed)
	const missing = "ec2:CreateInternetGateway"
	s.givePolicy("ann", without(missing))
	r := ann.run(binary, "up", "-f", example, "--yes")
	if r.code == 0 || !strings.Contains(r.stderr, "UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::") ||
		!strings.Contains(r.stderr, "no identity-based policy allows the "+missing+" action") {
		t.Errorf("up without %s: exit %d\n%s", missing, r.code, r.stderr)
	}
	s.givePolicy("ann", printed)
	ann.must("up", "-f", example, "--yes")
	roles := s.aws(primary, "iam", "list-roles", "--path-prefix", "/aws-service-role/", "--query", "Roles[].RoleName")
	if roles != "AWSServiceRoleForAutoScaling\tAWSServiceRoleForElasticLoadBalancing" {
		t.Errorf("the services have made the roles %s", roles)
	}
	ann.must("drill", "-f", example, "--fault", "isolate", "--hold", "1s", "--abort-after", lenience, "--patience", lenience, "--force", busy)
	ann.must("down", "-f", example, "--zone", "--yes")
	s.removeUser("ann", ann.env["AWS_ACCESS_KEY_ID"])
	s.nothingIsLeft()
}

// user makes a user with one policy, and returns the stage as the user sees it.
func (s *stage) user(name, policy string) *stage {
	s.t.Helper()
	s.aws(primary, "iam", "create-user", "--user-name", name)
	s.givePolicy(name, policy)
	key := strings.Fields(s.aws(primary, "iam", "create-access-key", "--user-name", name, "--query", "AccessKey.[AccessKeyId,SecretAccessKey]"))
	as := *s
	as.env = maps.Clone(s.env)
	as.env["AWS_ACCESS_KEY_ID"], as.env["AWS_SECRET_ACCESS_KEY"] = key[0], key[1]
	return &as
}

// removeUser removes a user with all that it has.
func (s *stage) removeUser(name, key string) {
	s.t.Helper()
	s.takePolicy(name)
	s.aws(primary, "iam", "delete-access-key", "--user-name", name, "--access-key-id", key)
	s.aws(primary, "iam", "delete-user", "--user-name", name)
}

// takePolicy deletes a user's managed policies.
func (s *stage) takePolicy(user string) {
	s.t.Helper()
	for _, had := range strings.Fields(s.aws(primary, "iam", "list-attached-user-policies", "--user-name", user, "--query", "AttachedPolicies[].PolicyArn")) {
		s.aws(primary, "iam", "detach-user-policy", "--user-name", user, "--policy-arn", had)
		s.aws(primary, "iam", "delete-policy", "--policy-arn", had)
	}
}

// mostPolicy is how many characters a managed policy may have, without white space ("IAM and AWS STS quotas").
const mostPolicy = 6144

// givePolicy gives a user a policy in the place of the one that it had: as many managed policies as its statements fill.
func (s *stage) givePolicy(user, document string) {
	s.t.Helper()
	s.takePolicy(user)
	var whole struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(document), &whole); err != nil {
		s.t.Fatal(err)
	}
	for n, part := range parts(whole.Statement) {
		arn := s.aws(primary, "iam", "create-policy", "--policy-name", fmt.Sprintf("%s-least-%d", user, n), "--policy-document", part, "--query", "Policy.Arn")
		s.aws(primary, "iam", "attach-user-policy", "--user-name", user, "--policy-arn", arn)
	}
}

// parts puts statements into documents that a managed policy may be.
func parts(statements []json.RawMessage) (documents []string) {
	const begin, end = `{"Version":"2012-10-17","Statement":[`, `]}`
	text := ""
	for _, one := range statements {
		var compact bytes.Buffer
		_ = json.Compact(&compact, one) // it was read as JSON
		if text != "" && len(begin)+len(text)+1+compact.Len()+len(end) > mostPolicy {
			documents, text = append(documents, begin+text+end), ""
		}
		if text != "" {
			text += ","
		}
		text += compact.String()
	}
	return append(documents, begin+text+end)
}
