package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/understudy/understudy"
)

// drifts changes one adopted resource of each kind that routes requests, has the plan show each of them, and up give each back what was written.
// Adopted anew, the stack is what it was, byte for byte.
func (s *stage) drifts(file, record string) {
	s.t.Helper()
	var adopted understudy.AdoptedError
	if _, err := understudy.Load(file); !errors.As(err, &adopted) {
		s.t.Fatal(err)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	drifted := map[understudy.AdoptedKind]string{}
	for _, r := range adopted.Stack.Adopt.Resources {
		drift := map[understudy.AdoptedKind]func(understudy.AdoptedResource){
			understudy.AdoptedListener: s.driftListener, understudy.AdoptedRule: s.driftRule, understudy.AdoptedRecord: s.driftRecord,
			understudy.AdoptedCheck: s.driftCheck, understudy.AdoptedTemplate: s.driftTemplate,
		}[r.Kind]
		if _, calculated := r.Settings["children"]; drift != nil && drifted[r.Kind] == "" && !calculated {
			drift(r)
			drifted[r.Kind] = r.ID
		}
	}
	if len(drifted) < 3 {
		s.t.Fatalf("%s has only %v", record, drifted)
	}
	said := s.run(binary, "plan", "-f", file, "--detailed-exitcode")
	for kind, id := range drifted {
		if said.code != 2 || !strings.Contains(said.stdout, id) {
			s.t.Errorf("the plan does not show the drift of the %s %s: exit %d\n%s%s", kind, id, said.code, said.stdout, said.stderr)
		}
	}
	s.must("up", "-f", file)
	if said := s.must("plan", "-f", file); said != "nothing to change\n" {
		s.t.Errorf("the plan of %s after up: %s", record, said)
	}
	again := filepath.Join(s.t.TempDir(), "again.yaml")
	s.must("adopt", "--record", record, "--out", again)
	if now, err := os.ReadFile(again); err != nil || string(now) != string(written) {
		s.t.Errorf("adopted anew, %s is otherwise: %v\n%s", record, err, differentLines(string(written), string(now)))
	}
}

func (s *stage) driftListener(r understudy.AdoptedResource) {
	s.aws(r.Region, "elbv2", "modify-listener", "--listener-arn", r.ID, "--port", "4242")
}

func (s *stage) driftRule(r understudy.AdoptedResource) {
	s.aws(r.Region, "elbv2", "modify-rule", "--rule-arn", r.ID, "--actions", "Type=fixed-response,FixedResponseConfig={StatusCode=418}")
	s.aws(r.Region, "elbv2", "set-rule-priorities", "--rule-priorities", "RuleArn="+r.ID+",Priority=4242")
}

func (s *stage) driftCheck(r understudy.AdoptedResource) {
	s.aws(r.Region, "route53", "update-health-check", "--health-check-id", r.ID, "--failure-threshold", "9", "--inverted")
}

func (s *stage) driftTemplate(r understudy.AdoptedResource) {
	version := s.aws(r.Region, "ec2", "create-launch-template-version", "--launch-template-id", r.ID, "--source-version", r.Settings["default version"],
		"--launch-template-data", `{"InstanceType": "t3.nano"}`, "--query", "LaunchTemplateVersion.VersionNumber")
	s.aws(r.Region, "ec2", "modify-launch-template", "--launch-template-id", r.ID, "--default-version", version)
}

// driftRecord has a record set follow no health check, and its alias heed nothing, or its weight be another.
func (s *stage) driftRecord(r understudy.AdoptedResource) {
	s.t.Helper()
	parts := strings.SplitN(r.ID, " ", 4)
	sets := s.run(filepath.Join(warm.programs(s.t, "awscli"), "aws"), "route53", "list-resource-record-sets", "--hosted-zone-id", parts[0], "--output", "json",
		"--region", r.Region, "--endpoint-url", s.env["AWS_ENDPOINT_URL"])
	var all struct{ ResourceRecordSets []map[string]any }
	if err := json.Unmarshal([]byte(sets.stdout), &all); err != nil {
		s.t.Fatal(err)
	}
	for _, one := range all.ResourceRecordSets {
		identifier, _ := one["SetIdentifier"].(string)
		if strings.TrimSuffix(one["Name"].(string), ".") != parts[1] || one["Type"] != parts[2] || len(parts) == 4 && identifier != parts[3] {
			continue
		}
		if to, ok := one["AliasTarget"].(map[string]any); ok {
			to["EvaluateTargetHealth"] = !to["EvaluateTargetHealth"].(bool)
		}
		if weight, ok := one["Weight"].(float64); ok {
			one["Weight"] = weight + 1
		}
		delete(one, "HealthCheckId")
		batch, err := json.Marshal(map[string]any{"Changes": []any{map[string]any{"Action": "UPSERT", "ResourceRecordSet": one}}})
		if err != nil {
			s.t.Fatal(err)
		}
		s.aws(r.Region, "route53", "change-resource-record-sets", "--hosted-zone-id", parts[0], "--change-batch", string(batch))
	}
}
