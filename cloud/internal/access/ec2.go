package access

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/policy"
)

// ec2Kinds are the kinds of EC2's resources by the prefixes of their ids.
var ec2Kinds = map[string]string{
	"vpc": "vpc", "subnet": "subnet", "igw": "internet-gateway", "eigw": "egress-only-internet-gateway", "rtb": "route-table",
	"sg": "security-group", "sgr": "security-group-rule", "eni": "network-interface", "acl": "network-acl", "i": "instance", "ami": "image",
	"snap": "snapshot", "vol": "volume", "lt": "launch-template", "eipalloc": "elastic-ip", "dopt": "dhcp-options", "nat": "natgateway",
	"pg": "placement-group", "pcx": "vpc-peering-connection", "vpce": "vpc-endpoint", "key": "key-pair", "pl": "prefix-list",
}

// ec2ID is an id of a resource, or of an association or attachment of some.
var ec2ID = regexp.MustCompile(`^([a-z]+(?:-assoc|-attach)?)-[0-9a-f]{8,17}$`)

// ec2ARN names a resource of EC2. Images and snapshots have no account in theirs.
func (q *question) ec2ARN(kind, name string) string {
	account := q.Account
	if kind == "image" || kind == "snapshot" {
		account = ""
	}
	return "arn:aws:ec2:" + q.Region + ":" + account + ":" + kind + "/" + name
}

// asks is what EC2 is asked: the call itself, or what Auto Scaling asks of EC2 for the caller.
type asks struct {
	action string // RunInstances
	form   url.Values
	names  map[string]map[string]bool   // by kind: ids, and names of what has no id in its ARN
	tags   map[string]map[string]string // by kind, those that the call gives
	things map[string]Thing
}

// ec2 are the needs of a call of EC2's.
func (q *question) ec2() ([]need, error) {
	a := &asks{action: q.Operation, form: q.form, names: map[string]map[string]bool{}, tags: map[string]map[string]string{}}
	return q.ec2Needs(a)
}

func (q *question) ec2Needs(a *asks) ([]need, error) {
	subjects := ec2Subjects(a.action)
	if len(subjects) == 0 {
		return []need{needOf("ec2:"+a.action, anything, policy.Context{"ec2:region": {q.Region}})}, nil
	}
	a.readTags()
	if err := q.ec2Look(a); err != nil {
		return nil, err
	}
	var all []need
	for _, s := range subjects {
		all = append(all, q.ec2On(a, s)...)
	}
	if len(all) == 0 {
		all = []need{needOf("ec2:"+a.action, anything, nil)}
	}
	all = append(all, q.ec2Tagging(a)...)
	all = append(all, q.passing(a)...)
	for _, n := range all {
		n.Context.Set("ec2:Region", q.Region)
	}
	return all, nil
}

// ec2Look finds what the call names, and asks the region for it.
func (q *question) ec2Look(a *asks) error {
	var ids []string
	for key, values := range a.form {
		if strings.HasPrefix(key, "TagSpecification") || strings.HasPrefix(key, "Tag.") || strings.HasPrefix(key, "LaunchTemplateData.") {
			continue
		}
		ids = append(ids, slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !ec2ID.MatchString(v) })...)
	}
	a.name("key-pair", a.form.Get("KeyName"))
	a.name("placement-group", a.form.Get("Placement.GroupName"))
	question := Question{Names: ids, Template: templateOf(a.form)}
	if len(ids) == 0 && question.Template == nil {
		return nil
	}
	answer, err := q.Regions.Ask(q.ctx, q.Region, question)
	if err != nil {
		return err
	}
	a.things = answer.Things
	for _, id := range ids {
		a.add(id)
	}
	if answer.TemplateID != "" {
		a.add(answer.TemplateID)
	}
	if answer.Template != nil && a.action == "RunInstances" {
		return q.ec2Template(a, answer)
	}
	return nil
}

// templateOf is the launch template that a call names; nil for none.
func templateOf(form url.Values) *Template {
	for _, at := range []string{"", "LaunchTemplate."} {
		t := Template{
			form.Get(at + "LaunchTemplateId"), form.Get(at + "LaunchTemplateName"),
			cmp.Or(form.Get(at+"Version"), form.Get(at+"LaunchTemplateVersion")),
		}
		if t.ID != "" || t.Name != "" {
			return &t
		}
	}
	return nil
}

