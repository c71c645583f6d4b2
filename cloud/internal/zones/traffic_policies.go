package zones

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/policies"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The quotas of traffic policies (Developer Guide, DNSLimitations).
const (
	maxPolicies       = 50
	maxPolicyVersions = 1000
)

func (p trafficPolicy) version(n int32) (policyVersion, bool) {
	at := slices.IndexFunc(p.Versions, func(v policyVersion) bool { return v.Version == n })
	if at < 0 {
		return policyVersion{}, false
	}
	return p.Versions[at], true
}

func (p trafficPolicy) describe(v policyVersion) *r53types.TrafficPolicy {
	return &r53types.TrafficPolicy{
		Id: &p.ID, Name: &p.Name, Version: aws.Int32(v.Version), Type: r53types.RRType(v.Type), Document: &v.Document, Comment: request.Given(v.Comment),
	}
}

func noPolicy(id string, version int32) error {
	return request.NotFound("NoSuchTrafficPolicy", "No traffic policy exists with the ID %s and version %d.", id, version)
}

func policyLocationOf(id string, version int32) *string {
	return aws.String(fmt.Sprintf("%s/trafficpolicy/%s/%d", request.Endpoint, id, version))
}

// newVersion checks what a version is made of.
func newVersion(document, comment *string) (policyVersion, error) {
	if err := request.Length("comment", aws.ToString(comment), 0, 1024); err != nil {
		return policyVersion{}, err
	}
	d, err := policies.Parse(aws.ToString(document))
	return policyVersion{Version: 1, Type: string(d.RecordType), Document: aws.ToString(document), Comment: aws.ToString(comment)}, err
}

func (r *Room) createPolicy(_ context.Context, in *route53.CreateTrafficPolicyInput) (*route53.CreateTrafficPolicyOutput, error) {
	if err := request.Length("name", aws.ToString(in.Name), 1, 512); err != nil {
		return nil, err
	}
	v, err := newVersion(in.Document, in.Comment)
	if err != nil {
		return nil, err
	}
	made := trafficPolicy{ID: room.NewUUID(), Name: *in.Name, Created: time.Now().UTC(), Last: 1, Versions: []policyVersion{v}}
	err = r.commit(func(tx *store.Tx) error {
		all := r.policies.AllTx(tx)
		if slices.ContainsFunc(all, func(p trafficPolicy) bool { return p.Name == made.Name }) {
			return request.Conflict("TrafficPolicyAlreadyExists", "A traffic policy with the name %s already exists.", made.Name)
		}
		if len(all) >= maxPolicies {
			return wire.Errorf("TooManyTrafficPolicies", "Limits Exceeded: MAX_TRAFFIC_POLICIES_BY_OWNER - Cannot create more than %d traffic policies.", maxPolicies)
		}
		return r.policies.Put(tx, made.ID, made)
	})
	if err != nil {
		return nil, err
	}
	return &route53.CreateTrafficPolicyOutput{TrafficPolicy: made.describe(v), Location: policyLocationOf(made.ID, 1)}, nil
}

// changePolicy changes a policy.
func (r *Room) changePolicy(id string, version int32, f func(tx *store.Tx, p *trafficPolicy) error) error {
	return r.commit(func(tx *store.Tx) error {
		p, ok := r.policies.GetTx(tx, id)
		if !ok {
			return noPolicy(id, version)
		}
		p.Versions = slices.Clone(p.Versions)
		if err := f(tx, &p); err != nil {
			return err
		}
		if len(p.Versions) == 0 {
			return r.policies.Delete(tx, id)
		}
		return r.policies.Put(tx, id, p)
	})
}

