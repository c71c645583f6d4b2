package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

// idLine is where a resource is named in an adopted file.
var idLine = regexp.MustCompile(`(?m)^(\s*id: )(.*)$`)

// goneID is an id of the same form, of which there is nothing.
func goneID(id string) string {
	if zone, name, ok := strings.Cut(id, " "); ok {
		return zone + " gone." + name // a record
	}
	last := id[len(id)-1]
	if last == '0' {
		return id[:len(id)-1] + "1"
	}
	return id[:len(id)-1] + "0"
}

// refusesWhatIsGone has a file name nothing that is there: each is named with its side and region, what to do is said, and nothing is changed.
func (s *stage) refusesWhatIsGone(file string) {
	s.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	lost := filepath.Join(s.t.TempDir(), "lost.yaml")
	changed := idLine.ReplaceAllStringFunc(string(text), func(line string) string {
		key, id, _ := strings.Cut(line, ": ")
		return key + ": " + goneID(id)
	})
	if err := os.WriteFile(lost, []byte(changed), 0o600); err != nil {
		s.t.Fatal(err)
	}
	var adopted understudy.AdoptedError
	if _, err := understudy.Load(lost); !errors.As(err, &adopted) {
		s.t.Fatal(err)
	}
	for _, command := range []string{"plan", "up"} {
		r := s.run(binary, command, "-f", lost)
		if r.code != 1 || r.stdout != "" {
			s.t.Errorf("%s of what is gone: exit %d\n%s", command, r.code, r.stdout)
		}
		for _, one := range adopted.Stack.Adopt.Resources {
			side := map[bool]string{true: "primary", false: "secondary"}[one.Region == adopted.Stack.Adopt.Regions[0]]
			named := fmt.Sprintf("%s/%s %s", side, one.Kind, one.Name)
			gone := fmt.Sprintf("%s in %s is gone, and an adopted resource is not made again", one.ID, one.Region)
			if !strings.Contains(r.stderr, named) || !strings.Contains(r.stderr, gone) {
				s.t.Errorf("%s does not say that %s is gone (%s):\n%s", command, named, one.ID, r.stderr)
			}
		}
		if todo := "understudy adopt --record " + adopted.Stack.Adopt.Record; !strings.Contains(r.stderr, todo) {
			s.t.Errorf("%s does not say what to do:\n%s", command, r.stderr)
		}
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
