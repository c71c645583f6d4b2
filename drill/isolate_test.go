package drill

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy/account"
)

// wire answers the query protocol's actions with XML, and writes down what changes something.
type wire struct {
	answers map[string]string // an action's, without the element around it
	errors  map[string]string // an action's code
	health  func() string     // the state of the only target; nil for no answer
	did     []string
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	in, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	action := in.Get("Action")
	if !strings.HasPrefix(action, "Describe") {
		w.did = append(w.did, w.line(action, in))
	}
	status, xml := http.StatusOK, w.answers[action]
	if action == "DescribeTargetHealth" && w.health != nil {
		xml = "<TargetHealthDescriptions><member><Target><Id>i-1</Id></Target><TargetHealth><State>" + w.health() +
			"</State></TargetHealth></member></TargetHealthDescriptions>"
	}
	if strings.HasPrefix(action, "Describe") && xml == "" {
		xml = w.answers[action+" "+in.Get("Filter.1.Name")]
	}
	if !isEC2(action) {
		xml = "<" + action + "Result>" + xml + "</" + action + "Result>"
	}
	xml = "<" + action + "Response>" + xml + "</" + action + "Response>"
	if code := w.errors[action]; code != "" {
		status, xml = http.StatusBadRequest, "<Response><Errors><Error><Code>"+code+"</Code></Error></Errors></Response>"
		if !isEC2(action) {
			xml = "<ErrorResponse><Error><Code>" + code + "</Code></Error></ErrorResponse>"
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(xml)), Request: r}, nil
}

func isEC2(action string) bool {
	return strings.Contains(action, "SecurityGroup") || strings.Contains(action, "NetworkAcl")
}

// line tells of a call with what matters of it.
func (w *wire) line(action string, in url.Values) string {
	var said []string
	for _, key := range slices.Sorted(maps.Keys(in)) {
		matters := []string{"AssociationId", "NetworkAclId", "GroupId", "RuleArn", "ListenerArn", "Port", "Priority",
			"Conditions.member.1.PathPatternConfig.Values.member.1"}
		if strings.HasPrefix(key, "ScalingProcesses.") || slices.Contains(matters, key) {
			said = append(said, in.Get(key))
		}
	}
	return strings.Join(append([]string{action}, said...), " ")
}

func (w *wire) open(t *testing.T) *account.Account {
	t.Helper()
	t.Setenv("AWS_CA_BUNDLE", "")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	a, err := account.Open(t.Context(), "us-east-1", config.WithHTTPClient(w),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("id", "secret", "")))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func association(id, subnet, acl string) string {
	return fmt.Sprintf("<item><networkAclAssociationId>%s</networkAclAssociationId><subnetId>%s</subnetId><networkAclId>%s</networkAclId></item>", id, subnet, acl)
}

func acl(id string, associations ...string) string {
	return "<item><networkAclId>" + id + "</networkAclId><associationSet>" + strings.Join(associations, "") + "</associationSet></item>"
}

func region() *wire {
	return &wire{errors: map[string]string{}, answers: map[string]string{
		"DescribeSecurityGroups": "<securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions><item><ipProtocol>tcp</ipProtocol>" +
			"<fromPort>8080</fromPort><toPort>8080</toPort></item></ipPermissions></item></securityGroupInfo>",
		"DescribeAutoScalingGroups": "<AutoScalingGroups><member><AutoScalingGroupName>fleet</AutoScalingGroupName><SuspendedProcesses>" +
			"<member><ProcessName>AZRebalance</ProcessName></member></SuspendedProcesses></member></AutoScalingGroups>",
		"DescribeNetworkAcls vpc-id": "<networkAclSet>" + acl("acl-own", association("aclassoc-1", "subnet-1", "acl-own"),
			association("aclassoc-9", "subnet-of-others", "acl-own")) + acl("acl-default", association("aclassoc-2", "subnet-2", "acl-default")) + "</networkAclSet>",
		"CreateNetworkAcl": "<networkAcl><networkAclId>acl-drill</networkAclId></networkAcl>",
	}}
}

var parts = Parts{VPC: "vpc-1", Subnets: []string{"subnet-1", "subnet-2"}, Internal: "sg-1", Fleet: "fleet"}

func isolateAndRepair(t *testing.T, w *wire) (broke, repaired, notes []string) {
	t.Helper()
	f := &Isolate{Account: w.open(t), Parts: parts}
	undo, err := f.Prepare(t.Context())
	if err != nil || len(w.did) > 0 {
		t.Fatalf("prepare: %v, did %v", err, w.did)
	}
	if err := f.Break(t.Context(), undo); err != nil {
		t.Fatal(err)
	}
	broke, w.did = w.did, nil
	w.answers["DescribeNetworkAcls tag:understudy:drill"] = "<networkAclSet>" + acl("acl-drill",
		association("aclassoc-3", "subnet-1", "acl-drill"), association("aclassoc-4", "subnet-2", "acl-drill")) + "</networkAclSet>"
	if err := (&Isolate{Account: f.Account}).Repair(t.Context(), undo); err != nil { // another process
		t.Fatal(err)
	}
	return broke, w.did, f.Notes()
}

