package failover

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/prices"
	"github.com/understudy/understudy/plan/resource"
)

// Zone is the hosted zone of the domain. A zone that existed before is used as it is, and stays when the stack is
// removed; a zone that the stack made is removed with it.
//
// Route 53's create calls take no tags. What an interrupted run has made and not yet tagged is found by its caller
// reference.
type Zone struct {
	resource.Scope
	resource.Doubles
	ID     string
	Made   bool // by this stack
	tags   resource.Field
	serves bool // it has the stack's records; asked only where there are several zones
}

func (z *Zone) Identity() string { return z.ID }

func (z *Zone) Desired() []resource.Field { return []resource.Field{z.Tagged("zone")} }

func (z *Zone) Actual() []resource.Field {
	if !z.Made {
		return z.Desired()
	}
	return []resource.Field{z.tags}
}

// reference begins every caller reference of the resource with this role. An account can use a caller reference
// only once, ever, so each new creation adds another ending. 64 characters are allowed.
func reference(s resource.Scope, role string) string {
	return referencePrefix + account.Token(s.Stack(), role, s.Declared.Host())[:24] + "-"
}

const referencePrefix = "understudy-"

func (z *Zone) Find(ctx context.Context) (bool, error) {
	all, err := z.named(ctx)
	if err != nil {
		return false, err
	}
	*z = Zone{Scope: z.Scope}
	var found []*Zone
	for _, hz := range all {
		one := &Zone{Scope: z.Scope, ID: strings.TrimPrefix(aws.ToString(hz.Id), "/hostedzone/")}
		tags, err := tagsOf(ctx, z.Scope, route53types.TagResourceTypeHostedzone, one.ID)
		if err != nil {
			return false, err
		}
		one.tags = z.TaggedWith("zone", tags)
		one.Made = z.Mark("zone").In(tags) || strings.HasPrefix(aws.ToString(hz.CallerReference), reference(z.Scope, "zone"))
		if len(all) > 1 {
			if one.serves, err = one.hasPair(ctx); err != nil {
				return false, err
			}
		}
		found = append(found, one)
	}
	return resource.Choose(ctx, z, found)
}

// named lists the public zones with the domain's name. Route 53 allows several. They come about if another run's
// call makes a zone after this run has looked: this run finds the caller reference used, and takes the next one.
func (z *Zone) named(ctx context.Context) ([]route53types.HostedZone, error) {
	out, err := z.Route53.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: aws.String(z.Declared.Domain + ".")})
	if err != nil {
		return nil, fmt.Errorf("list hosted zones: %w", err)
	}
	return slices.DeleteFunc(out.HostedZones, func(hz route53types.HostedZone) bool {
		private := hz.Config != nil && hz.Config.PrivateZone
		return private || strings.TrimSuffix(aws.ToString(hz.Name), ".") != z.Declared.Domain
	}), nil
}

func (z *Zone) hasPair(ctx context.Context) (bool, error) {
	pair := &Records{Scope: z.Scope, Zone: z}
	err := pair.Look(ctx)
	return len(pair.Seen) > 0, err
}

// Fits prefers the zone that has the stack's records, and then one that existed before the stack: that is
// the one that the domain is delegated to.
func (z *Zone) Fits() int {
	switch {
	case z.serves:
		return 2
	case !z.Made:
		return 1
	}
	return 0
}

// Holds names the records that somebody else put into a zone, which the stack must not remove.
func (z *Zone) Holds(ctx context.Context) ([]string, error) {
	if !z.Made {
		return []string{"what is not this stack's: it does not have its tags"}, nil
	}
	out, err := z.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: &z.ID})
	if err != nil {
		return nil, fmt.Errorf("list records of %s: %w", z.ID, err)
	}
	var names []string
	for _, set := range out.ResourceRecordSets {
		if set.Type != route53types.RRTypeSoa && set.Type != route53types.RRTypeNs {
			names = append(names, fmt.Sprintf("%s %s", aws.ToString(set.Name), set.Type))
		}
	}
	return names, nil
}

