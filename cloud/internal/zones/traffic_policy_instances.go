package zones

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxInstances is the quota of traffic policy instances (Developer Guide, DNSLimitations).
const maxInstances = 5

// The states that AWS answers with: the first two until the name servers have it all.
const (
	creating = "Creating"
	updating = "Updating"
	applied  = "Applied"
)

func (i policyInstance) describe(state string) *r53types.TrafficPolicyInstance {
	return &r53types.TrafficPolicyInstance{
		Id: &i.ID, HostedZoneId: &i.ZoneID, Name: &i.Name, TTL: &i.TTL, State: &state, Message: aws.String(""),
		TrafficPolicyId: &i.PolicyID, TrafficPolicyVersion: &i.PolicyVersion, TrafficPolicyType: r53types.RRType(i.Type),
	}
}

func noInstance(id string) error {
	return request.NotFound("NoSuchTrafficPolicyInstance", "No traffic policy instance exists with the ID %s.", id)
}

func (r *Room) instance(tx *store.Tx, id string) (policyInstance, error) {
	return room.Find(tx, r.instances, id, noInstance)
}

func checkTTL(ttl *int64) error {
	if t := aws.ToInt64(ttl); t < 0 || t > 2147483647 {
		return request.BadInput("1 validation error detected: Value '%d' at 'tTL' failed to satisfy constraint: Member must have value between 0 and 2147483647", t)
	}
	return nil
}

// follow gives an instance a version of a policy, and checks that its record sets can be made.
func (r *Room) follow(tx *store.Tx, i *policyInstance, z zone, policy string, version int32) error {
	p, _ := r.policies.GetTx(tx, policy)
	v, ok := p.version(version)
	if !ok {
		return noPolicy(policy, version)
	}
	if i.Type != "" && i.Type != v.Type {
		return wire.Errorf(
			"ConflictingTypes",
			"The traffic policy instance has the type %s, and version %d of traffic policy %s the type %s.",
			i.Type,
			version,
			policy,
			v.Type,
		)
	}
	i.PolicyID, i.PolicyVersion, i.Type = policy, version, v.Type
	for _, other := range r.instances.AllTx(tx) {
		i.Change = max(i.Change, other.Change)
	}
	i.Change++
	sets, err := r.compile(*i, z)
	if err != nil {
		return err
	}
	for _, set := range sets {
		if set.HealthCheckId == nil {
			continue
		}
		if _, ok := r.Checks.GetTx(tx, *set.HealthCheckId); !ok {
			return request.BadInput("Invalid request: the health check %s of traffic policy %s does not exist", *set.HealthCheckId, policy)
		}
	}
	return nil
}

func (r *Room) createInstance(_ context.Context, in *route53.CreateTrafficPolicyInstanceInput) (*route53.CreateTrafficPolicyInstanceOutput, error) {
	if err := checkTTL(in.TTL); err != nil {
		return nil, err
	}
	at, err := records.Name(aws.ToString(in.Name))
	if err != nil {
		return nil, request.BadInput("Invalid request: %v", err)
	}
	made := policyInstance{ID: room.NewUUID(), ZoneID: request.Bare(aws.ToString(in.HostedZoneId)), Name: at, TTL: aws.ToInt64(in.TTL)}
	err = r.commit(func(tx *store.Tx) error {
		z, err := r.zone(tx, made.ZoneID)
		if err != nil {
			return err
		}
		if err := r.follow(tx, &made, z, aws.ToString(in.TrafficPolicyId), aws.ToInt32(in.TrafficPolicyVersion)); err != nil {
			return err
		}
		all := r.instances.AllTx(tx)
		if slices.ContainsFunc(all, func(i policyInstance) bool {
			return i.ZoneID == made.ZoneID && i.Name == made.Name && i.Type == made.Type
		}) {
			return request.Conflict(
				"TrafficPolicyInstanceAlreadyExists",
				"A traffic policy instance for %s, type %s already exists in hosted zone %s.",
				made.Name,
				made.Type,
				made.ZoneID,
			)
		}
		if len(all) >= maxInstances {
			return wire.Errorf(
				"TooManyTrafficPolicyInstances",
				"Limits Exceeded: MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER - Cannot create more than %d traffic policy instances.",
				maxInstances,
			)
		}
		if err := r.plant(tx, z, made); err != nil {
			return err
		}
		return r.instances.Put(tx, made.ID, made)
	})
	if err != nil {
		return nil, err
	}
	return &route53.CreateTrafficPolicyInstanceOutput{
		TrafficPolicyInstance: made.describe(creating),
		Location:              aws.String(request.Endpoint + "/trafficpolicyinstance/" + made.ID),
	}, nil
}