// Only what the drill has changed is changed back: AZRebalance was suspended before, and others' subnets are not touched.
func TestIsolateCutsConnectionsAndKeepsTheFleetFromReplacing(t *testing.T) {
	broke, repaired, notes := isolateAndRepair(t, region())
	if diff := cmp.Diff([]string{"SuspendProcesses AlarmNotification HealthCheck ReplaceUnhealthy", "RevokeSecurityGroupIngress sg-1",
		"CreateNetworkAcl", "ReplaceNetworkAclAssociation aclassoc-1 acl-drill", "ReplaceNetworkAclAssociation aclassoc-2 acl-drill"}, broke); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ReplaceNetworkAclAssociation aclassoc-3 acl-own", "ReplaceNetworkAclAssociation aclassoc-4 acl-default",
		"DeleteNetworkAcl acl-drill", "AuthorizeSecurityGroupIngress sg-1", "ResumeProcesses AlarmNotification HealthCheck ReplaceUnhealthy"}, repaired); diff != "" {
		t.Error(diff)
	}
	if len(notes) > 0 {
		t.Errorf("all was cut, and the notes are %q", notes)
	}
}

// A target counts as healthy until its last probe has failed, which may have begun before the repair. Processes that go on
// meanwhile replace it.
func TestIsolateResumesTheFleetWhenNoProbeOfBeforeTheRepairCanFail(t *testing.T) {
	w := region()
	w.answers["DescribeAutoScalingGroups"] = "<AutoScalingGroups><member><AutoScalingGroupName>fleet</AutoScalingGroupName>" +
		"<TargetGroupARNs><member>group</member></TargetGroupARNs></member></AutoScalingGroups>"
	w.answers["DescribeTargetGroups"] = "<TargetGroups><member><TargetGroupArn>group</TargetGroupArn>" +
		"<HealthCheckIntervalSeconds>30</HealthCheckIntervalSeconds><HealthCheckTimeoutSeconds>29</HealthCheckTimeoutSeconds></member></TargetGroups>"
	f := &Isolate{Account: w.open(t), Parts: parts, Settings: Settings{Speed: 1}}
	undo, err := f.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		repaired := time.Now()
		const fails, passes = 28 * time.Second, 118 * time.Second
		w.health = func() string {
			if since := time.Since(repaired); since >= fails && since < passes {
				return "unhealthy"
			}
			return "healthy"
		}
		if err := f.Repair(t.Context(), undo); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(repaired); took < passes || took > passes+time.Minute {
			t.Errorf("processes were resumed %v after the repair; the target was unhealthy until %v", took, passes)
		}
	})
	if w.did[len(w.did)-1] != "ResumeProcesses AlarmNotification AZRebalance HealthCheck ReplaceUnhealthy" {
		t.Errorf("did %q", w.did)
	}
}

func TestIsolateSaysWhatItDidNotCut(t *testing.T) {
	w := region()
	w.errors["CreateNetworkAcl"] = "UnsupportedOperation"
	f := &Isolate{Account: w.open(t), Parts: parts}
	undo, err := f.Prepare(t.Context())
	if err == nil {
		err = f.Break(t.Context(), undo)
	}
	if err != nil || !f.Lingers() || len(f.Notes()) != 1 || !strings.Contains(f.Notes()[0], "not cut") || !strings.Contains(f.Notes()[0], "UnsupportedOperation") {
		t.Errorf("%v, lingers: %v, notes %q", err, f.Lingers(), f.Notes())
	}
}

// After the stack was built again, nothing of what was broken is there any more.
func TestIsolateOfWhatIsGoneIsRepaired(t *testing.T) {
	w := region()
	f := &Isolate{Account: w.open(t), Parts: parts}
	undo, err := f.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.answers["DescribeAutoScalingGroups"] = ""
	w.errors["AuthorizeSecurityGroupIngress"] = "InvalidGroup.NotFound"
	if err := f.Repair(t.Context(), undo); err != nil {
		t.Error(err)
	}
	w.errors["AuthorizeSecurityGroupIngress"] = "RulesPerSecurityGroupLimitExceeded"
	if err := f.Repair(t.Context(), undo); err == nil {
		t.Error("a rule that is not back counts as repaired")
	}
}

func TestRespondDeletesItsOwnRulesOnly(t *testing.T) {
	w := region()
	w.answers["DescribeListeners"] = "<Listeners><member><ListenerArn>listener-1</ListenerArn></member></Listeners>"
	f := Respond{Account: w.open(t), Parts: Parts{Balancer: "balancer"}}
	undo, err := f.Prepare(t.Context())
	if err == nil {
		err = f.Break(t.Context(), undo)
	}
	if err != nil {
		t.Fatal(err)
	}
	var u responding
	if err := json.Unmarshal(undo, &u); err != nil {
		t.Fatal(err)
	}
	rule := func(arn, says string) string {
		return "<member><RuleArn>" + arn + "</RuleArn><Priority>1</Priority><Actions><member><FixedResponseConfig><MessageBody>" + says +
			"</MessageBody></FixedResponseConfig></member></Actions></member>"
	}
	w.answers["DescribeRules"] = "<Rules>" + rule("rule-drill", u.Says) + rule("rule-others", "closed for today") + "</Rules>"
	if err := f.Repair(t.Context(), undo); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"CreateRule * listener-1 1", "DeleteRule rule-drill"}, w.did); diff != "" {
		t.Error(diff)
	}
	if _, err := f.Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), "rule-drill has priority 1") {
		t.Errorf("a rule stands first, and prepare says %v", err)
	}
	w.errors["DescribeRules"] = "ListenerNotFound"
	if err := f.Repair(t.Context(), undo); err != nil {
		t.Errorf("a listener that is gone: %v", err)
	}
}
