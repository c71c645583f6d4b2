package parity

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/understudy/understudy"
	"pgregory.net/rapid"
)

func declaration(t *testing.T, more string) *understudy.Declaration {
	t.Helper()
	d, err := understudy.Parse("understudy.yaml", []byte(`name: hello
domain: hello.test
regions:
  primary:   {name: us-east-1, cidr: 10.10.0.0/16}
  secondary: {name: us-west-2, cidr: 10.20.0.0/16}
image:
  run: hello &
`+more), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func east(resources ...Resource) Region {
	return Region{Name: "us-east-1", Side: understudy.Primary, Resources: resources}
}

func west(resources ...Resource) Region {
	return Region{Name: "us-west-2", Side: understudy.Secondary, Resources: resources}
}

func group(id, role string, settings map[string]string) Resource {
	return Resource{Kind: "security group", Role: role, ID: id, Settings: settings}
}

func TestEqualMeaningIsEqualWhateverTheIds(t *testing.T) {
	left := east(Resource{Kind: "vpc", Role: "vpc", ID: "vpc-1", Settings: map[string]string{"size": "/16"}})
	right := west(Resource{Kind: "vpc", Role: "vpc", ID: "vpc-2", Settings: map[string]string{"size": "/16"}})
	if r := Compare(Pair{Left: left, Right: right}, nil); len(r.Findings) != 0 {
		t.Errorf("findings %v", r.Findings)
	}
}

func TestFindingHasBothSidesAndItsRemedy(t *testing.T) {
	const rule = "ingress tcp 22 from 0.0.0.0/0"
	left := east(group("sg-1", "default", map[string]string{rule: "allowed"}))
	left.Resources[0].Commands = map[string]Command{rule: {Remove: "ec2 revoke-security-group-ingress --group-id sg-1"}}
	right := west(group("sg-2", "default", nil))
	want := []Finding{{
		Name: "security group default: " + rule, Rule: "security-group/ingress", Severity: High, Kind: "security group", Role: "default", Setting: rule,
		Evidence: []Side{{"us-east-1", "sg-1", "allowed"}, {"us-west-2", "sg-2", None}}, Expected: None, Wrong: []string{"us-east-1"},
		Why:  "it lets in what the declaration does not, and only here",
		Heal: []string{"aws ec2 revoke-security-group-ingress --group-id sg-1 --region us-east-1"},
	}}
	if diff := cmp.Diff(want, Compare(Pair{Left: left, Right: right}, declaration(t, "")).Findings); diff != "" {
		t.Error(diff)
	}
}

// names lists findings with the sides that are wrong.
func outline(found []Finding) []string {
	var lines []string
	for _, f := range found {
		line := f.Severity.String() + " " + f.Name + " in " + strings.Join(f.Wrong, ", ")
		if f.Presumed {
			line += "?"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestWrongSideIsByDeclarationThenByDefaultsThenPresumed(t *testing.T) {
	target := func(settings ...string) Resource {
		r := Resource{Kind: "target group", Role: "target-group", Settings: map[string]string{settingHealthy: "true"}}
		for n := 0; n < len(settings); n += 2 {
			r.Settings[settings[n]] = settings[n+1]
		}
		return r
	}
	for _, c := range []struct {
		name        string
		left, right Resource
		want        []string
	}{
		{"declared", target("matcher", "200-299"), target("matcher", "200"), []string{"high target group target-group: matcher in us-east-1"}},
		{"neither as declared", target("matcher", "201"), target("matcher", "202"), []string{"high target group target-group: matcher in us-east-1, us-west-2"}},
		{"default", target("attribute slow_start.duration_seconds", "30"), target("attribute slow_start.duration_seconds", "0"),
			[]string{"medium target group target-group: attribute slow_start.duration_seconds in us-east-1"}},
		{"nobody knows", target("colour", "red"), target("colour", "blue"), []string{"high target group target-group: colour in us-west-2?"}},
		{"both must", target(settingHealthy, "false"), target(settingHealthy, "false"),
			[]string{"critical target group target-group: has a healthy target in us-east-1, us-west-2"}},
		{"both alike, not as declared", target("matcher", "201"), target("matcher", "201"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := Compare(Pair{Left: east(c.left), Right: west(c.right)}, declaration(t, ""))
			if diff := cmp.Diff(c.want, outline(report.Findings)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStandbyMayHaveMoreCapacityButNotLess(t *testing.T) {
	fleet := func(serves string) Resource {
		return Resource{Kind: "auto scaling group", Role: "fleet", Settings: map[string]string{settingServes: serves, settingFull: "yes"}}
	}
	d := declaration(t, "")
	if r := Compare(Pair{Left: east(fleet("2")), Right: west(fleet("4"))}, d); len(r.Findings) != 0 {
		t.Errorf("more: %v", outline(r.Findings))
	}
	r := Compare(Pair{Left: east(fleet("10")), Right: west(fleet("9"))}, d)
	if diff := cmp.Diff([]string{"high auto scaling group fleet: serves now in us-west-2"}, outline(r.Findings)); diff != "" {
		t.Error(diff)
	}
}

func TestSwappedRolesAreOneFindingOfBothSides(t *testing.T) {
	record := func() Resource {
		return Resource{Kind: "record", Role: "hello.test A", Settings: map[string]string{
			"part": "the other's", "points at": "this region's load balancer load-balancer", "set identifier": "the stack's",
		}}
	}
	r := Compare(Pair{Left: east(record()), Right: west(record())}, declaration(t, ""))
	if diff := cmp.Diff([]string{"critical record hello.test A: part in us-east-1, us-west-2"}, outline(r.Findings)); diff != "" {
		t.Error(diff)
	}
}

func TestOneCauseIsOneFinding(t *testing.T) {
	settings := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for n := 0; n < len(pairs); n += 2 {
			m[pairs[n]] = pairs[n+1]
		}
		return m
	}
	balancer := Resource{Kind: "load balancer", Role: "load-balancer", ID: "arn:1", Settings: settings("state", "active")}
	listener := Resource{Kind: "listener", Role: "listener", Settings: settings("port", "80"), Within: "load balancer load-balancer"}
	record := func(to string) Resource {
		return Resource{Kind: "record", Role: "hello.test A", Settings: settings("points at", to, "set identifier", "the stack's", "part", "its own")}
	}
	template := func(pairs ...string) Resource {
		return Resource{Kind: "launch template", Role: "template", Settings: settings(append(pairs, "newest version", theDefault)...)}
	}
	fleet := func(pairs ...string) Resource {
		return Resource{Kind: "auto scaling group", Role: "fleet", Settings: settings(pairs...)}
	}
	target := func(healthy string) Resource {
		return Resource{Kind: "target group", Role: "target-group", Settings: settings(settingHealthy, healthy)}
	}
	host := func(pairs ...string) Resource {
		return Resource{Kind: "instance", Role: "host-a", Settings: settings(pairs...)}
	}
	const governs = "governs subnet private-a"
	table := func(role string, pairs ...string) Resource {
		return Resource{Kind: "route table", Role: role, Settings: settings(pairs...)}
	}
	own := record("this region's load balancer load-balancer")
	for _, c := range []struct {
		name         string
		left, right  []Resource
		want         string
		consequences []string
	}{
		{"a load balancer that is gone", []Resource{balancer, listener, own}, []Resource{record("gone.elb")},
			"critical load balancer load-balancer in us-west-2", []string{"listener listener", "record hello.test A: points at"}},
		{"a template's version changed by hand",
			[]Resource{template("type", "t3.micro", "image", "digest a"), fleet(settingVersion, theDefault)},
			[]Resource{template("type", "t3.nano", "image", "digest b"), fleet(settingVersion, "not the default")},
			"high launch template template: default version in us-west-2", []string{"auto scaling group fleet: template version"}},
		{"a rule that was revoked",
			[]Resource{group("sg-1", "internal", settings("ingress tcp 8080 from security group public-facing", "allowed")), target("true")},
			[]Resource{group("sg-2", "internal", nil), target("false")},
			"critical security group internal: ingress tcp 8080 from security group public-facing in us-west-2",
			[]string{"target group target-group: has a healthy target"}},
		{"fewer instances asked for",
			[]Resource{fleet(settingDesired, "4", settingServes, "4")}, []Resource{fleet(settingDesired, "2", settingServes, "2")},
			"high auto scaling group fleet: desired in us-west-2", []string{"auto scaling group fleet: serves now"}},
		{"a host that was stopped",
			[]Resource{host("state", "running", "public address", "true")}, []Resource{host("state", "stopped", "public address", "false")},
			"high instance host-a: state in us-west-2", []string{"instance host-a: public address"}},
		{"a record that is gone, by which its check is found",
			[]Resource{group("sg-2", "default", nil), own, {Kind: "health check", Role: "service", Within: "record hello.test A"}},
			[]Resource{group("sg-1", "default", nil)},
			"critical record hello.test A in us-west-2", []string{"health check service"}},
		{"a subnet under a table of others",
			[]Resource{table("private-routes"), table(unnamed, governs, "yes")}, []Resource{table("private-routes", governs, "yes")},
			"critical route table private-routes: governs subnet private-a in us-east-1", []string{"route table " + unnamed}},
		{"the same where both regions have tables of others",
			[]Resource{table("private-routes"), table(unnamed, governs, "yes")}, []Resource{table("private-routes", governs, "yes"), table(unnamed)},
			"critical route table private-routes: governs subnet private-a in us-east-1", []string{"route table " + unnamed + ": " + governs}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := Compare(Pair{Left: east(c.left...), Right: west(c.right...)}, declaration(t, "")).Findings
			if diff := cmp.Diff([]string{c.want}, outline(found)); diff != "" {
				t.Fatal(diff)
			}
			slices.Sort(found[0].Consequences)
			if diff := cmp.Diff(c.consequences, found[0].Consequences); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What took a subnet over is still there when the subnet is moved back.
func TestTableThatTookASubnetOverIsRemovedAfterwards(t *testing.T) {
	const governs = "governs subnet private-a"
	foreign := Resource{Kind: "route table", Role: unnamed, ID: "rtb-9", Settings: map[string]string{governs: "yes"},
		Commands: map[string]Command{"": {Remove: "ec2 delete-route-table --route-table-id rtb-9"}}}
	left := east(Resource{Kind: "route table", Role: "private-routes"}, foreign)
	right := west(Resource{Kind: "route table", Role: "private-routes", Settings: map[string]string{governs: "yes"}})
	want := []string{"understudy up", "aws ec2 delete-route-table --route-table-id rtb-9 --region us-east-1"}
	if diff := cmp.Diff(want, Compare(Pair{Left: left, Right: right}, declaration(t, "")).Findings[0].Heal); diff != "" {
		t.Error(diff)
	}
}

func TestSwitchThatNobodyHasIsMissedAtTheStandby(t *testing.T) {
	listener := Resource{Kind: "listener", Role: "listener", Settings: map[string]string{"switch": None}}
	r := Compare(Pair{Left: east(listener), Right: west(listener)}, declaration(t, ""))
	if diff := cmp.Diff([]string{"high listener listener: switch in us-west-2"}, outline(r.Findings)); diff != "" {
		t.Error(diff)
	}
}

// A stranger serves nobody, so that its presence or absence explains nothing.
func TestForeignGroupIsNoCauseOfIllTargets(t *testing.T) {
	target := Resource{Kind: "target group", Role: "target-group", Settings: map[string]string{settingHealthy: "false"}}
	left := east(Resource{Kind: "target group", Role: "target-group", Settings: map[string]string{settingHealthy: "true"}})
	r := Compare(Pair{Left: left, Right: west(target, Resource{Kind: "auto scaling group", Role: unnamed})}, declaration(t, ""))
	want := []string{"critical target group target-group: has a healthy target in us-west-2", "low auto scaling group (without a role) in us-west-2"}
	if diff := cmp.Diff(want, outline(r.Findings)); diff != "" {
		t.Error(diff)
	}
}

// The newest image is the one that `up` takes: the region that lacks it is behind, be it the primary.
func TestOlderBaseImageIsTheWrongOne(t *testing.T) {
	base := func(name, since, owner string) Resource {
		return Resource{Kind: "base image", Role: "of the declaration", ID: "ami-" + name, Since: since, Given: true,
			Settings: map[string]string{settingBase: name, "owner": owner},
			Commands: map[string]Command{settingBase: {Copy: "ec2 copy-image --source-image-id ami-" + name}}}
	}
	older, newer := base("app-1", "2026-01-01T00:00:00.000Z", "amazon"), base("app-2", "2026-02-01T00:00:00.000Z", "self")
	for _, c := range []struct {
		left, right Resource
		wrong       string
	}{{older, newer, "us-east-1"}, {newer, older, "us-west-2"}} {
		all := Compare(Pair{Left: east(c.left), Right: west(c.right)}, declaration(t, "")).Findings
		if len(all) != 1 {
			t.Errorf("another image is told of as %v", outline(all)) // its owner goes with it
		}
		f := all[0]
		want := []string{"aws ec2 copy-image --source-image-id ami-app-2 --region " + c.wrong}
		if f.Presumed || !slices.Equal(f.Wrong, []string{c.wrong}) || !slices.Equal(f.Heal, want) {
			t.Errorf("wrong %v, presumed %v, heal %v, want %s", f.Wrong, f.Presumed, f.Heal, c.wrong)
		}
	}
}

func TestEmptyRegionIsOneFinding(t *testing.T) {
	r := Compare(Pair{Left: east(group("sg-1", "internal", nil), group("sg-2", "public-facing", nil)), Right: west()}, declaration(t, ""))
	if diff := cmp.Diff([]string{"critical stack all in us-west-2"}, outline(r.Findings)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"understudy up"}, r.Findings[0].Heal); diff != "" {
		t.Error(diff)
	}
}

func TestWhatPassesIsShownApart(t *testing.T) {
	fleet := func(version, passing string) Resource {
		r := Resource{Kind: "auto scaling group", Role: "fleet", Settings: map[string]string{"instances' version": version}}
		if passing != "" {
			r.Passing = map[string]string{"instances' version": passing}
		}
		return r
	}
	r := Compare(Pair{Left: east(fleet("the group's", "")), Right: west(fleet("1 of another version than the group's", "instance refresh"))}, declaration(t, ""))
	if len(r.Findings) != 0 || len(r.Passing) != 1 || r.Passing[0].Passing != "instance refresh" {
		t.Errorf("findings %v, passing %v", outline(r.Findings), r.Passing)
	}
	if len(r.AtLeast(Low)) != 0 {
		t.Error("what passes counts")
	}
}

func TestIgnoredFindingsAreShownWithTheirReason(t *testing.T) {
	d := declaration(t, `parity:
  ignore:
    - {finding: "security group default: ingress tcp 22 *", reason: "the office"}
    - {finding: "listener port 8443", reason: "gone"}
`)
	left := east(group("sg-1", "default", map[string]string{"ingress tcp 22 from 192.0.2.0/24": "allowed", "ingress tcp 23 from 192.0.2.0/24": "allowed"}))
	r := Compare(Pair{Left: left, Right: west(group("sg-2", "default", nil))}, d)
	if len(r.Ignored) != 1 || r.Ignored[0].Ignored != "the office" || len(r.Findings) != 1 {
		t.Errorf("ignored %v, findings %v", r.Ignored, outline(r.Findings))
	}
	if diff := cmp.Diff([]Note{{"parity.ignore", "no finding matches listener port 8443"}}, r.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestSeveritiesHaveNamesAndAnOrder(t *testing.T) {
	for _, name := range Severities() {
		if s, err := SeverityOf(name); err != nil || s.String() != name {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	if _, err := SeverityOf("dreadful"); err == nil {
		t.Error("an unknown severity is one")
	}
	if !(Low < Medium && Medium < High && High < Critical) {
		t.Error("severities are out of order")
	}
}

// No rule is hidden by an earlier one of its kind.
func TestEveryRuleJudgesSomething(t *testing.T) {
	for n, r := range rules {
		for _, earlier := range rules[:n] {
			hides := earlier.kind == r.kind && (earlier.setting == r.setting || earlier.setting == "*") && (earlier.shape == whatever || earlier.shape == r.shape)
			if hides {
				t.Errorf("rule %s %q %d is hidden by %q", r.kind, r.setting, r.shape, earlier.setting)
			}
		}
		if r.why == "" || r.severity == 0 {
			t.Errorf("rule %s %q says nothing", r.kind, r.setting)
		}
	}
}

func TestResourcesOfOneRoleMeetTheirLike(t *testing.T) {
	a := Resource{Kind: "instance", Role: unnamed, ID: "i-1", Settings: map[string]string{"in": "subnet private-a"}}
	b := Resource{Kind: "instance", Role: unnamed, ID: "i-2", Settings: map[string]string{"in": "subnet private-b"}}
	if r := Compare(Pair{Left: east(a, b), Right: west(b, a)}, declaration(t, "")); len(r.Findings) != 0 {
		t.Errorf("findings %v", outline(r.Findings))
	}
	if r := Compare(Pair{Left: east(a, b), Right: west(a)}, declaration(t, "")); len(r.Findings) != 1 {
		t.Errorf("%d findings, want 1: %v", len(r.Findings), outline(r.Findings))
	}
}

// Comparing is symmetric, finds nothing between a region and itself in another order, and finds every
// setting that was changed.
func TestCompareProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		resources := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Resource {
			return Resource{
				Kind:     rapid.SampledFrom([]string{"vpc", "subnet", "instance"}).Draw(t, "kind"),
				Role:     rapid.SampledFrom([]string{"a", "b"}).Draw(t, "role"),
				Settings: rapid.MapOfN(rapid.SampledFrom([]string{"x", "y", "z"}), rapid.SampledFrom([]string{"1", "2"}), 0, 3).Draw(t, "settings"),
			}
		}), 1, 8).Draw(t, "resources")
		one := east(resources...)
		two := west(rapid.Permutation(resources).Draw(t, "order")...)
		none := expect(nil)
		if found := differences(one, two, none); len(found) != 0 {
			t.Fatalf("findings between equals: %v", found)
		}
		changed := slices.Clone(two.Resources)
		i := rapid.IntRange(0, len(changed)-1).Draw(t, "which")
		changed[i].Settings = map[string]string{"new": "value"}
		if len(differences(one, west(changed...), none)) == 0 {
			t.Fatal("a changed setting was not found")
		}
		if a, b := differences(one, west(changed...), none), differences(west(changed...), one, none); len(a) != len(b) {
			t.Fatalf("%d findings one way, %d the other", len(a), len(b))
		}
	})
}

func TestInventoryCountsWhatWasDeclared(t *testing.T) {
	r := east(group("", "internal", nil), Resource{Kind: "security group", Role: "default", Given: true},
		Resource{Kind: "route table", Role: "main", Given: true}, Resource{Kind: "route table", Role: "public"})
	r.Members = 2
	if diff := cmp.Diff(map[string]int{"security group": 1, "route table": 1, "instance": 2}, r.Inventory()); diff != "" {
		t.Error(diff)
	}
}
