package policies

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"pgregory.net/rapid"

	"github.com/understudy/understudy/cloud/internal/routing"
)

// naive reads a policy's document as the developer guide does, and says which answers it allows: each is the
// addresses of one answer.
type naive struct {
	document Document
	sick     map[string]bool
}

func (n naive) branchHealthy(b branch) bool {
	if n.sick[b.HealthCheck] {
		return false
	}
	return b.RuleReference == "" || !b.EvaluateTargetHealth.boolean() || n.ruleHealthy(b.RuleReference)
}

func (n naive) ruleHealthy(id string) bool {
	return slices.ContainsFunc(n.document.Rules[id].branches(), n.branchHealthy)
}

func (n naive) branch(b branch) []string {
	if b.RuleReference != "" {
		return n.rule(b.RuleReference)
	}
	return []string{n.document.Endpoints[b.EndpointReference].Value}
}

func (n naive) rule(id string) []string {
	r := n.document.Rules[id]
	if r.RuleType == "failover" {
		if !n.branchHealthy(*r.Primary) && n.branchHealthy(*r.Secondary) {
			return n.branch(*r.Secondary)
		}
		return n.branch(*r.Primary)
	}
	var chosen []branch
	for _, b := range r.Items {
		if n.branchHealthy(b) {
			chosen = append(chosen, b)
		}
	}
	if len(chosen) == 0 {
		chosen = r.Items // all are ill, and so all are taken for healthy
	}
	if r.RuleType == "multivalue" {
		var all []string
		for _, b := range chosen {
			all = append(all, n.branch(b)...)
		}
		slices.Sort(all)
		return []string{strings.Join(all, " ")}
	}
	light := func(b branch) bool { return b.Weight == "0" }
	if heavy := slices.DeleteFunc(slices.Clone(chosen), light); len(heavy) > 0 {
		chosen = heavy
	}
	var all []string
	for _, b := range chosen {
		all = append(all, n.branch(b)...)
	}
	return all
}

// drawPolicy draws a document of rules of which each leads to endpoints and to rules after it.
func drawPolicy(t *rapid.T) map[string]any {
	const endpoints, checks = 6, 2
	document := map[string]any{"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "r0"}
	ends, rules := map[string]any{}, map[string]any{}
	for i := range endpoints {
		ends[fmt.Sprint("e", i)] = map[string]any{"Type": "value", "Value": fmt.Sprintf("198.51.100.%d", i+1)}
	}
	count := rapid.IntRange(2, maxDepth).Draw(t, "rules")
	for i := range count {
		kind := rapid.SampledFrom([]string{"failover", "weighted", "multivalue"}).Draw(t, "kind")
		draw := func(n int) map[string]any {
			b := map[string]any{}
			if kind != "multivalue" {
				b["EvaluateTargetHealth"] = rapid.IntRange(0, 3).Draw(t, "evaluate") > 0
			}
			if kind != "multivalue" && i+1 < count && rapid.IntRange(0, 3).Draw(t, "deeper") > 0 {
				b["RuleReference"] = fmt.Sprint("r", rapid.IntRange(i+1, count-1).Draw(t, "next"))
			} else {
				b["EndpointReference"] = fmt.Sprint("e", (rapid.IntRange(0, endpoints-1).Draw(t, "endpoint")+n)%endpoints)
			}
			if c := rapid.IntRange(0, checks).Draw(t, "check"); c > 0 {
				b["HealthCheck"] = fmt.Sprint("c", c)
			}
			if kind == "weighted" {
				b["Weight"] = rapid.SampledFrom([]int{0, 1, 200}).Draw(t, "weight")
			}
			return b
		}
		rule := map[string]any{"RuleType": kind}
		if kind == "failover" {
			rule["Primary"], rule["Secondary"] = draw(0), draw(1)
		} else {
			var items []any
			for n := range rapid.IntRange(1, 4).Draw(t, "items") {
				items = append(items, draw(n))
			}
			rule["Items"] = items
		}
		rules[fmt.Sprint("r", i)] = rule
	}
	document["Endpoints"], document["Rules"] = ends, rules
	return document
}

// TestPoliciesMeanWhatTheySay compares what compiled policies answer with a naive reading of their documents, with
// any health.
func TestPoliciesMeanWhatTheySay(t *testing.T) {
	empty := routing.New(1, 1, nil)
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(drawPolicy(t))
		if err != nil {
			t.Fatal(err)
		}
		d, err := Parse(string(text))
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		sets, err := d.Compile(Instance{ID: "i", Name: "www.example.com.", TTL: 1, Zone: "Z1", Parent: "example.com."})
		if err != nil {
			t.Fatal(err)
		}
		health, sick := map[string]bool{}, map[string]bool{}
		for i := 1; i <= 2; i++ {
			id := fmt.Sprint("c", i)
			health[id] = rapid.IntRange(0, 2).Draw(t, id) == 0
			sick[id] = !health[id]
		}
		v := empty.WithZones([]routing.HostedZone{{ID: "Z1", Name: "example.com.", Records: sets}}).WithHealth(health)
		allowed := naive{d, sick}.rule(d.StartRule)
		for range 8 {
			a := v.Answer(dns.Question{Name: "www.example.com.", Qtype: dns.TypeA, Qclass: dns.ClassINET}, routing.Client{Roll: rapid.Uint64().Draw(t, "roll")})
			var got []string
			for _, rr := range a.Answer {
				got = append(got, rr.(*dns.A).A.String())
			}
			slices.Sort(got)
			if answer := strings.Join(got, " "); !slices.Contains(allowed, answer) {
				t.Fatalf("answer %q, allowed %q, sick %v, by %s", answer, allowed, sick, text)
			}
		}
	})
}