// NameServers returns who answers for the zone, and nothing where there is none.
func (z *Zone) NameServers(ctx context.Context) ([]string, error) {
	if z.ID == "" {
		return nil, nil
	}
	out, err := z.Route53.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &z.ID})
	if err != nil {
		return nil, fmt.Errorf("get hosted zone %s: %w", z.ID, err)
	}
	if out.DelegationSet == nil {
		return nil, nil
	}
	return out.DelegationSet.NameServers, nil
}

func tagsOf(ctx context.Context, s resource.Scope, kind route53types.TagResourceType, id string) (map[string]string, error) {
	out, err := s.Route53.ListTagsForResource(ctx, &route53.ListTagsForResourceInput{ResourceType: kind, ResourceId: &id})
	if err != nil {
		return nil, fmt.Errorf("list tags of %s: %w", id, err)
	}
	return account.OfRoute53(out.ResourceTagSet.Tags), nil
}

func tag(ctx context.Context, s resource.Scope, kind route53types.TagResourceType, id string, tags account.Tags) error {
	const most = 10 // of a call (ChangeTagsForResource in the Amazon Route 53 API Reference)
	in := route53.ChangeTagsForResourceInput{ResourceType: kind, ResourceId: &id}
	return resource.Tagging{
		Read: func(ctx context.Context) (map[string]string, error) { return tagsOf(ctx, s, kind, id) },
		Remove: func(ctx context.Context, keys []string) error {
			for some := range slices.Chunk(keys, most) {
				in := in
				in.RemoveTagKeys = some
				if _, err := s.Route53.ChangeTagsForResource(ctx, &in); err != nil {
					return err
				}
			}
			return nil
		},
		Add: func(ctx context.Context, tags account.Tags) error {
			for some := range slices.Chunk(tags.Route53(), most) {
				in := in
				in.AddTags = some
				if _, err := s.Route53.ChangeTagsForResource(ctx, &in); err != nil {
					return err
				}
			}
			return nil
		},
	}.Give(ctx, id, tags)
}

func (z *Zone) Create(ctx context.Context) error {
	err := account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		once := reference(z.Scope, "zone") + token[:24]
		out, err := z.Route53.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{
			Name:             aws.String(z.Declared.Domain + "."),
			CallerReference:  &once,
			HostedZoneConfig: &route53types.HostedZoneConfig{Comment: aws.String("understudy: stack " + z.Stack())},
		})
		if account.IsCode(err, "HostedZoneAlreadyExists") {
			return z.adopt(ctx, once) // by this call, whose first answer was lost, or in an earlier life
		}
		if err != nil {
			return false, fmt.Errorf("create hosted zone: %w", err)
		}
		z.ID = strings.TrimPrefix(aws.ToString(out.HostedZone.Id), "/hostedzone/")
		return true, nil
	}, z.Stack(), "zone")
	if err != nil {
		return err
	}
	z.Made = true
	return z.Change(ctx, nil)
}

// adopt takes the zone that was made with a caller reference, if it is still there.
func (z *Zone) adopt(ctx context.Context, once string) (bool, error) {
	all, err := z.named(ctx)
	for _, hz := range all {
		if aws.ToString(hz.CallerReference) == once {
			z.ID = strings.TrimPrefix(aws.ToString(hz.Id), "/hostedzone/")
			return true, nil
		}
	}
	return false, err
}

func (z *Zone) Change(ctx context.Context, _ []resource.Difference) error {
	return tag(ctx, z.Scope, route53types.TagResourceTypeHostedzone, z.ID, z.Mark("zone"))
}

func (z *Zone) Remove(ctx context.Context) error {
	_, err := z.Route53.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: &z.ID})
	if err != nil {
		return fmt.Errorf("delete hosted zone %s: %w", z.ID, err)
	}
	return nil
}

// Foreign tells whether the zone belongs to somebody else, and must not be deleted.
func (z *Zone) Foreign() bool { return !z.Made }

var _ resource.Doubling = (*Zone)(nil)

func (z *Zone) Monthly() float64 { return prices.ZoneMonth }

func (z *Zone) Delegated() {}
