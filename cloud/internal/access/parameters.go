package access

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/understudy/understudy/cloud/internal/policy"
)

// parameterCall is what calls of the Parameter Store say of parameters.
type parameterCall struct {
	Name, Path               string
	Names                    []string
	ResourceType, ResourceID string // ResourceId, which JSON reads without regard to case
	Tags                     []struct{ Key, Value string }
	TagKeys                  []string
	Overwrite, Recursive     *bool
}

// aboutParameters are the actions whose resources are parameters (Service Authorization Reference, "AWS Systems Manager").
// DescribeParameters is about all of them, *.
var aboutParameters = map[string]bool{
	"AddTagsToResource": true, "DeleteParameter": true, "DeleteParameters": true, "GetParameter": true, "GetParameterHistory": true, "GetParameters": true,
	"GetParametersByPath": true, "LabelParameterVersion": true, "ListTagsForResource": true, "PutParameter": true, "RemoveTagsFromResource": true,
	"UnlabelParameterVersion": true,
}

// parameters are the needs of a call of Systems Manager's: each parameter that it names is judged by itself, a hierarchy by its path.
func (q *question) parameters() ([]need, error) {
	var in parameterCall
	if !aboutParameters[q.Operation] || json.Unmarshal(q.Body, &in) != nil {
		return []need{q.on(anything, nil)}, nil
	}
	names := in.names()
	if len(names) == 0 {
		return []need{q.on(anything, nil)}, nil
	}
	question := Question{}
	for _, name := range names {
		question.Names = append(question.Names, parameterPrefix+name)
	}
	answer, err := q.Regions.Ask(q.ctx, q.Region, question)
	if err != nil {
		return nil, err
	}
	said := in.keys()
	var all []need
	for _, name := range names {
		keys := tagKeys("ssm", in.tags(), answer.Things[parameterPrefix+name].Tags)
		for key, values := range said {
			keys[key] = values
		}
		all = append(all, q.on(q.parameterARN(name), keys))
	}
	return all, nil
}

// parameterPrefix is before a parameter's name, which has no slash at its start then, in questions and in ARNs.
const parameterPrefix = "parameter/"

// names are the parameters that a call names, without the version or the label of some.
func (in parameterCall) names() (names []string) {
	all := append([]string{in.Name, in.Path}, in.Names...)
	if in.ResourceType == "Parameter" {
		all = append(all, in.ResourceID)
	}
	for _, name := range all {
		name = strings.TrimSpace(name)
		if strings.HasPrefix(name, "arn:") {
			_, name, _ = strings.Cut(name, ":"+parameterPrefix)
		}
		name, _, _ = strings.Cut(name, ":")
		if name = strings.TrimPrefix(name, "/"); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 && in.Path != "" { // the whole of them
		names = []string{""}
	}
	return names
}

// parameterARN names a parameter: its own slash and that of the ARN are one. AWS's own have no account in theirs.
func (q *question) parameterARN(name string) string {
	if strings.HasPrefix(name, "aws/") {
		return "arn:aws:ssm:" + q.Region + "::" + parameterPrefix + name
	}
	return q.arn(parameterPrefix + name)
}

func (in parameterCall) tags() map[string]string {
	tags := map[string]string{}
	for _, t := range in.Tags {
		tags[t.Key] = t.Value
	}
	return tags
}

// keys are the condition keys of the call itself.
func (in parameterCall) keys() policy.Context {
	keys := policy.Context{}
	for key, said := range map[string]*bool{"ssm:Overwrite": in.Overwrite, "ssm:Recursive": in.Recursive} {
		if said != nil {
			keys.Set(key, strconv.FormatBool(*said))
		}
	}
	if len(in.TagKeys) > 0 {
		keys.Set("aws:TagKeys", in.TagKeys...)
	}
	return keys
}
