package zones

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// changeRecords applies a batch: all of it or, where one change is refused, nothing.
func (r *Room) changeRecords(_ context.Context, in *route53.ChangeResourceRecordSetsInput) (*route53.ChangeResourceRecordSetsOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	if in.ChangeBatch == nil || len(in.ChangeBatch.Changes) == 0 {
		return nil, request.BadInput("Invalid request: Expected at least one Change in the ChangeBatch")
	}
	if err := request.Length("comment", aws.ToString(in.ChangeBatch.Comment), 0, 256); err != nil {
		return nil, err
	}
	changes, err := records.WellFormed(in.ChangeBatch.Changes)
	if err != nil {
		return nil, err
	}
	if _, prior := r.busy.LoadOrStore(id, true); prior {
		return nil, wire.Errorf("PriorRequestNotComplete", "The request was rejected because Route 53 was still processing a prior request.")
	}
	defer r.busy.Delete(id)
	var info *r53types.ChangeInfo
	err = r.commit(func(tx *store.Tx) error {
		z, err := r.zone(tx, id)
		if err != nil {
			return err
		}
		for _, c := range changes {
			if c.Action == r53types.ChangeActionDelete {
				continue // also where the health check is gone
			}
			if err := r.checkExists(c.ResourceRecordSet); err != nil {
				return err
			}
			if err := r.checkLocation(c.ResourceRecordSet); err != nil {
				return err
			}
		}
		made, err := records.Apply(r.homeOf(z), r.records.of(id), changes)
		if err != nil {
			return err
		}
		if info, err = r.submit(tx, aws.ToString(in.ChangeBatch.Comment)); err != nil {
			return err
		}
		return r.records.put(tx, id, made)
	})
	return &route53.ChangeResourceRecordSetsOutput{ChangeInfo: info}, err
}

// checkExists refuses a record set whose health check does not exist.
func (r *Room) checkExists(set *r53types.ResourceRecordSet) error {
	if set.HealthCheckId == nil {
		return nil
	}
	_, err := r.Check(nil, *set.HealthCheckId)
	return err
}

// homeOf is a zone as the rules of record sets see it.
func (r *Room) homeOf(z zone) records.Zone {
	return records.Zone{ID: z.ID, Name: z.Name, Private: z.private(), Balancers: r.balancerNames}
}

// listRecords lists a zone's record sets from a name, type and identifier on.
func (r *Room) listRecords(_ context.Context, in *route53.ListResourceRecordSetsInput) (*route53.ListResourceRecordSetsOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	if _, err := r.zone(nil, id); err != nil {
		return nil, err
	}
	n, err := request.Size(in.MaxItems, 300)
	if err != nil {
		return nil, err
	}
	sets := r.records.of(id)
	if start, err := startOf(in); err != nil {
		return nil, err
	} else if start != nil {
		at, _ := sets.At(*start)
		sets = sets[at:]
	}
	out := &route53.ListResourceRecordSetsOutput{MaxItems: aws.Int32(int32(n)), ResourceRecordSets: []r53types.ResourceRecordSet{}}
	for _, set := range sets[:min(n, len(sets))] {
		out.ResourceRecordSets = append(out.ResourceRecordSets, *set)
	}
	if len(sets) > n {
		next := sets[n]
		out.IsTruncated = true
		out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier = next.Name, next.Type, next.SetIdentifier
	}
	return out, nil
}

func startOf(in *route53.ListResourceRecordSetsInput) (*records.Key, error) {
	switch {
	case in.StartRecordType != "" && in.StartRecordName == nil:
		return nil, request.BadInput("The request contains the parameter type but not the parameter name")
	case in.StartRecordIdentifier != nil && in.StartRecordType == "":
		return nil, request.BadInput("The request contains the parameter identifier but not the parameter type")
	case in.StartRecordName == nil:
		return nil, nil
	case in.StartRecordType != "" && !slices.Contains(in.StartRecordType.Values(), in.StartRecordType):
		return nil, request.BadInput("Invalid value '%s' for the parameter type", in.StartRecordType)
	}
	kept, err := records.Name(*in.StartRecordName)
	if err != nil {
		return nil, request.BadInput("Invalid request: %v", err)
	}
	return &records.Key{Name: kept, Kind: in.StartRecordType, ID: aws.ToString(in.StartRecordIdentifier)}, nil
}
