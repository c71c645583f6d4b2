package routing

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// reader is a second, naive reading of Route 53's rules, for A records of one zone: it walks the list of record sets
// again for each question it has, and finds not one answer but all that are possible, each with its probability. It
// shares the table of places with what it judges, and nothing else.
type reader struct {
	records     []*r53types.ResourceRecordSet
	health      map[string]bool
	balancers   map[string]naiveBalancer
	collections map[string]Collection
	place       Place
	network     netip.Prefix
}

type naiveBalancer struct {
	address string
	healthy bool
}

// chances are possible answers, values with commas, and their probabilities. The empty answer is no data.
type chances map[string]float64

func (c chances) add(other chances, times float64) {
	for answer, p := range other {
		c[answer] += p * times
	}
}

// answer returns the chances for a name.
func (r *reader) answer(name string) chances {
	var group []*r53types.ResourceRecordSet
	for _, set := range r.records {
		if *set.Name == name {
			group = append(group, set)
		}
	}
	// Of the records for this client the healthy ones; where none is or they lead to nothing, the others.
	var healthy, ill []*r53types.ResourceRecordSet
	for _, set := range group {
		switch {
		case r.rank(set) < 0:
		case r.healthy(set):
			healthy = append(healthy, set)
		default:
			ill = append(ill, set)
		}
	}
	if found := r.among(healthy); found[""] < 1 {
		return found
	}
	return r.among(ill)
}

// among returns the chances where these records are all that there are, of whatever health.
func (r *reader) among(sets []*r53types.ResourceRecordSet) chances {
	if len(sets) == 0 {
		return chances{"": 1}
	}
	if sets[0].MultiValueAnswer != nil {
		var values []string // in tests never more than eight
		for _, set := range sets {
			values = append(values, *set.ResourceRecords[0].Value)
		}
		return chances{strings.Join(values, ","): 1}
	}
	if sets[0].Weight != nil {
		return r.drawn(sets)
	}
	// The best, or where it leads to nothing, the best of the others.
	best := 0
	for i, set := range sets {
		if r.rank(set) < r.rank(sets[best]) {
			best = i
		}
	}
	if found := r.follow(sets[best]); found[""] < 1 {
		return found
	}
	return r.among(slices.Delete(slices.Clone(sets), best, best+1))
}

// drawn are the chances of a weighted group.
func (r *reader) drawn(sets []*r53types.ResourceRecordSet) chances {
	if len(sets) == 0 {
		return chances{"": 1}
	}
	sum := 0.0
	for _, set := range sets {
		sum += float64(*set.Weight)
	}
	all := chances{}
	for i, set := range sets {
		p := float64(*set.Weight) / sum
		if sum == 0 {
			p = 1 / float64(len(sets))
		}
		if p == 0 {
			continue
		}
		found := r.follow(set)
		if found[""] == 1 {
			found = r.drawn(slices.Delete(slices.Clone(sets), i, i+1))
		}
		all.add(found, p)
	}
	return all
}

func (r *reader) follow(set *r53types.ResourceRecordSet) chances {
	if set.AliasTarget == nil {
		return chances{*set.ResourceRecords[0].Value: 1}
	}
	target := *set.AliasTarget.DNSName
	if strings.HasSuffix(target, "amazonaws.com.") {
		return chances{r.balancers[target].address: 1}
	}
	return r.answer(target)
}

func (r *reader) healthy(set *r53types.ResourceRecordSet) bool {
	if set.HealthCheckId != nil {
		if healthy, known := r.health[*set.HealthCheckId]; known && !healthy {
			return false
		}
	}
	if set.AliasTarget == nil || !set.AliasTarget.EvaluateTargetHealth {
		return true
	}
	target := *set.AliasTarget.DNSName
	if strings.HasSuffix(target, "amazonaws.com.") {
		return r.balancers[target].healthy
	}
	for _, other := range r.records {
		if *other.Name == target && r.healthy(other) {
			return true
		}
	}
	return false
}

// rank is how much the client wants a record, the less the more; negative where it is not for the client.
func (r *reader) rank(set *r53types.ResourceRecordSet) float64 {
	switch {
	case set.Failover == r53types.ResourceRecordSetFailoverSecondary:
		return 1
	case set.Region != "":
		at := regions[string(set.Region)]
		return r.kilometres(at.Latitude, at.Longitude)
	case set.GeoProximityLocation != nil:
		at := regions[*set.GeoProximityLocation.AWSRegion]
		far := r.kilometres(at.Latitude, at.Longitude)
		return far - far*float64(*set.GeoProximityLocation.Bias)/100
	case set.GeoLocation != nil:
		l := set.GeoLocation
		switch {
		case aws.ToString(l.CountryCode) == "*":
			return 3
		case l.ContinentCode != nil && *l.ContinentCode == r.place.Continent:
			return 2
		case l.SubdivisionCode != nil && *l.CountryCode == r.place.Country && *l.SubdivisionCode == r.place.Subdivision:
			return 0
		case l.CountryCode != nil && l.SubdivisionCode == nil && *l.CountryCode == r.place.Country:
			return 1
		}
		return -1
	case set.CidrRoutingConfig != nil:
		name := *set.CidrRoutingConfig.LocationName
		if name == "*" {
			return 1000
		}
		best := -1.0
		for _, block := range r.collections[*set.CidrRoutingConfig.CollectionId][name] {
			if r.network.IsValid() && block.Overlaps(r.network) && block.Bits() <= r.network.Bits() {
				if rank := 200 - float64(block.Bits()); best < 0 || rank < best {
					best = rank
				}
			}
		}
		return best
	}
	return 0
}

// kilometres is the distance by the spherical law of cosines; 0 for a client who is nowhere.
func (r *reader) kilometres(latitude, longitude float64) float64 {
	if r.place.Continent == "" {
		return 0
	}
	rad := math.Pi / 180
	cosine := math.Sin(r.place.Latitude*rad)*math.Sin(latitude*rad) +
		math.Cos(r.place.Latitude*rad)*math.Cos(latitude*rad)*math.Cos((r.place.Longitude-longitude)*rad)
	return 6371 * math.Acos(max(-1, min(1, cosine)))
}