// ec2Template adds what a launch takes from its template.
func (q *question) ec2Template(a *asks, t Answer) error {
	data := t.Template
	if a.form.Get("KeyName") == "" && data.KeyName != nil {
		a.name("key-pair", *data.KeyName)
	}
	if p := data.IamInstanceProfile; p != nil && profileIn(a.form) == "" {
		a.form = maps.Clone(a.form)
		if p.Arn != nil {
			a.form.Set("IamInstanceProfile.Arn", *p.Arn)
		} else if p.Name != nil {
			a.form.Set("IamInstanceProfile.Name", *p.Name)
		}
	}
	for _, s := range data.TagSpecifications {
		for _, tag := range s.Tags {
			a.tag(string(s.ResourceType), *tag.Key, deref(tag.Value))
		}
	}
	ids := idsIn(data)
	for kind := range a.names { // what the request names takes the place of the template's
		if kind != "security-group" {
			ids = slices.DeleteFunc(ids, func(id string) bool { return KindOf(id) == kind })
		}
	}
	if len(ids) == 0 {
		return nil
	}
	more, err := q.Regions.Ask(q.ctx, q.Region, Question{Names: ids})
	if err != nil {
		return err
	}
	maps.Copy(a.things, more.Things)
	for _, id := range ids {
		a.add(id)
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// idsIn finds the ids in a value's JSON.
func idsIn(v any) (ids []string) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var doc any
	if json.Unmarshal(b, &doc) != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, x := range v {
				if name != "TagSpecifications" {
					walk(x)
				}
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case string:
			if ec2ID.MatchString(v) {
				ids = append(ids, v)
			}
		}
	}
	walk(doc)
	return ids
}

// KindOf names the kind of an id's resource as the ARNs of its kind do; "" for none.
func KindOf(id string) string {
	m := ec2ID.FindStringSubmatch(id)
	if m == nil {
		return ""
	}
	return ec2Kinds[m[1]]
}

func (a *asks) name(kind, name string) {
	if name == "" || kind == "" {
		return
	}
	if a.names[kind] == nil {
		a.names[kind] = map[string]bool{}
	}
	a.names[kind][name] = true
}

// add adds a resource, or those that an association is of.
func (a *asks) add(id string) {
	a.name(KindOf(id), id)
	for _, of := range a.things[id].Of {
		a.name(KindOf(of), of)
	}
}

func (a *asks) tag(kind, key, value string) {
	if a.tags[kind] == nil {
		a.tags[kind] = map[string]string{}
	}
	a.tags[kind][key] = value
}

// readTags reads TagSpecification.N.ResourceType and its Tag.M.Key.
func (a *asks) readTags() {
	for key := range a.form {
		n, is := strings.CutSuffix(key, ".ResourceType")
		if !is || !strings.HasPrefix(n, "TagSpecification") {
			continue
		}
		for k, v := range tagsIn(a.form, n+".Tag.") {
			a.tag(a.form.Get(key), k, v)
		}
	}
}

// tagsIn reads the tags of a form's list: at + "N.Key" and at + "N.Value".
func tagsIn(form url.Values, at string) map[string]string {
	tags := map[string]string{}
	for key := range form {
		if n, is := strings.CutSuffix(key, ".Key"); is && strings.HasPrefix(n, at) {
			tags[form.Get(key)] = form.Get(n + ".Value")
		}
	}
	return tags
}

// ec2On are the needs for one kind of resource.
func (q *question) ec2On(a *asks, s subject) (all []need) {
	action := "ec2:" + a.action
	if s.new() {
		if s.always || a.tags[s.kind] != nil {
			all = append(all, needOf(action, q.ec2ARN(s.kind, anything), tagKeys("ec2", a.tags[s.kind], nil)))
		}
		return all
	}
	said := map[string]string{}
	if s.made { // CreateTags and DeleteTags
		said = tagsIn(a.form, "Tag.")
	}
	for _, name := range slices.Sorted(maps.Keys(a.names[s.kind])) {
		thing := a.things[name]
		if thing.ARN == "" {
			thing.ARN = q.ec2ARN(s.kind, name)
		}
		all = append(all, needOf(action, thing.ARN, tagKeys("ec2", said, thing.Tags)))
	}
	if len(all) == 0 && s.always {
		all = append(all, needOf(action, q.ec2ARN(s.kind, anything), nil))
	}
	return all
}

// ec2Tagging is what a call needs that makes something with tags ("Grant permission to tag Amazon EC2 resources during creation").
func (q *question) ec2Tagging(a *asks) (all []need) {
	for _, kind := range slices.Sorted(maps.Keys(a.tags)) {
		keys := tagKeys("ec2", a.tags[kind], nil)
		keys.Set("ec2:CreateAction", a.action)
		all = append(all, needOf("ec2:CreateTags", q.ec2ARN(kind, anything), keys))
	}
	return all
}

func profileIn(form url.Values) string {
	return cmp.Or(form.Get("IamInstanceProfile.Arn"), form.Get("IamInstanceProfile.Name"))
}

// passing is what a call needs that gives an instance profile to an instance ("Grant permissions to pass an IAM role to an
// instance"). A profile that is not there, or has no role, is refused by EC2 itself.
func (q *question) passing(a *asks) []need {
	role, ok := q.iam.RoleOf(profileIn(a.form))
	if !ok {
		return nil
	}
	return []need{needOf("iam:PassRole", role, policy.Context{"iam:passedtoservice": {"ec2.amazonaws.com"}})}
}
