package world

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/cloud/internal/identity"
	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/judge"
)

// newestPath lists the operations that AWS's services have beyond the models of package wire: a line for each, after a first one that
// says which botocore knows them.
const newestPath = "testdata/newest-operations.txt"

// newest are the listed operations by service that are not answered yet, and the version of botocore that the list is of.
func newest(t *testing.T) (version string, by map[string][]string) {
	t.Helper()
	b, err := os.ReadFile(newestPath)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(b), "\n")
	by = map[string][]string{}
	known := modelled()
	for line := range strings.Lines(rest) {
		service, op, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !known[service+" "+op] {
			by[service] = append(by[service], op)
		}
	}
	return strings.Fields(strings.TrimPrefix(head, "# botocore "))[0], by
}

// beyondModels is what a reader of the table is told of the list.
func beyondModels(version string, ops []string) string {
	return fmt.Sprintf("\nNewer than the models, by botocore %s: %d. %s.\n", version, len(ops), strings.Join(ops, ", "))
}

// botocoreOperations prints botocore's version and its newest model's operations of each service that is named.
const botocoreOperations = `
import botocore, botocore.loaders, json, sys
load = lambda name: botocore.loaders.Loader().load_service_model(name, "service-2")
print(json.dumps({"version": botocore.__version__, "operations": {signs: sorted(load(name)["operations"]) for signs, name in json.load(sys.stdin).items()}}))
`

// botocoreNames are the services' names in botocore, by those that sign.
var botocoreNames = map[string]string{
	"ec2": "ec2", "elasticloadbalancing": "elbv2", "autoscaling": "autoscaling", "route53": "route53", "iam": "iam", "sts": "sts", "ssm": "ssm",
	"monitoring": "cloudwatch", "servicequotas": "service-quotas", "route53-recovery-control-config": "route53-recovery-control-config",
	"route53-recovery-cluster": "route53-recovery-cluster",
}

// The list says what botocore says, if it is the one that the list is of; an older one knows nothing that the list does not. With
// -update the list is written of a newer one.
func TestNewestOperationsAreListed(t *testing.T) {
	names, err := json.Marshal(botocoreNames)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(judge.Need(t, "python3:boto3"), "-c", botocoreOperations)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(names)), os.Stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Version    string
		Operations map[string][]string
	}
	if err := json.Unmarshal(b, &said); err != nil {
		t.Fatal(err)
	}
	beyond := map[string][]string{}
	modelled := modelled()
	for service, all := range said.Operations {
		beyond[service] = slices.DeleteFunc(all, func(op string) bool { return modelled[service+" "+op] })
	}
	version, listed := newest(t)
	if *update && compareVersions(said.Version, version) >= 0 {
		writeNewest(t, said.Version, beyond)
		version, listed = newest(t)
	}
	for service, ops := range listed {
		for _, op := range ops {
			if said.Version == version && !slices.Contains(beyond[service], op) {
				t.Errorf("%s %s is listed, and botocore does not have it", service, op)
			}
		}
	}
	for service, ops := range beyond {
		for _, op := range ops {
			if compareVersions(said.Version, version) <= 0 && !slices.Contains(listed[service], op) {
				t.Errorf("%s %s is not listed", service, op)
			}
		}
	}
}

// What a service that speaks AWS query or EC2 query does not know is no action of it, in the words that clients forgive.
func TestNewestOperationsAreNoActions(t *testing.T) {
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	new(region.Region).Operations(mux)
	new(identity.Room).Operations(mux)
	_, listed := newest(t)
	for _, service := range []string{"ec2", "elasticloadbalancing", "autoscaling", "iam", "sts"} {
		for _, op := range listed[service] {
			q := httptest.NewRequest("POST", "/", strings.NewReader(url.Values{"Action": {op}}.Encode()))
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20261127/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, q)
			if !strings.Contains(w.Body.String(), "<Code>InvalidAction</Code>") {
				t.Errorf("%s %s answers %s", service, op, w.Body)
			}
		}
	}
}

// modelled are the operations of the models, and those beyond them that are answered.
func modelled() map[string]bool {
	all := map[string]bool{}
	for _, op := range operations() {
		all[op.Service.SigningName+" "+op.Name] = true
	}
	return all
}

func writeNewest(t *testing.T, version string, beyond map[string][]string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "# botocore %s (read in %s) has these operations beyond the models of package wire\n", version, time.Now().Format("January 2006"))
	for _, service := range slices.Sorted(maps.Keys(beyond)) {
		for _, op := range beyond[service] {
			fmt.Fprintln(&b, service, op)
		}
	}
	if err := os.WriteFile(newestPath, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compareVersions compares numbers between dots.
func compareVersions(a, b string) int {
	numbers := func(s string) (all []int) {
		for part := range strings.SplitSeq(s, ".") {
			n, _ := strconv.Atoi(part)
			all = append(all, n)
		}
		return all
	}
	return slices.Compare(numbers(a), numbers(b))
}
