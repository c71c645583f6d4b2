package routing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// failover prefers the primary. So the primary answers while it is healthy, otherwise the secondary if that is healthy, and
// the primary if neither is. It is always exactly one of them.
func failover(records []*record) []*record {
	order := slices.Clone(records)
	slices.SortStableFunc(order, func(a, b *record) int { return strings.Compare(string(a.Failover), string(b.Failover)) }) // PRIMARY, SECONDARY
	return order
}

// weighted chooses records at random by their weights: the share of one is its weight over the sum of all. Those of weight
// zero come after all others; if there are only such records, each is equally likely (Developer Guide,
// resource-record-sets-values-weighted).
func (s *search) weighted(records []*record) []*record {
	if len(records) < 2 {
		return records
	}
	s.answer.Depends |= OnRoll
	left := slices.Clone(records)
	var order []*record
	for len(left) > 0 {
		i := s.draw(left)
		order = append(order, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return order
}

// draw returns the index of one record, chosen by weight.
func (s *search) draw(records []*record) int {
	var sum uint64
	for _, r := range records {
		sum += uint64(aws.ToInt64(r.Weight))
	}
	if sum == 0 {
		return int(s.next() % uint64(len(records)))
	}
	at := s.next() % sum
	for i, r := range records {
		weight := uint64(aws.ToInt64(r.Weight))
		if at < weight {
			return i
		}
		at -= weight
	}
	panic("weights do not add up")
}

// next is the next random number after the roll (SplitMix64: Steele, Lea, Flood, 2014).
func (s *search) next() uint64 {
	s.roll += 0x9e3779b97f4a7c15
	z := s.roll
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// maxValues is how many records a multivalue answer has at most (Developer Guide, routing-policy-multivalue).
const maxValues = 8

// multivalue chooses up to eight records at random.
func (s *search) multivalue(records []*record) []*record {
	if len(records) <= maxValues {
		return records
	}
	s.answer.Depends |= OnRoll
	drawn := slices.Clone(records)
	for i := range maxValues {
		j := i + int(s.next()%uint64(len(drawn)-i))
		drawn[i], drawn[j] = drawn[j], drawn[i]
	}
	return drawn[:maxValues]
}

// latency puts records in the order of the time from the client to each one's region.
func (s *search) latency(records []*record) []*record {
	place := s.place()
	return nearest(records, func(r *record) float64 { return place.latency(string(r.Region)) })
}

// geoproximity puts records in the order of their distance to the client, modified by their bias.
func (s *search) geoproximity(records []*record) []*record {
	place := s.place()
	return nearest(records, func(r *record) float64 { return place.biased(r.GeoProximityLocation) })
}

// nearest sorts records by a measure, which is computed once for each; equal ones keep their order.
func nearest(records []*record, far func(*record) float64) []*record {
	type measured struct {
		*record
		far float64
	}
	all := make([]measured, len(records))
	for i, r := range records {
		all[i] = measured{r, far(r)}
	}
	slices.SortStableFunc(all, func(a, b measured) int { return cmp.Compare(a.far, b.far) })
	order := make([]*record, len(all))
	for i, m := range all {
		order[i] = m.record
	}
	return order
}

// geolocation puts the records whose location the client is in first, the smallest location foremost: its
// subdivision, country, continent, and the default. Other records are not for this client, so without a
// default there may be no answer (Developer Guide, routing-policy-geo).
func (s *search) geolocation(records []*record) []*record {
	place := s.place()
	var order []*record
	for size := range 4 {
		for _, r := range records {
			if place.within(r.GeoLocation) == size {
				order = append(order, r)
			}
		}
	}
	return order
}

// cidr puts the record first whose location has the longest block with the client's network, and the default record
// after it (Developer Guide, routing-policy-ipbased).
func (s *search) cidr(records []*record) []*record {
	s.answer.Depends |= OnPlace
	client := s.network()
	type match struct {
		*record
		bits int
	}
	var found []match
	for _, r := range records {
		if aws.ToString(r.CidrRoutingConfig.LocationName) == "*" {
			found = append(found, match{r, -1})
			continue
		}
		blocks := s.view.collections[aws.ToString(r.CidrRoutingConfig.CollectionId)][aws.ToString(r.CidrRoutingConfig.LocationName)]
		s.widen(blocks)
		if bits, ok := longest(blocks, client); ok {
			found = append(found, match{r, bits})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return b.bits - a.bits })
	var order []*record
	for _, m := range found {
		order = append(order, m.record)
	}
	return order
}
