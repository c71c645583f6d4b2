package role

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// iamLike answers as IAM does for one role and one instance profile.
type iamLike struct {
	role, profile map[string]string // tags; nil where it is not there
	purpose       string
	trust         string
	carries       []string
	attached      []string
	inline        map[string]string
	calls         []string // those that change something
}

func (i *iamLike) answer(t *testing.T) func(*http.Request) (int, string) {
	return func(r *http.Request) (int, string) {
		form := resourcetest.FormOf(t, r)
		action := form.Get("Action")
		if !strings.HasPrefix(action, "Get") && !strings.HasPrefix(action, "List") {
			i.calls = append(i.calls, action)
		}
		missing := (strings.Contains(action, "InstanceProfile") && i.profile == nil || !strings.Contains(action, "InstanceProfile") && i.role == nil) &&
			!strings.HasPrefix(action, "Create")
		if missing {
			return http.StatusNotFound, "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>"
		}
		return http.StatusOK, fmt.Sprintf("<%sResponse><%[1]sResult>%s</%[1]sResult></%[1]sResponse>", action, i.do(action, form))
	}
}

func (i *iamLike) do(action string, form url.Values) string {
	name, arn, policy := form.Get("RoleName"), form.Get("PolicyArn"), form.Get("PolicyName")
	switch action {
	case "CreateRole":
		i.role, i.trust, i.purpose, i.inline = tagsIn(form), form.Get("AssumeRolePolicyDocument"), form.Get("Description"), map[string]string{}
	case "DeleteRole":
		i.role = nil
	case "TagRole":
		i.role = tagsIn(form)
	case "UpdateAssumeRolePolicy":
		i.trust = form.Get("PolicyDocument")
	case "AttachRolePolicy":
		i.attached = append(i.attached, arn)
	case "DetachRolePolicy":
		i.attached = slices.DeleteFunc(i.attached, func(a string) bool { return a == arn })
	case "PutRolePolicy":
		i.inline[policy] = form.Get("PolicyDocument")
	case "DeleteRolePolicy":
		delete(i.inline, policy)
	case "CreateInstanceProfile":
		i.profile = tagsIn(form)
	case "DeleteInstanceProfile":
		i.profile = nil
	case "TagInstanceProfile":
		i.profile = tagsIn(form)
	case "AddRoleToInstanceProfile":
		i.carries = append(i.carries, name)
	case "RemoveRoleFromInstanceProfile":
		i.carries = slices.DeleteFunc(i.carries, func(n string) bool { return n == name })
	}
	return i.tell(action, policy)
}

func (i *iamLike) tell(action, policy string) string {
	switch action {
	case "GetRole":
		return "<Role><RoleName>r</RoleName><Description>" + i.purpose + "</Description><AssumeRolePolicyDocument>" + url.PathEscape(i.trust) +
			"</AssumeRolePolicyDocument>" + members("Tags", i.role) + "</Role>"
	case "ListAttachedRolePolicies":
		text := ""
		for _, arn := range i.attached {
			text += "<member><PolicyArn>" + arn + "</PolicyArn></member>"
		}
		return "<AttachedPolicies>" + text + "</AttachedPolicies>"
	case "ListRolePolicies":
		text := ""
		for name := range i.inline {
			text += "<member>" + name + "</member>"
		}
		return "<PolicyNames>" + text + "</PolicyNames>"
	case "GetRolePolicy":
		return "<PolicyDocument>" + url.PathEscape(i.inline[policy]) + "</PolicyDocument>"
	case "GetInstanceProfile":
		text := ""
		for _, name := range i.carries {
			text += "<member><RoleName>" + name + "</RoleName></member>"
		}
		return "<InstanceProfile><Roles>" + text + "</Roles>" + members("Tags", i.profile) + "</InstanceProfile>"
	}
	return ""
}

func tagsIn(form url.Values) map[string]string {
	tags := map[string]string{}
	for n := 1; form.Get(fmt.Sprintf("Tags.member.%d.Key", n)) != ""; n++ {
		tags[form.Get(fmt.Sprintf("Tags.member.%d.Key", n))] = form.Get(fmt.Sprintf("Tags.member.%d.Value", n))
	}
	return tags
}

func members(name string, tags map[string]string) string {
	text := ""
	for k, v := range tags {
		text += "<member><Key>" + k + "</Key><Value>" + v + "</Value></member>"
	}
	return "<" + name + ">" + text + "</" + name + ">"
}

