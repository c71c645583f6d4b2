package access

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/policy"
)

// route53 are the needs of a call of Route 53's, whose resources are named in the path, and which knows no tags in conditions.
func (q *question) route53() []need {
	subjects := route53Subjects(q.Operation)
	keys := policy.Context{}
	if q.Operation == "ChangeResourceRecordSets" {
		keys = recordKeys(q.Body)
	}
	parts := strings.Split(strings.Trim(q.Request.URL.Path, "/"), "/")
	var all []need
	for _, s := range subjects {
		if at := slices.Index(parts, s.kind); at >= 0 && at+1 < len(parts) {
			all = append(all, q.on("arn:aws:route53:::"+s.kind+"/"+parts[at+1], keys))
		}
	}
	for _, s := range subjects {
		if len(all) == 0 && s.always {
			all = append(all, q.on("arn:aws:route53:::"+s.kind+"/*", keys))
		}
	}
	if len(all) == 0 {
		all = []need{q.on(anything, keys)}
	}
	return all
}

// recordKeys are the condition keys of a change of records ("Using IAM policy conditions for fine-grained access control").
func recordKeys(body []byte) policy.Context {
	var in struct {
		Changes []struct {
			Action            string
			ResourceRecordSet struct{ Name, Type string }
		} `xml:"ChangeBatch>Changes>Change"`
	}
	keys := policy.Context{}
	if xml.Unmarshal(body, &in) != nil {
		return keys
	}
	var names, types, actions []string
	for _, c := range in.Changes {
		names = append(names, normalized(c.ResourceRecordSet.Name))
		types = append(types, c.ResourceRecordSet.Type)
		actions = append(actions, c.Action)
	}
	const prefix = "route53:ChangeResourceRecordSets"
	keys.Set(prefix+"NormalizedRecordNames", names...)
	keys.Set(prefix+"RecordTypes", types...)
	keys.Set(prefix+"Actions", actions...)
	return keys
}

// normalized is a name in small letters and without its last dot.
func normalized(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// iamMembers name IAM's resources by their kinds.
var iamMembers = map[string]string{
	"user": "UserName", "role": "RoleName", "group": "GroupName", "instance-profile": "InstanceProfileName", "policy": "PolicyName",
}

// entities are the needs of a call of IAM's. One that names no user is about its caller.
func (q *question) entities() []need {
	keys := policy.Context{}
	if tags := tagsIn(q.form, "Tags.member."); len(tags) > 0 {
		keys = tagKeys("iam", tags, nil)
	}
	for key, member := range map[string]string{
		"iam:PolicyARN": "PolicyArn", "iam:PermissionsBoundary": "PermissionsBoundary", "iam:AWSServiceName": "AWSServiceName",
	} {
		if v := q.form.Get(member); v != "" {
			keys.Set(key, v)
		}
	}
	var all []need
	for _, s := range iamSubjects(q.Operation) {
		if arn := q.entity(s.kind); arn != "" {
			all = append(all, q.on(arn, keys))
		}
	}
	if len(all) == 0 {
		all = []need{q.on(anything, keys)}
	}
	if q.Operation == "AddRoleToInstanceProfile" {
		if role, ok := q.iam.ARNOf("role", q.form.Get("RoleName")); ok {
			all = append(all, needOf("iam:PassRole", role, nil))
		}
	}
	return all
}

// entity is the ARN of what a call of IAM's names, also of what it makes.
func (q *question) entity(kind string) string {
	if kind == "policy" && q.form.Get("PolicyArn") != "" {
		return q.form.Get("PolicyArn")
	}
	name := q.form.Get(iamMembers[kind])
	if kind == "role" && q.Operation == "CreateServiceLinkedRole" {
		return q.serviceRole(q.form.Get("AWSServiceName"))
	}
	if kind == "user" && name == "" && q.caller.User != "" {
		name = q.caller.User
	}
	if name == "" {
		return ""
	}
	if arn, ok := q.iam.ARNOf(kind, name); ok && !strings.HasPrefix(q.Operation, "Create") {
		return arn
	}
	return "arn:aws:iam::" + q.Account + ":" + kind + cmp.Or(q.form.Get("Path"), "/") + name
}

// serviceRole names whatever role a service is given.
func (q *question) serviceRole(service string) string {
	return "arn:aws:iam::" + q.Account + ":role/aws-service-role/" + service + "/*"
}

// serviceLinked is what the first call of an operation needs that makes its service a role of its own ("Service-linked role
// permissions" of each service).
func (q *question) serviceLinked(service, operation string) []need {
	if q.Operation != operation || q.iam.HasServiceRole(service) {
		return nil
	}
	return []need{needOf("iam:CreateServiceLinkedRole", q.serviceRole(service), policy.Context{"iam:awsservicename": {service}})}
}

// sts are the needs of a call of STS's. Within an account a role's trust policy that names its caller is enough.
func (q *question) sts() []need {
	role := q.form.Get("RoleArn")
	if q.Operation != "AssumeRole" || role == "" {
		return []need{q.on(anything, nil)}
	}
	n := q.on(role, nil)
	n.trusted = q.iam.Names(role, q.caller)
	return []need{n}
}
