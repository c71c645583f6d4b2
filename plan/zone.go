package plan

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/understudy/understudy/account"
)

// zone is the hosted zone of the domain. One that exists already is used as it is, and stays when the
// stack goes; one that the stack made goes with it.
//
// Route 53 takes no tags when it makes something. What was made by a run that was interrupted before it
// could tag it is known by its caller reference.
type zone struct {
	scope
	id     string
	made   bool // by this stack
	tagged bool
}

func (z *zone) identity() string { return z.id }

func (z *zone) desired() []Field { return []Field{{Name: "tagged", Value: yes(true)}} }

func (z *zone) actual() []Field { return []Field{{Name: "tagged", Value: yes(z.tagged || !z.made)}} }

// reference begins every caller reference of the thing with this role. A caller reference is used once
// in an account for ever, so each life adds an ending of its own. 64 characters are allowed.
func reference(s scope, role string) string {
	return "understudy-" + account.Token(s.stack(), role, s.declared.Host())[:24] + "-"
}

func (z *zone) find(ctx context.Context) (bool, error) {
	var found []route53types.HostedZone
	in := &route53.ListHostedZonesByNameInput{DNSName: aws.String(z.declared.Domain + ".")}
	out, err := z.Route53.ListHostedZonesByName(ctx, in)
	if err != nil {
		return false, fmt.Errorf("list hosted zones: %w", err)
	}
	for _, hz := range out.HostedZones {
		private := hz.Config != nil && hz.Config.PrivateZone
		if strings.TrimSuffix(aws.ToString(hz.Name), ".") == z.declared.Domain && !private {
			found = append(found, hz)
		}
	}
	if len(found) > 1 {
		return false, fmt.Errorf("%d public hosted zones are called %s: which one is delegated to cannot be told", len(found), z.declared.Domain)
	}
	if len(found) == 0 {
		return false, nil
	}
	z.id = strings.TrimPrefix(aws.ToString(found[0].Id), "/hostedzone/")
	tags, err := tagsOf(ctx, z.scope, route53types.TagResourceTypeHostedzone, z.id)
	if err != nil {
		return false, err
	}
	z.tagged = z.mark("zone").In(tags)
	z.made = z.tagged || strings.HasPrefix(aws.ToString(found[0].CallerReference), reference(z.scope, "zone"))
	return true, nil
}

func tagsOf(ctx context.Context, s scope, kind route53types.TagResourceType, id string) (map[string]string, error) {
	out, err := s.Route53.ListTagsForResource(ctx, &route53.ListTagsForResourceInput{ResourceType: kind, ResourceId: &id})
	if err != nil {
		return nil, fmt.Errorf("list tags of %s: %w", id, err)
	}
	return account.OfRoute53(out.ResourceTagSet.Tags), nil
}

func tag(ctx context.Context, s scope, kind route53types.TagResourceType, id string, tags account.Tags) error {
	_, err := s.Route53.ChangeTagsForResource(ctx, &route53.ChangeTagsForResourceInput{
		ResourceType: kind, ResourceId: &id, AddTags: tags.Route53(),
	})
	if err != nil {
		return fmt.Errorf("tag %s: %w", id, err)
	}
	return nil
}

func (z *zone) create(ctx context.Context) error {
	err := account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		out, err := z.Route53.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{
			Name:             aws.String(z.declared.Domain + "."),
			CallerReference:  aws.String(reference(z.scope, "zone") + token[:24]),
			HostedZoneConfig: &route53types.HostedZoneConfig{Comment: aws.String("understudy: stack " + z.stack())},
		})
		if account.IsCode(err, "HostedZoneAlreadyExists") {
			return false, nil // of an earlier life: were it there, find would have found it
		}
		if err != nil {
			return false, fmt.Errorf("create hosted zone: %w", err)
		}
		z.id = strings.TrimPrefix(aws.ToString(out.HostedZone.Id), "/hostedzone/")
		return true, nil
	}, z.stack(), "zone")
	if err != nil {
		return err
	}
	z.made = true
	return z.change(ctx, nil)
}

func (z *zone) change(ctx context.Context, _ []Difference) error {
	return tag(ctx, z.scope, route53types.TagResourceTypeHostedzone, z.id, z.mark("zone"))
}

func (z *zone) remove(ctx context.Context) error {
	_, err := z.Route53.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: &z.id})
	if err != nil {
		return fmt.Errorf("delete hosted zone %s: %w", z.id, err)
	}
	return nil
}

// foreign tells that the zone is somebody else's, and not to be deleted.
func (z *zone) foreign() bool { return !z.made }

var _ resource = (*zone)(nil)
