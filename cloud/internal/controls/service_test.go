package controls_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/controls"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

// plant is routing control behind its wire, with a clock of the test's own.
type plant struct {
	*config.Client
	t   *testing.T
	url string
	dir string
	c   *controls.Room

	mu   sync.Mutex
	now  time.Time
	told map[string]bool
}

func open(t *testing.T) *plant {
	t.Helper()
	p := &plant{t: t, dir: t.TempDir(), now: time.Unix(1_000_000, 0), told: map[string]bool{}}
	p.start()
	t.Cleanup(func() { p.c.Close() })
	p.url = *roomtest.Serve(t, func(m *wire.Mux) { p.c.Operations(m) })
	p.Client = config.New(config.Options{
		Region: "us-west-2", BaseEndpoint: &p.url, RetryMaxAttempts: 1, HTTPClient: patience.Client{}, Credentials: roomtest.Credentials,
	})
	return p
}

func (p *plant) start() {
	p.t.Helper()
	c, err := controls.Open(controls.Config{
		Account: "111122223333", Dir: p.dir, Endpoint: "http://127.1.0.1:4790",
		Changed: func(states map[string]bool) {
			p.mu.Lock()
			defer p.mu.Unlock()
			maps.Copy(p.told, states)
		},
		HealthChecks: func(string) []string { return []string{"11111111-2222-3333-4444-555555555555"} },
		Now: func() time.Time {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.now
		},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.c = c
}

func (p *plant) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (p *plant) knows(control string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told[control]
}

func (p *plant) cluster() string {
	p.t.Helper()
	return *roomtest.Must(p.CreateCluster(p.t.Context(), &config.CreateClusterInput{ClusterName: aws.String("c")}))(p.t).Cluster.ClusterArn
}

func (p *plant) control(cluster, name string) configtypes.RoutingControl {
	p.t.Helper()
	return *roomtest.Must(p.CreateRoutingControl(p.t.Context(), &config.CreateRoutingControlInput{
		ClusterArn: &cluster, RoutingControlName: &name,
	}))(p.t).RoutingControl
}

func (p *plant) assertion(panel string, n, wait int32, controls ...string) string {
	p.t.Helper()
	return *roomtest.Must(p.CreateSafetyRule(p.t.Context(), &config.CreateSafetyRuleInput{AssertionRule: &configtypes.NewAssertionRule{
		AssertedControls: controls, ControlPanelArn: &panel, Name: aws.String(fmt.Sprint("at-least-", n)), WaitPeriodMs: &wait,
		RuleConfig: &configtypes.RuleConfig{Type: configtypes.RuleTypeAtleast, Threshold: &n, Inverted: aws.Bool(false)},
	}}))(p.t).AssertionRule.SafetyRuleArn
}

// call asks the cluster's API, JSON 1.0 by hand, with the operation as its header names it.
func (p *plant) call(target string, in map[string]any) (status int, out map[string]any) {
	p.t.Helper()
	body := roomtest.Must(json.Marshal(in))(p.t)
	r := roomtest.Must(http.NewRequestWithContext(p.t.Context(), "POST", p.url+"/v1/", strings.NewReader(string(body))))(p.t)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set(
		"Authorization",
		"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-west-2/route53-recovery-cluster/aws4_request, SignedHeaders=host, Signature=0",
	)
	resp := roomtest.Must(http.DefaultClient.Do(r))(p.t)
	defer resp.Body.Close()
	text := roomtest.Must(io.ReadAll(resp.Body))(p.t)
	if err := json.Unmarshal(text, &out); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return resp.StatusCode, out
}

// set turns routing controls on ("+arn") or off ("-arn") in one transaction and returns the error's code.
func (p *plant) set(changes ...string) string {
	p.t.Helper()
	return p.override(nil, changes...)
}

func (p *plant) override(rules []string, changes ...string) string {
	p.t.Helper()
	var entries []map[string]any
	for _, c := range changes {
		entries = append(entries, map[string]any{"RoutingControlArn": c[1:], "RoutingControlState": map[byte]string{'+': "On", '-': "Off"}[c[0]]})
	}
	in := map[string]any{"UpdateRoutingControlStateEntries": entries}
	if rules != nil {
		in["SafetyRulesToOverride"] = rules
	}
	_, out := p.call("ToggleCustomerAPI.UpdateRoutingControlStates", in)
	code, _ := out["__type"].(string)
	return code
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("%v, want %s", err, code)
	}
}

func TestLastRoutingControlCannotBeTurnedOff(t *testing.T) {
	p := open(t)
	cluster := p.cluster()
	a, b := p.control(cluster, "a"), p.control(cluster, "b")
	A, B := *a.RoutingControlArn, *b.RoutingControlArn
	rule := p.assertion(*a.ControlPanelArn, 1, 0, A, B)
	for _, step := range []struct {
		code    string
		changes []string
	}{
		{"", []string{"+" + A, "+" + B}},
		{"", []string{"-" + B}},
		{"ConflictException", []string{"-" + A}},
		{"ConflictException", []string{"-" + A, "-" + B}},
		{"", []string{"-" + A, "+" + B}},
		{"", []string{"+" + B}}, // it is on already
		{"ResourceNotFoundException", []string{"-" + A + "0"}},
		{"ResourceNotFoundException", []string{"+" + A, "-" + A + "0"}}, // all or nothing
		{"ValidationException", []string{"-" + A, "+" + A}},
		{"ValidationException", nil},
		{"ServiceLimitExceededException", slicesOf("+"+A, 11)},
	} {
		if code := p.set(step.changes...); code != step.code {
			t.Errorf("%v: %q, want %q", step.changes, code, step.code)
		}
	}
	if p.knows(A) || !p.knows(B) {
		t.Error("health checks were told otherwise")
	}
	status, out := p.call("ToggleCustomerAPI.UpdateRoutingControlState", map[string]any{"RoutingControlArn": B, "RoutingControlState": "Off"})
	if status != http.StatusConflict || out["resourceId"] != rule || !strings.Contains(out["message"].(string), "at-least-1") {
		t.Errorf("%d %v", status, out)
	}
	if code := p.override([]string{rule}, "-"+B); code != "" || p.knows(B) {
		t.Errorf("overridden: %s", code)
	}
	if code := p.override([]string{rule + "0"}, "+"+B); code != "ResourceNotFoundException" {
		t.Errorf("an unknown rule overridden: %s", code)
	}
}

func slicesOf(s string, n int) (all []string) {
	for range n {
		all = append(all, s)
	}
	return all
}

func TestWaitPeriodRefusesUntilItIsOver(t *testing.T) {
	p := open(t)
	cluster := p.cluster()
	a, b := p.control(cluster, "a"), p.control(cluster, "b")
	A, B := *a.RoutingControlArn, *b.RoutingControlArn
	p.assertion(*a.ControlPanelArn, 1, 5000, A, B)
	if code := p.set("+" + A); code != "" {
		t.Fatal(code)
	}
	p.pass(4999 * time.Millisecond)
	if code := p.set("+" + B); code != "ConflictException" {
		t.Errorf("within the wait period: %q", code)
	}
	p.pass(time.Millisecond)
	if code := p.set("+" + B); code != "" {
		t.Errorf("after it: %s", code)
	}
}

func TestStatesSurvive(t *testing.T) {
	p := open(t)
	cluster := p.cluster()
	a, b := p.control(cluster, "a"), p.control(cluster, "b")
	p.set("+" + *a.RoutingControlArn)
	p.c.Close()
	p.told = map[string]bool{}
	p.start()
	if !p.knows(*a.RoutingControlArn) || p.knows(*b.RoutingControlArn) || len(p.told) != 2 {
		t.Errorf("told after the start: %v", p.told)
	}
	_, out := p.call("ToggleCustomerAPI.GetRoutingControlState", map[string]any{"RoutingControlArn": *a.RoutingControlArn})
	if out["RoutingControlState"] != "On" || out["RoutingControlName"] != "a" {
		t.Errorf("%v", out)
	}
}

func TestConfiguration(t *testing.T) {
	p := open(t)
	ctx := t.Context()
	made := roomtest.Must(
		p.CreateCluster(ctx, &config.CreateClusterInput{ClusterName: aws.String("c"), ClientToken: aws.String("t"), Tags: map[string]string{"k": "v"}}),
	)(t).Cluster
	if made.Status != configtypes.StatusPending || len(made.ClusterEndpoints) != 5 || *made.Owner != "111122223333" {
		t.Errorf("%+v", made)
	}
	again := roomtest.Must(
		p.CreateCluster(ctx, &config.CreateClusterInput{ClusterName: aws.String("c"), ClientToken: aws.String("t"), Tags: map[string]string{"k": "v"}}),
	)(t).Cluster
	if *again.ClusterArn != *made.ClusterArn {
		t.Error("the same client token made another cluster")
	}
	_, err := p.CreateCluster(ctx, &config.CreateClusterInput{ClusterName: aws.String("d"), ClientToken: aws.String("t")})
	wantCode(t, err, "ConflictException")
	_, err = p.CreateCluster(ctx, &config.CreateClusterInput{ClusterName: aws.String("c")})
	wantCode(t, err, "ConflictException")
	_, err = p.CreateCluster(ctx, &config.CreateClusterInput{ClusterName: aws.String("white space")})
	wantCode(t, err, "ValidationException")
	roomtest.Must(p.CreateCluster(ctx, &config.CreateClusterInput{ClusterName: aws.String("d")}))(t)
	_, err = p.CreateCluster(ctx, &config.CreateClusterInput{ClusterName: aws.String("e")})
	wantCode(t, err, "ServiceQuotaExceededException")

	cluster := *made.ClusterArn
	if s := roomtest.Must(p.DescribeCluster(ctx, &config.DescribeClusterInput{ClusterArn: &cluster}))(t).Cluster.Status; s != configtypes.StatusDeployed {
		t.Error(s)
	}
	_, err = p.DescribeCluster(ctx, &config.DescribeClusterInput{ClusterArn: aws.String(cluster + "0")})
	wantCode(t, err, "ResourceNotFoundException")
	panels := roomtest.Must(p.ListControlPanels(ctx, &config.ListControlPanelsInput{ClusterArn: &cluster}))(t).ControlPanels
	if len(panels) != 1 || !*panels[0].DefaultControlPanel || *panels[0].Name != "DefaultControlPanel" {
		t.Fatalf("%+v", panels)
	}
	_, err = p.DeleteControlPanel(ctx, &config.DeleteControlPanelInput{ControlPanelArn: panels[0].ControlPanelArn})
	wantCode(t, err, "ConflictException")
	panel := roomtest.Must(p.CreateControlPanel(ctx, &config.CreateControlPanelInput{ClusterArn: &cluster, ControlPanelName: aws.String("p")}))(t).ControlPanel
	roomtest.Must(p.UpdateControlPanel(ctx, &config.UpdateControlPanelInput{ControlPanelArn: panel.ControlPanelArn, ControlPanelName: aws.String("q")}))(t)
	_, err = p.UpdateControlPanel(
		ctx,
		&config.UpdateControlPanelInput{ControlPanelArn: panel.ControlPanelArn, ControlPanelName: aws.String("DefaultControlPanel")},
	)
	wantCode(t, err, "ConflictException")

	control := roomtest.Must(
		p.CreateRoutingControl(
			ctx,
			&config.CreateRoutingControlInput{ClusterArn: &cluster, ControlPanelArn: panel.ControlPanelArn, RoutingControlName: aws.String("a")},
		),
	)(t).RoutingControl
	gate := roomtest.Must(
		p.CreateRoutingControl(
			ctx,
			&config.CreateRoutingControlInput{ClusterArn: &cluster, ControlPanelArn: panel.ControlPanelArn, RoutingControlName: aws.String("g")},
		),
	)(t).RoutingControl
	elsewhere := p.control(cluster, "a")
	roomtest.Must(p.UpdateRoutingControl(ctx, &config.UpdateRoutingControlInput{
		RoutingControlArn: control.RoutingControlArn, RoutingControlName: aws.String("b"),
	}))(t)
	if n := *roomtest.Must(p.DescribeControlPanel(ctx, &config.DescribeControlPanelInput{
		ControlPanelArn: panel.ControlPanelArn,
	}))(t).ControlPanel.RoutingControlCount; n != 2 {
		t.Errorf("%d routing controls", n)
	}
	page := roomtest.Must(p.ListRoutingControls(ctx, &config.ListRoutingControlsInput{ControlPanelArn: panel.ControlPanelArn, MaxResults: aws.Int32(1)}))(t)
	rest := roomtest.Must(p.ListRoutingControls(ctx, &config.ListRoutingControlsInput{ControlPanelArn: panel.ControlPanelArn, NextToken: page.NextToken}))(t)
	if len(page.RoutingControls) != 1 || len(rest.RoutingControls) != 1 ||
		*page.RoutingControls[0].RoutingControlArn == *rest.RoutingControls[0].RoutingControlArn {
		t.Errorf("pages %v, %v", page, rest)
	}
	ids := roomtest.Must(
		p.ListAssociatedRoute53HealthChecks(ctx, &config.ListAssociatedRoute53HealthChecksInput{RoutingControlArn: control.RoutingControlArn}),
	)(t).HealthCheckIds
	if len(ids) != 1 {
		t.Error(ids)
	}

	gating := &configtypes.NewGatingRule{
		ControlPanelArn: panel.ControlPanelArn, Name: aws.String("r"),
		GatingControls: []string{*gate.RoutingControlArn}, TargetControls: []string{*control.RoutingControlArn},
		WaitPeriodMs: aws.Int32(0), RuleConfig: &configtypes.RuleConfig{Type: configtypes.RuleTypeOr, Threshold: aws.Int32(0), Inverted: aws.Bool(false)},
	}
	for _, spoil := range []struct {
		code string
		how  func(*configtypes.NewGatingRule)
	}{
		{"ValidationException", func(g *configtypes.NewGatingRule) { g.TargetControls = g.GatingControls }},
		{"ValidationException", func(g *configtypes.NewGatingRule) { g.TargetControls = []string{} }},
		{"ValidationException", func(g *configtypes.NewGatingRule) { g.WaitPeriodMs = aws.Int32(-1) }},
		{"ValidationException", func(g *configtypes.NewGatingRule) {
			g.RuleConfig = &configtypes.RuleConfig{Type: configtypes.RuleTypeAtleast, Threshold: aws.Int32(2), Inverted: aws.Bool(false)}
		}},
		{"ValidationException", func(g *configtypes.NewGatingRule) {
			g.RuleConfig = &configtypes.RuleConfig{Type: "NOT", Threshold: aws.Int32(0), Inverted: aws.Bool(false)}
		}},
		{"ResourceNotFoundException", func(g *configtypes.NewGatingRule) { g.TargetControls = []string{*elsewhere.RoutingControlArn} }},
		{"ResourceNotFoundException", func(g *configtypes.NewGatingRule) { g.ControlPanelArn = &cluster }},
	} {
		bad := *gating
		spoil.how(&bad)
		_, err := p.CreateSafetyRule(ctx, &config.CreateSafetyRuleInput{GatingRule: &bad})
		wantCode(t, err, spoil.code)
	}
	rule := roomtest.Must(p.CreateSafetyRule(ctx, &config.CreateSafetyRuleInput{GatingRule: gating}))(t).GatingRule
	_, err = p.CreateSafetyRule(ctx, &config.CreateSafetyRuleInput{GatingRule: gating})
	wantCode(t, err, "ConflictException") // its name
	roomtest.Must(
		p.UpdateSafetyRule(
			ctx,
			&config.UpdateSafetyRuleInput{
				GatingRuleUpdate: &configtypes.GatingRuleUpdate{SafetyRuleArn: rule.SafetyRuleArn, Name: aws.String("s"), WaitPeriodMs: aws.Int32(7)},
			},
		),
	)(t)
	if g := roomtest.Must(p.DescribeSafetyRule(ctx, &config.DescribeSafetyRuleInput{SafetyRuleArn: rule.SafetyRuleArn}))(t).GatingRule; *g.Name != "s" ||
		*g.WaitPeriodMs != 7 ||
		g.Status != configtypes.StatusDeployed {
		t.Errorf("%+v", g)
	}
	if all := roomtest.Must(p.ListSafetyRules(ctx, &config.ListSafetyRulesInput{ControlPanelArn: panel.ControlPanelArn}))(t).SafetyRules; len(all) != 1 ||
		all[0].GATING == nil ||
		all[0].ASSERTION != nil {
		t.Errorf("%+v", all)
	}
	if code := p.set("+" + *control.RoutingControlArn); code != "ConflictException" {
		t.Errorf("through a closed gate: %q", code)
	}

	roomtest.Must(p.TagResource(ctx, &config.TagResourceInput{ResourceArn: &cluster, Tags: map[string]string{"a": "b"}}))(t)
	roomtest.Must(p.UntagResource(ctx, &config.UntagResourceInput{ResourceArn: &cluster, TagKeys: []string{"k"}}))(t)
	if tags := roomtest.Must(p.ListTagsForResource(ctx, &config.ListTagsForResourceInput{ResourceArn: &cluster}))(t).Tags; len(tags) != 1 || tags["a"] != "b" {
		t.Error(tags)
	}

	_, err = p.DeleteRoutingControl(ctx, &config.DeleteRoutingControlInput{RoutingControlArn: gate.RoutingControlArn})
	wantCode(t, err, "ConflictException") // the rule names it
	_, err = p.DeleteControlPanel(ctx, &config.DeleteControlPanelInput{ControlPanelArn: panel.ControlPanelArn})
	wantCode(t, err, "ConflictException")
	_, err = p.DeleteCluster(ctx, &config.DeleteClusterInput{ClusterArn: &cluster})
	wantCode(t, err, "ConflictException")
	roomtest.Must(p.DeleteSafetyRule(ctx, &config.DeleteSafetyRuleInput{SafetyRuleArn: rule.SafetyRuleArn}))(t)
	for _, arn := range []*string{control.RoutingControlArn, gate.RoutingControlArn, elsewhere.RoutingControlArn} {
		roomtest.Must(p.DeleteRoutingControl(ctx, &config.DeleteRoutingControlInput{RoutingControlArn: arn}))(t)
	}
	roomtest.Must(p.DeleteControlPanel(ctx, &config.DeleteControlPanelInput{ControlPanelArn: panel.ControlPanelArn}))(t)
	roomtest.Must(p.DeleteCluster(ctx, &config.DeleteClusterInput{ClusterArn: &cluster}))(t)
	if all := roomtest.Must(p.ListClusters(ctx, &config.ListClustersInput{}))(t).Clusters; len(all) != 1 {
		t.Errorf("%d clusters are left", len(all))
	}
	_, err = p.UpdateCluster(ctx, &config.UpdateClusterInput{ClusterArn: &cluster, NetworkType: configtypes.NetworkTypeIpv4})
	wantCode(t, err, "UnknownOperationException")
}

// The AWS CLI has its own reading of the models.
func TestTheAWSCLIUnderstands(t *testing.T) {
	judge.Need(t, "/usr/bin/aws")
	p := open(t)
	cmd := exec.CommandContext(t.Context(), "/bin/bash", "testdata/controls.sh")
	cmd.Env = append(os.Environ(), "ENDPOINT="+p.url, "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