func (r *Room) createPolicyVersion(_ context.Context, in *route53.CreateTrafficPolicyVersionInput) (*route53.CreateTrafficPolicyVersionOutput, error) {
	v, err := newVersion(in.Document, in.Comment)
	if err != nil {
		return nil, err
	}
	var made *r53types.TrafficPolicy
	err = r.changePolicy(aws.ToString(in.Id), 0, func(_ *store.Tx, p *trafficPolicy) error {
		if p.Last >= maxPolicyVersions {
			return wire.Errorf(
				"TooManyTrafficPolicyVersionsForCurrentPolicy",
				"You've reached the limit of %d on the number of versions that you can create for the current traffic policy.",
				maxPolicyVersions,
			)
		}
		p.Last++
		v.Version = p.Last
		p.Versions = append(p.Versions, v)
		made = p.describe(v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &route53.CreateTrafficPolicyVersionOutput{TrafficPolicy: made, Location: policyLocationOf(*made.Id, *made.Version)}, nil
}

func (r *Room) getPolicy(_ context.Context, in *route53.GetTrafficPolicyInput) (*route53.GetTrafficPolicyOutput, error) {
	p, _ := r.policies.Get(aws.ToString(in.Id))
	v, ok := p.version(aws.ToInt32(in.Version))
	if !ok {
		return nil, noPolicy(aws.ToString(in.Id), aws.ToInt32(in.Version))
	}
	return &route53.GetTrafficPolicyOutput{TrafficPolicy: p.describe(v)}, nil
}

func (r *Room) updatePolicyComment(_ context.Context, in *route53.UpdateTrafficPolicyCommentInput) (*route53.UpdateTrafficPolicyCommentOutput, error) {
	if err := request.Length("comment", aws.ToString(in.Comment), 0, 1024); err != nil {
		return nil, err
	}
	id, version := aws.ToString(in.Id), aws.ToInt32(in.Version)
	var changed *r53types.TrafficPolicy
	err := r.changePolicy(id, version, func(_ *store.Tx, p *trafficPolicy) error {
		at := slices.IndexFunc(p.Versions, func(v policyVersion) bool { return v.Version == version })
		if at < 0 {
			return noPolicy(id, version)
		}
		p.Versions[at].Comment = aws.ToString(in.Comment)
		changed = p.describe(p.Versions[at])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &route53.UpdateTrafficPolicyCommentOutput{TrafficPolicy: changed}, nil
}

// deletePolicy deletes a version, and the policy with its last one.
func (r *Room) deletePolicy(_ context.Context, in *route53.DeleteTrafficPolicyInput) (*route53.DeleteTrafficPolicyOutput, error) {
	id, version := aws.ToString(in.Id), aws.ToInt32(in.Version)
	return &route53.DeleteTrafficPolicyOutput{}, r.changePolicy(id, version, func(tx *store.Tx, p *trafficPolicy) error {
		if _, ok := p.version(version); !ok {
			return noPolicy(id, version)
		}
		for _, i := range r.instances.AllTx(tx) {
			if i.PolicyID == id && i.PolicyVersion == version {
				return wire.Errorf("TrafficPolicyInUse", "One or more traffic policy instances were created by using version %d of traffic policy %s.", version, id)
			}
		}
		p.Versions = slices.DeleteFunc(p.Versions, func(v policyVersion) bool { return v.Version == version })
		return nil
	})
}

// listPolicies lists the policies in the order in which they were made.
func (r *Room) listPolicies(_ context.Context, in *route53.ListTrafficPoliciesInput) (*route53.ListTrafficPoliciesOutput, error) {
	n, err := request.Size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	key := func(p trafficPolicy) string { return fmt.Sprintf("%020d %s", p.Created.UnixNano(), p.ID) }
	start := ""
	if marker := aws.ToString(in.TrafficPolicyIdMarker); marker != "" {
		p, ok := r.policies.Get(marker)
		if !ok {
			return nil, request.BadInput("Invalid request: no traffic policy exists with the ID %s", marker)
		}
		start = key(p)
	}
	rows, next := request.Cut(r.policies.All(), key, start, n)
	out := &route53.ListTrafficPoliciesOutput{
		IsTruncated:            next != nil,
		MaxItems:               aws.Int32(int32(n)),
		TrafficPolicyIdMarker:  aws.String(""),
		TrafficPolicySummaries: []r53types.TrafficPolicySummary{},
	}
	for _, p := range rows {
		newest := p.Versions[len(p.Versions)-1]
		out.TrafficPolicySummaries = append(out.TrafficPolicySummaries, r53types.TrafficPolicySummary{
			Id: &p.ID, Name: &p.Name, Type: r53types.RRType(newest.Type), LatestVersion: aws.Int32(newest.Version),
			TrafficPolicyCount: aws.Int32(int32(len(p.Versions))),
		})
	}
	if next != nil {
		out.TrafficPolicyIdMarker = &next.ID
	}
	return out, nil
}

func (r *Room) listPolicyVersions(_ context.Context, in *route53.ListTrafficPolicyVersionsInput) (*route53.ListTrafficPolicyVersionsOutput, error) {
	n, err := request.Size(in.MaxItems, 100)
	if err != nil {
		return nil, err
	}
	p, ok := r.policies.Get(aws.ToString(in.Id))
	if !ok {
		return nil, noPolicy(aws.ToString(in.Id), 0)
	}
	from := 0
	if marker := aws.ToString(in.TrafficPolicyVersionMarker); marker != "" {
		if from, err = strconv.Atoi(marker); err != nil {
			return nil, request.BadInput("Invalid value '%s' for trafficpolicyversion", marker)
		}
	}
	rest := p.Versions
	for len(rest) > 0 && int(rest[0].Version) < from {
		rest = rest[1:]
	}
	out := &route53.ListTrafficPolicyVersionsOutput{
		IsTruncated:                len(rest) > n,
		MaxItems:                   aws.Int32(int32(n)),
		TrafficPolicyVersionMarker: aws.String(""),
		TrafficPolicies:            []r53types.TrafficPolicy{},
	}
	for _, v := range rest[:min(n, len(rest))] {
		out.TrafficPolicies = append(out.TrafficPolicies, *p.describe(v))
	}
	if out.IsTruncated {
		out.TrafficPolicyVersionMarker = aws.String(strconv.Itoa(int(rest[n].Version)))
	}
	return out, nil
}