// A role is made with its profile, each of its settings is given back, and nothing is left of either.
func TestARoleIsMadeHealedAndRemoved(t *testing.T) {
	cloud := &iamLike{}
	s := resourcetest.Answering(t, cloud.answer(t))
	s.Declared.Instance.Profile = understudy.Profile{
		Managed: []string{"arn:aws:iam::aws:policy/A"},
		Policy:  `{"Statement":[{"Action":"s3:*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}`,
	}
	s.Declared.Instance.Environment = understudy.Environment{"A": {Parameter: "/hello/a"}}
	r := &Role{Scope: s}
	if there, err := r.Find(t.Context()); there || resource.Leaves(r) || err != nil {
		t.Fatalf("there %v, %v", there, err)
	}
	if err := r.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"CreateRole", "AttachRolePolicy", "PutRolePolicy", "PutRolePolicy", "CreateInstanceProfile", "AddRoleToInstanceProfile"}
	if diff := cmp.Diff(want, cloud.calls); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
	for name, drift := range map[string]func(){
		"":                   func() {},
		"trust":              func() { cloud.trust = `{"Version":"2012-10-17","Statement":[]}` },
		"managed policies":   func() { cloud.attached = []string{"arn:aws:iam::aws:policy/B"} },
		"policy":             func() { cloud.inline[ownPolicy] = `{"Version":"2012-10-17","Statement":[]}` },
		"environment policy": func() { delete(cloud.inline, environmentPolicy) },
		"other policies":     func() { cloud.inline["mine"] = `{}` },
		"profile":            func() { cloud.carries = []string{"another"} },
		"tagged":             func() { cloud.role = map[string]string{} },
		"profile tagged":     func() { cloud.profile = map[string]string{} },
	} {
		drift()
		there, err := r.Find(t.Context())
		differences := resource.Compare(r.Desired(), r.Actual())
		if !there || err != nil || r.Refused() != nil || (len(differences) == 1) != (name != "") || name != "" && differences[0].Name != name {
			t.Errorf("%s: there %v, refused %v, %v, %v", name, there, r.Refused(), differences, err)
		}
		if err := r.Change(t.Context(), differences); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := r.Find(t.Context()); err != nil || len(resource.Compare(r.Desired(), r.Actual())) > 0 {
			t.Errorf("%s is not healed: %v, %v", name, resource.Compare(r.Desired(), r.Actual()), err)
		}
	}
	if err := r.Remove(t.Context()); err != nil || cloud.role != nil || cloud.profile != nil || len(cloud.attached)+len(cloud.inline)+len(cloud.carries) > 0 {
		t.Errorf("%v; left %+v", err, cloud)
	}
}

// What is called as the stack's role would be and is somebody else's is in the way, and is not touched.
func TestARoleOfSomebodyElseIsInTheWay(t *testing.T) {
	for name, cloud := range map[string]*iamLike{
		"role":    {role: map[string]string{}},
		"another": {role: map[string]string{"understudy:stack": "other"}, purpose: "understudy: instances of stack hello"},
		"profile": {profile: map[string]string{}},
	} {
		s := resourcetest.Answering(t, cloud.answer(t))
		s.Declared.Instance.Profile.Managed = []string{"arn:aws:iam::aws:policy/A"}
		r := &Role{Scope: s}
		if there, err := r.Find(t.Context()); there || err != nil || r.Refused() == nil {
			t.Errorf("%s: there %v, refused %v, %v", name, there, r.Refused(), err)
		}
		if err := r.Remove(t.Context()); err != nil || len(cloud.calls) > 0 {
			t.Errorf("%s: %v, calls %v", name, err, cloud.calls)
		}
	}
}

// Who declares no role needs no permission to look for one.
func TestWhoDeclaresNoRoleNeedNotLookForOne(t *testing.T) {
	s := resourcetest.Answering(t, func(*http.Request) (int, string) {
		return http.StatusForbidden, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
	})
	if there, err := (&Role{Scope: s}).Find(t.Context()); there || err != nil {
		t.Errorf("there %v, %v", there, err)
	}
	s.Declared.Instance.Profile.Managed = []string{"arn:aws:iam::aws:policy/A"}
	if _, err := (&Role{Scope: s}).Find(t.Context()); err == nil {
		t.Error("who declares one is not told")
	}
}
