package machines

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A host's settings are given back while it runs: it is not replaced for them, and not for tags.
func TestAHostsSettingsAreGivenBack(t *testing.T) {
	var calls []string
	s := resourcetest.Answering(t, func(r *http.Request) (int, string) {
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
	h := &Host{
		Scope: s, Role: "host-a", ID: "i-1", Subnet: &network.Subnet{ID: "subnet-1"}, Group: &network.Group{ID: "sg-1"},
		Template: &Template{ImageID: func() string { return "ami-1" }},
	}
	h.seen = append(h.placed(), resource.Field{Name: tokens, Value: "optional"}, resource.Field{Name: detailed, Value: resource.Yes(true)})
	if there, err := h.readSettings(t.Context()); !there || err != nil {
		t.Fatal(there, err)
	}
	resourcetest.Expect(t, h, "termination protection: no, not yes", "shutdown behavior: stop, not terminate", "metadata tokens: required, not optional",
		"detailed monitoring: no, not yes")
	differences := append(resource.Compare(h.Desired(), h.Actual()), resource.Difference{Name: "tagged"})
	if h.Replaces(differences) != "" {
		t.Error("the plan says that the host is replaced")
	}
	if err := h.Change(t.Context(), differences); err != nil {
		t.Fatal(err)
	}
	want := []string{"DescribeTags", "CreateTags", "protection false, shutdown ", "protection , shutdown stop", "tokens required", "UnmonitorInstances"}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
	if !renews([]resource.Difference{{Name: "tagged"}, {Name: "image"}}) {
		t.Error("a host of another image is not replaced")
	}
}

// What is declared of hosts alone is said over the template, and the client token tells such launches apart.
func TestAHostIsLaunchedOverItsTemplate(t *testing.T) {
	s := resource.Scope{Declared: &understudy.Declaration{Name: "hello", Image: understudy.Image{Baked: true},
		Instance: understudy.Instance{Type: "t3.micro", Key: "ops", UserData: "echo all"}}}
	h := &Host{Scope: s, Role: "host-a", Subnet: &network.Subnet{ID: "subnet-1"}, Group: &network.Group{ID: "sg-2"}, Template: &Template{ID: "lt-1"}}
	if over := h.over(); over != (blueprint.LaunchedOver{}) {
		t.Errorf("a host as the fleet is launched over the template with %+v", over)
	}
	if diff := cmp.Diff([]string{"host-a", "lt-1", "3", "subnet-1", "sg-2"}, h.parts(3)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.Declared.Hosts = understudy.Hosts{Type: "t3.nano", Key: "mine", UserData: "#!/bin/true"}
	h.Image, h.Also = &HostImage{id: "ami-9"}, &network.Group{ID: "sg-1"}
	if diff := cmp.Diff(blueprint.LaunchedOver{Image: "ami-9", Type: "t3.nano", Key: "mine", UserData: "IyEvYmluL3RydWU="}, h.over()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want := []string{"host-a", "lt-1", "3", "subnet-1", "sg-2", "sg-1", "image", "ami-9", "type", "t3.nano", "key", "mine", "user data", "IyEvYmluL3RydWU="}
	if diff := cmp.Diff(want, h.parts(3)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if one, other := (&Host{Scope: s, Template: h.Template}).Monthly(), (&Host{Scope: resource.Scope{Declared: &understudy.Declaration{
		Instance: s.Declared.Instance}}, Template: h.Template}).Monthly(); one >= other {
		t.Errorf("a t3.nano costs %.2f a month, and a t3.micro %.2f", one, other)
	}
}

// Hosts that are no longer declared are taken away, and no others.
func TestUndeclaredHostsGo(t *testing.T) {
	var asked []string
	s := resourcetest.Answering(t, func(r *http.Request) (int, string) {
		r.ParseForm()
		asked = append(asked, r.PostForm.Get("Filter.2.Value.1"))
		one := func(id, role string) string {
			return "<item><instancesSet><item><instanceId>" + id + "</instanceId><vpcId>vpc-1</vpcId><tagSet><item><key>understudy:role</key><value>" + role +
				"</value></item></tagSet></item></instancesSet></item>"
		}
		return http.StatusOK, "<R><reservationSet>" + one("i-1", "host-a") + one("i-2", "host-b") + one("i-3", "host-c") + "</reservationSet></R>"
	})
	u := &UndeclaredHosts{Scope: s, VPC: &network.VPC{ID: "vpc-1"}}
	for count, want := range map[int]string{0: "i-1, i-2, i-3", 2: "i-3", 3: ""} {
		s.Declared.Hosts.Count = count
		if there, err := u.Find(t.Context()); err != nil || there != (want != "") || u.Identity() != want {
			t.Errorf("with %d hosts declared, %q are to go (%v, %v), want %q", count, u.Identity(), there, err, want)
		}
	}
	if asked[0] != "host-*" {
		t.Errorf("asked for the role %q", asked[0])
	}
}

func TestAHostImageThatIsNotThereIsToldOf(t *testing.T) {
	s := resourcetest.Answering(t, func(*http.Request) (int, string) { return http.StatusOK, "<R><imagesSet></imagesSet></R>" })
	s.Declared.Hosts.Image = understudy.HostImage{Owner: "self", Name: "bastion"}
	i := &HostImage{Scope: s}
	there, err := i.Find(t.Context())
	if there || err != nil || i.Refused() == nil || !i.Foreign() {
		t.Errorf("it is there: %v (%v); refused: %v; somebody else's: %v", there, err, i.Refused(), i.Foreign())
	}
}