// plant puts an instance's root among the zone's record sets, as a change of them would.
func (r *Room) plant(tx *store.Tx, z zone, i policyInstance) error {
	made, err := records.Plant(r.homeOf(z), r.records.of(z.ID), i.root())
	if err != nil {
		return err
	}
	return r.records.put(tx, z.ID, made)
}

// updateInstance changes an instance's TTL and what version of which policy it follows.
func (r *Room) updateInstance(_ context.Context, in *route53.UpdateTrafficPolicyInstanceInput) (*route53.UpdateTrafficPolicyInstanceOutput, error) {
	if err := checkTTL(in.TTL); err != nil {
		return nil, err
	}
	id := aws.ToString(in.Id)
	var i policyInstance
	err := r.commit(func(tx *store.Tx) (err error) {
		if i, err = r.instance(tx, id); err != nil {
			return err
		}
		z, err := r.zone(tx, i.ZoneID)
		if err != nil {
			return err
		}
		i.TTL = aws.ToInt64(in.TTL)
		if err := r.follow(tx, &i, z, aws.ToString(in.TrafficPolicyId), aws.ToInt32(in.TrafficPolicyVersion)); err != nil {
			return err
		}
		if err := r.records.put(tx, z.ID, records.ChangesOf(records.Sets{i.root()}, false)); err != nil {
			return err
		}
		return r.instances.Put(tx, id, i)
	})
	if err != nil {
		return nil, err
	}
	return &route53.UpdateTrafficPolicyInstanceOutput{TrafficPolicyInstance: i.describe(updating)}, nil
}

func (r *Room) deleteInstance(_ context.Context, in *route53.DeleteTrafficPolicyInstanceInput) (*route53.DeleteTrafficPolicyInstanceOutput, error) {
	id := aws.ToString(in.Id)
	return &route53.DeleteTrafficPolicyInstanceOutput{}, r.commit(func(tx *store.Tx) error {
		i, err := r.instance(tx, id)
		if err != nil {
			return err
		}
		if err := r.records.put(tx, i.ZoneID, records.ChangesOf(records.Sets{i.root()}, true)); err != nil {
			return err
		}
		return r.instances.Delete(tx, id)
	})
}

func (r *Room) getInstance(_ context.Context, in *route53.GetTrafficPolicyInstanceInput) (*route53.GetTrafficPolicyInstanceOutput, error) {
	i, err := r.instance(nil, aws.ToString(in.Id))
	if err != nil {
		return nil, err
	}
	return &route53.GetTrafficPolicyInstanceOutput{TrafficPolicyInstance: i.describe(applied)}, nil
}

func (r *Room) getInstanceCount(context.Context, *route53.GetTrafficPolicyInstanceCountInput) (*route53.GetTrafficPolicyInstanceCountOutput, error) {
	return &route53.GetTrafficPolicyInstanceCountOutput{TrafficPolicyInstanceCount: aws.Int32(int32(r.instances.Len()))}, nil
}

// instanceMarker is where a page of instances starts: they are listed by zone, name and type.
type instanceMarker struct {
	zone, name *string
	kind       r53types.RRType
}

