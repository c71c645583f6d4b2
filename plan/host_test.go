package plan

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A host's settings are given back while it runs: it is not replaced for them, and not for tags.
func TestAHostsSettingsAreGivenBack(t *testing.T) {
	var calls []string
	s := answering(t, func(r *http.Request) (int, string) {
		r.ParseForm()
		switch r.PostForm.Get("Action") {
		case "DescribeInstanceAttribute":
			if r.PostForm.Get("Attribute") == "disableApiTermination" {
				return http.StatusOK, "<R><disableApiTermination><value>true</value></disableApiTermination></R>"
			}
			return http.StatusOK, "<R><instanceInitiatedShutdownBehavior><value>terminate</value></instanceInitiatedShutdownBehavior></R>"
		case "ModifyInstanceAttribute":
			calls = append(calls, "protection "+r.PostForm.Get("DisableApiTermination.Value")+", shutdown "+r.PostForm.Get("InstanceInitiatedShutdownBehavior.Value"))
		case "ModifyInstanceMetadataOptions":
			calls = append(calls, "tokens "+r.PostForm.Get("HttpTokens"))
		default:
			calls = append(calls, r.PostForm.Get("Action"))
		}
		return http.StatusOK, "<R><return>true</return></R>"
	})
	h := &host{
		scope: s, role: "host-a", id: "i-1", subnet: &subnet{id: "subnet-1"}, group: &group{id: "sg-1"},
		template: &template{imageID: func() string { return "ami-1" }},
	}
	h.seen = append(h.placed(), Field{Name: tokens, Value: "optional"}, Field{Name: detailed, Value: yes(true)})
	if there, err := h.readSettings(t.Context()); !there || err != nil {
		t.Fatal(there, err)
	}
	expect(t, h, "termination protection: no, not yes", "shutdown behavior: stop, not terminate", "metadata tokens: required, not optional",
		"detailed monitoring: no, not yes")
	differences := append(compare(h.desired(), h.actual()), Difference{Name: "tagged"})
	if (Step{Action: Change, Differences: differences, node: &node{resource: h}}).Replaces() != "" {
		t.Error("the plan says that the host is replaced")
	}
	if err := h.change(t.Context(), differences); err != nil {
		t.Fatal(err)
	}
	want := []string{"DescribeTags", "CreateTags", "protection false, shutdown ", "protection , shutdown stop", "tokens required", "UnmonitorInstances"}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
	if !renews([]Difference{{Name: "tagged"}, {Name: "image"}}) {
		t.Error("a host of another image is not replaced")
	}
}
