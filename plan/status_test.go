package plan

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// legible is a thing that is there, or that cannot be read.
type legible struct {
	onceLost
	err    error
	looked bool
}

func (s *legible) Find(context.Context) (bool, error) { s.looked = true; return s.err == nil, s.err }

// worldwideThing is one that Route 53 knows.
type worldwideThing struct{ *legible }

func (worldwideThing) Worldwide() {}

func TestASurveyGoesOnPastWhatItCannotRead(t *testing.T) {
	g := &graph{}
	all := map[string]*legible{}
	add := func(id string, err error, needs ...string) *node {
		all[id] = &legible{err: err}
		var nodes []*node
		for _, need := range needs {
			nodes = append(nodes, g.byID[need])
		}
		var r resource.Resource = all[id]
		if strings.HasPrefix(id, "check") {
			r = worldwideThing{all[id]}
		}
		return g.add(id, r, nodes...)
	}
	broken := errors.New("no luck")
	add("network", nil)
	add("balancer", broken, "network")
	add("listener", nil, "balancer")
	add("fleet", nil, "network")
	add("host", nil, "balancer").finding()
	add("check", nil, "balancer")
	add("check that fails", broken)
	add("check after it", nil, "check that fails")
	s, err := g.survey(t.Context(), none)
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for n, err := range s.unread {
		why[n.id] = err.Error()
	}
	want := map[string]string{
		"balancer": "no luck", "listener": "not looked for, since balancer could not be read",
		"check that fails": "no luck", "check after it": "not looked for, since check that fails could not be read",
	}
	if diff := cmp.Diff(want, why); diff != "" {
		t.Errorf("unread are: (-want +got)\n%s", diff)
	}
	var found, complete []string
	for n := range s.found {
		found = append(found, n.id)
		if s.complete(n) {
			complete = append(complete, n.id)
		}
	}
	slices.Sort(found)
	slices.Sort(complete)
	if diff := cmp.Diff([]string{"check", "fleet", "host", "network"}, found); diff != "" {
		t.Errorf("found are: (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"fleet", "network"}, complete); diff != "" {
		t.Errorf("compared are: (-want +got)\n%s", diff)
	}
	if all["listener"].looked || all["check after it"].looked {
		t.Error("what is found by something that was not read was looked for")
	}
}

func TestASurveyEndsWithItsContext(t *testing.T) {
	g := &graph{}
	g.add("network", &legible{err: context.Canceled})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := g.survey(ctx, none); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A status whose calls to one API fail says so, and what the others say.
func TestAStatusOfWhichNotAllCanBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		fails  func(*http.Request) bool
		unread []string // some of it
		read   []string // what it finds missing all the same
	}{
		"all answer": {func(*http.Request) bool { return false }, nil, []string{"primary/vpc", "global/zone"}},
		"Route 53 fails": {
			func(r *http.Request) bool { return strings.HasPrefix(r.URL.Host, "route53") },
			[]string{"global/zone", "primary/health check", "secondary/health", "global/records"},
			[]string{"primary/vpc", "secondary/fleet"},
		},
		"the primary's load balancers cannot be read": {
			func(r *http.Request) bool { return r.URL.Host == "elasticloadbalancing.us-east-1.amazonaws.com" },
			[]string{"primary/load balancer", "primary/listener"},
			[]string{"secondary/load balancer", "global/zone", "primary/health check", "primary/vpc"},
		},
		"the lock cannot be read": {
			func(r *http.Request) bool {
				return r.URL.Host == "ec2.us-west-2.amazonaws.com" && r.PostForm.Get("Action") == "DescribeLaunchTemplates"
			},
			[]string{"lock", "secondary/launch template"}, []string{"primary/launch template"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			answer := func(r *http.Request) (int, string) {
				r.ParseForm() // Route 53's requests have none
				if c.fails(r) {
					return http.StatusNotImplemented, "" // which is not tried again
				}
				if strings.HasPrefix(r.URL.Host, "monitoring") {
					return http.StatusOK, "\xa0" // an empty map, in CBOR
				}
				return http.StatusOK, "<Response><" + r.PostForm.Get("Action") + "Result/></Response>"
			}
			stack := &Stack{Declaration: resourcetest.Declared(t), Accounts: map[understudy.Side]*account.Account{
				understudy.Primary: resourcetest.AccountAnswering(t, "us-east-1", answer), understudy.Secondary: resourcetest.AccountAnswering(t, "us-west-2", answer),
			}}
			got, err := stack.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			unread := map[string]string{}
			for _, u := range got.Unread {
				unread[u.What] = u.Why
			}
			for _, what := range c.unread {
				if unread[what] == "" || slices.Contains(got.Missing, what) {
					t.Errorf("%s is not said to be unread; that is said of %v", what, slices.Sorted(maps.Keys(unread)))
				}
			}
			for _, what := range c.read {
				if unread[what] != "" || !slices.Contains(got.Missing, what) {
					t.Errorf("%s is not said to be missing: %s", what, unread[what])
				}
			}
			if c.unread == nil && len(unread) > 0 || got.Whole() {
				t.Errorf("whole is %v, unread is %v", got.Whole(), unread)
			}
		})
	}
}