// instancePage are instances that f picks, from a marker on, and the first of the next page, if there is one.
func (r *Room) instancePage(
	asked *int32,
	from instanceMarker,
	f func(policyInstance) bool,
) (list []r53types.TrafficPolicyInstance, n int, next *policyInstance, err error) {
	if n, err = request.Size(asked, 100); err != nil {
		return nil, 0, nil, err
	}
	key := func(i policyInstance) string { return i.ZoneID + " " + records.Reversed(i.Name) + " " + i.Type }
	start := request.Bare(aws.ToString(from.zone))
	if from.name != nil {
		kept, err := records.Name(*from.name)
		if err != nil {
			return nil, 0, nil, request.BadInput("Invalid request: %v", err)
		}
		start += " " + records.Reversed(kept) + " " + string(from.kind)
	}
	all := slices.DeleteFunc(r.instances.All(), func(i policyInstance) bool { return !f(i) })
	rows, next := request.Cut(all, key, start, n)
	list = []r53types.TrafficPolicyInstance{}
	for _, i := range rows {
		list = append(list, *i.describe(applied))
	}
	return list, n, next, nil
}

func (r *Room) listInstances(_ context.Context, in *route53.ListTrafficPolicyInstancesInput) (*route53.ListTrafficPolicyInstancesOutput, error) {
	from := instanceMarker{in.HostedZoneIdMarker, in.TrafficPolicyInstanceNameMarker, in.TrafficPolicyInstanceTypeMarker}
	list, n, next, err := r.instancePage(in.MaxItems, from, func(policyInstance) bool { return true })
	if err != nil {
		return nil, err
	}
	out := &route53.ListTrafficPolicyInstancesOutput{TrafficPolicyInstances: list, MaxItems: aws.Int32(int32(n)), IsTruncated: next != nil}
	if next != nil {
		out.HostedZoneIdMarker, out.TrafficPolicyInstanceNameMarker, out.TrafficPolicyInstanceTypeMarker = &next.ZoneID, &next.Name, r53types.RRType(next.Type)
	}
	return out, nil
}

func (r *Room) listInstancesByZone(
	_ context.Context,
	in *route53.ListTrafficPolicyInstancesByHostedZoneInput,
) (*route53.ListTrafficPolicyInstancesByHostedZoneOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	if _, err := r.zone(nil, id); err != nil {
		return nil, err
	}
	from := instanceMarker{&id, in.TrafficPolicyInstanceNameMarker, in.TrafficPolicyInstanceTypeMarker}
	list, n, next, err := r.instancePage(in.MaxItems, from, func(i policyInstance) bool { return i.ZoneID == id })
	if err != nil {
		return nil, err
	}
	out := &route53.ListTrafficPolicyInstancesByHostedZoneOutput{TrafficPolicyInstances: list, MaxItems: aws.Int32(int32(n)), IsTruncated: next != nil}
	if next != nil {
		out.TrafficPolicyInstanceNameMarker, out.TrafficPolicyInstanceTypeMarker = &next.Name, r53types.RRType(next.Type)
	}
	return out, nil
}

func (r *Room) listInstancesByPolicy(
	_ context.Context,
	in *route53.ListTrafficPolicyInstancesByPolicyInput,
) (*route53.ListTrafficPolicyInstancesByPolicyOutput, error) {
	id, version := aws.ToString(in.TrafficPolicyId), aws.ToInt32(in.TrafficPolicyVersion)
	p, _ := r.policies.Get(id)
	if _, ok := p.version(version); !ok {
		return nil, noPolicy(id, version)
	}
	from := instanceMarker{in.HostedZoneIdMarker, in.TrafficPolicyInstanceNameMarker, in.TrafficPolicyInstanceTypeMarker}
	list, n, next, err := r.instancePage(in.MaxItems, from, func(i policyInstance) bool { return i.PolicyID == id && i.PolicyVersion == version })
	if err != nil {
		return nil, err
	}
	out := &route53.ListTrafficPolicyInstancesByPolicyOutput{TrafficPolicyInstances: list, MaxItems: aws.Int32(int32(n)), IsTruncated: next != nil}
	if next != nil {
		out.HostedZoneIdMarker, out.TrafficPolicyInstanceNameMarker, out.TrafficPolicyInstanceTypeMarker = &next.ZoneID, &next.Name, r53types.RRType(next.Type)
	}
	return out, nil
}
