package zones

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The states of ServeSignature that this cloud has.
const (
	signs    = "SIGNING"
	signsNot = "NOT_SIGNING"
)

func noDNSSEC(id string) error {
	return wire.Errorf("DNSSECNotFound", "The hosted zone with ID '%s' doesn't have any DNSSEC resources.", id)
}

// enableDNSSEC begins the signing of a zone, which needs an active key-signing key.
func (r *Room) enableDNSSEC(_ context.Context, in *route53.EnableHostedZoneDNSSECInput) (*route53.EnableHostedZoneDNSSECOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	info, err := r.changeSigning(id, func(_ *store.Tx, _ zone, s *signing) error {
		if s.active() == 0 {
			return wire.Errorf("KeySigningKeyWithActiveStatusNotFound", "Hosted zone with ID '%s' does not have a Key Signing Key in ACTIVE status.", id)
		}
		s.Enabled = true
		if s.ZSK != nil {
			return nil
		}
		zsk, err := dnssec.Generate(dnssec.ZSK)
		if err == nil {
			s.ZSK, err = zsk.Bytes()
		}
		return err
	})
	return &route53.EnableHostedZoneDNSSECOutput{ChangeInfo: info}, err
}

// disableDNSSEC ends the signing of a zone, unless its parent tells validators to expect it.
func (r *Room) disableDNSSEC(_ context.Context, in *route53.DisableHostedZoneDNSSECInput) (*route53.DisableHostedZoneDNSSECOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	info, err := r.changeSigning(id, func(tx *store.Tx, z zone, s *signing) error {
		if !s.Enabled {
			return noDNSSEC(id)
		}
		for _, k := range s.Keys {
			if err := r.notInParent(tx, z, k); err != nil {
				return err
			}
		}
		s.Enabled = false
		return nil
	})
	return &route53.DisableHostedZoneDNSSECOutput{ChangeInfo: info}, err
}

func (r *Room) getDNSSEC(_ context.Context, in *route53.GetDNSSECInput) (*route53.GetDNSSECOutput, error) {
	id := request.Bare(aws.ToString(in.HostedZoneId))
	z, err := r.zone(nil, id)
	if err != nil {
		return nil, err
	}
	if err := publicOnly(z); err != nil {
		return nil, err
	}
	s, _ := r.signings.Get(id)
	out := &route53.GetDNSSECOutput{Status: &r53types.DNSSECStatus{ServeSignature: aws.String(signsNot)}, KeySigningKeys: []r53types.KeySigningKey{}}
	if s.Enabled {
		out.Status.ServeSignature = aws.String(signs)
	}
	for _, k := range s.Keys {
		described, err := k.describe(z)
		if err != nil {
			return nil, err
		}
		out.KeySigningKeys = append(out.KeySigningKeys, *described)
	}
	return out, nil
}

// deleteSigning deletes the DNSSEC state of a zone that is deleted; it must have no keys.
func (r *Room) deleteSigning(tx *store.Tx, id string) error {
	s, ok := r.signings.GetTx(tx, id)
	if len(s.Keys) > 0 {
		return wire.Errorf("HostedZoneNotEmpty", "The specified hosted zone contains DNSSEC Key Signing Keys and so cannot be deleted.")
	}
	if !ok {
		return nil
	}
	return r.signings.Delete(tx, id)
}
