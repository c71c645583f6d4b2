package region

import (
	"strings"

	"github.com/understudy/understudy/cloud/internal/access"
)

// Things answers what the front door asks before it decides whether a caller may do something with what it names. What is not
// there is left out: the call itself will be told.
func (r *Region) Things(q access.Question) access.Answer {
	a := access.Answer{Things: map[string]access.Thing{}}
	if t := q.Template; t != nil {
		if a.TemplateID, a.Template = r.compute.TemplateData(&t.ID, &t.Name, &t.Version); a.TemplateID != "" {
			q.Names = append(q.Names, a.TemplateID)
		}
	}
	for _, name := range q.Names {
		thing, ok := r.thing(name)
		if !ok {
			continue
		}
		a.Things[name] = thing
		for _, of := range thing.Of {
			a.Things[of], _ = r.thing(of)
		}
	}
	return a
}

func (r *Region) thing(name string) (t access.Thing, ok bool) {
	switch group, is := strings.CutPrefix(name, "autoScalingGroupName/"); {
	case is:
		t.ARN, t.Tags, ok = r.scaling.Group(group)
		return t, ok
	case strings.HasPrefix(name, "parameter/"):
		t.Tags, ok = r.parameters.TagMap(strings.TrimPrefix(name, "parameter"))
		return t, ok
	case strings.HasPrefix(name, "zonalshift/"):
		if t.ARN, ok = r.shifting.ResourceOf(strings.TrimPrefix(name, "zonalshift/")); ok {
			t.Of = []string{t.ARN}
		}
		return t, ok
	case strings.HasPrefix(name, "arn:aws:acm:"):
		t.Tags, ok = r.certificates.TagMap(name)
		return t, ok
	case strings.HasPrefix(name, "arn:aws:sns:"):
		t.Tags, ok = r.notifying.TagMap(name)
		return t, ok
	case strings.HasPrefix(name, "arn:"):
		t.Tags, ok = r.balancing.Tags(name)
		return t, ok
	}
	t.Tags = r.resources.TagMap(name)
	t.Of = append(r.nets.Related(name), r.compute.Related(name)...)
	if pair, ok := r.compute.KeyPairName(name); ok {
		t.ARN = r.ARN("ec2", "key-pair/"+pair)
	}
	return t, true
}
