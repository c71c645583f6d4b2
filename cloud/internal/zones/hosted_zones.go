package zones

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxZones is the quota of hosted zones of an account; quotas are in the developer guide, "Quotas".
const maxZones = 500

func (r *Room) createHostedZone(_ context.Context, in *route53.CreateHostedZoneInput) (*route53.CreateHostedZoneOutput, error) {
	z, err := newZone(in)
	if err != nil {
		return nil, err
	}
	var info *r53types.ChangeInfo
	err = r.commit(func(tx *store.Tx) error {
		all := r.zones.AllTx(tx)
		for _, other := range all {
			if other.Reference == z.Reference {
				return request.Conflict("HostedZoneAlreadyExists", "A hosted zone has already been created with the specified caller reference.")
			}
		}
		if len(all) >= maxZones {
			return wire.Errorf("TooManyHostedZones", "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more than %d hosted zones.", maxZones)
		}
		if err := r.delegate(tx, &z, request.Bare(aws.ToString(in.DelegationSetId)), all); err != nil {
			return err
		}
		if info, err = r.submit(tx, ""); err != nil {
			return err
		}
		for _, v := range z.VPCs {
			if err := r.unclaimed(tx, z.Name, v); err != nil {
				return err
			}
		}
		if err := r.records.put(tx, z.ID, records.ChangesOf(ownRecords(z.Name, z.servers()), false)); err != nil {
			return err
		}
		return r.zones.Put(tx, z.ID, z)
	})
	if err != nil {
		return nil, err
	}
	out := &route53.CreateHostedZoneOutput{
		ChangeInfo: info, HostedZone: r.describe(z), DelegationSet: z.delegationSet(),
		Location: aws.String(request.Endpoint + "/hostedzone/" + z.ID),
	}
	if z.private() {
		v := z.VPCs[0].describe()
		out.VPC = &v
	}
	return out, nil
}

func newZone(in *route53.CreateHostedZoneInput) (zone, error) {
	switch {
	case in.VPC == nil && in.HostedZoneConfig != nil && in.HostedZoneConfig.PrivateZone:
		return zone{}, request.BadInput("When you're creating a private hosted zone (when you specify true for PrivateZone), VPCId and VPCRegion are required.")
	case in.VPC != nil && aws.ToString(in.DelegationSetId) != "":
		return zone{}, request.BadInput("A reusable delegation set cannot be associated with a private hosted zone.")
	}
	if err := request.Length("callerReference", aws.ToString(in.CallerReference), 1, 128); err != nil {
		return zone{}, err
	}
	if err := request.Length("name", aws.ToString(in.Name), 1, 1024); err != nil {
		return zone{}, err
	}
	kept, err := records.Name(*in.Name)
	if err != nil || kept == "." || strings.HasPrefix(kept, `\052.`) {
		return zone{}, wire.Errorf("InvalidDomainName", "%s is not a valid domain name.", *in.Name)
	}
	z := zone{ID: request.NewID("Z"), Name: kept, Reference: *in.CallerReference, Created: time.Now().UTC()}
	if in.VPC != nil {
		v, err := readVPC(in.VPC)
		if err != nil {
			return zone{}, err
		}
		z.VPCs = []vpc{v}
	}
	if in.HostedZoneConfig != nil {
		z.Comment = aws.ToString(in.HostedZoneConfig.Comment)
	}
	return z, request.Length("comment", z.Comment, 0, 256)
}

// ownRecords are the NS and SOA sets that every zone is made with (developer guide, "NS and SOA records").
func ownRecords(zone string, servers []string) records.Sets {
	ns := &r53types.ResourceRecordSet{Name: &zone, Type: r53types.RRTypeNs, TTL: aws.Int64(172800)}
	for _, s := range servers {
		ns.ResourceRecords = append(ns.ResourceRecords, r53types.ResourceRecord{Value: aws.String(s + ".")})
	}
	soa := fmt.Sprintf("%s. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", servers[0])
	return records.Sets{ns, {
		Name: &zone, Type: r53types.RRTypeSoa, TTL: aws.Int64(900),
		ResourceRecords: []r53types.ResourceRecord{{Value: &soa}},
	}}
}

func (r *Room) describe(z zone) *r53types.HostedZone {
	h := &r53types.HostedZone{
		Id: aws.String("/hostedzone/" + z.ID), Name: aws.String(z.Name), CallerReference: aws.String(z.Reference),
		Config:                 &r53types.HostedZoneConfig{PrivateZone: z.private()},
		ResourceRecordSetCount: aws.Int64(int64(len(r.records.of(z.ID)))),
	}
	if z.Comment != "" {
		h.Config.Comment = aws.String(z.Comment)
	}
	return h
}

func (r *Room) getHostedZone(_ context.Context, in *route53.GetHostedZoneInput) (*route53.GetHostedZoneOutput, error) {
	z, err := r.zone(nil, request.Bare(aws.ToString(in.Id)))
	if err != nil {
		return nil, err
	}
	out := &route53.GetHostedZoneOutput{HostedZone: r.describe(z), DelegationSet: z.delegationSet()}
	for _, v := range z.VPCs {
		out.VPCs = append(out.VPCs, v.describe())
	}
	return out, nil
}

func (r *Room) getHostedZoneCount(context.Context, *route53.GetHostedZoneCountInput) (*route53.GetHostedZoneCountOutput, error) {
	return &route53.GetHostedZoneCountOutput{HostedZoneCount: aws.Int64(int64(r.zones.Len()))}, nil
}

func (r *Room) updateHostedZoneComment(_ context.Context, in *route53.UpdateHostedZoneCommentInput) (*route53.UpdateHostedZoneCommentOutput, error) {
	if err := request.Length("comment", aws.ToString(in.Comment), 0, 256); err != nil {
		return nil, err
	}
	var z zone
	err := r.commit(func(tx *store.Tx) (err error) {
		if z, err = r.zone(tx, request.Bare(aws.ToString(in.Id))); err != nil {
			return err
		}
		z.Comment = aws.ToString(in.Comment)
		return r.zones.Put(tx, z.ID, z)
	})
	if err != nil {
		return nil, err
	}
	return &route53.UpdateHostedZoneCommentOutput{HostedZone: r.describe(z)}, nil
}

func (r *Room) deleteHostedZone(_ context.Context, in *route53.DeleteHostedZoneInput) (*route53.DeleteHostedZoneOutput, error) {
	id := request.Bare(aws.ToString(in.Id))
	var info *r53types.ChangeInfo
	err := r.commit(func(tx *store.Tx) error {
		z, err := r.zone(tx, id)
		if err != nil {
			return err
		}
		for _, set := range r.records.of(id) {
			if *set.Name != z.Name || set.Type != r53types.RRTypeNs && set.Type != r53types.RRTypeSoa {
				return wire.Errorf("HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets  and so cannot be deleted.")
			}
		}
		if err := r.deleteSigning(tx, id); err != nil {
			return err
		}
		if err := r.deleteQueryLogs(tx, id); err != nil {
			return err
		}
		if info, err = r.submit(tx, ""); err != nil {
			return err
		}
		if err := r.tags.Delete(tx, tagKey(r53types.TagResourceTypeHostedzone, id)); err != nil {
			return err
		}
		if err := r.records.put(tx, id, records.ChangesOf(r.records.of(id), true)); err != nil {
			return err
		}
		return r.zones.Delete(tx, id)
	})
	return &route53.DeleteHostedZoneOutput{ChangeInfo: info}, err
}
