package zones

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/dnssec"
	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxKSKs is how many key-signing keys a hosted zone may have.
const maxKSKs = 2

// keyStatus is a key's status as the API names it.
func (k keySigningKey) status() string {
	if k.Active {
		return "ACTIVE"
	}
	return "INACTIVE"
}

func (k keySigningKey) describe(z zone) (*r53types.KeySigningKey, error) {
	key, err := dnssec.Parse(dnssec.KSK, k.Private)
	if err != nil {
		return nil, err
	}
	apex := records.Presentation(z.Name)
	ds, record := key.DS(apex, 0), key.Record(apex, 0)
	digest := strings.ToUpper(ds.Digest)
	return &r53types.KeySigningKey{
		Name: &k.Name, KmsArn: &k.ARN, Status: aws.String(k.status()), StatusMessage: aws.String(""),
		Flag: int32(record.Flags), KeyTag: int32(key.Tag()), PublicKey: &record.PublicKey,
		SigningAlgorithmType: int32(record.Algorithm), SigningAlgorithmMnemonic: aws.String("ECDSAP256SHA256"),
		DigestAlgorithmType: int32(ds.DigestType), DigestAlgorithmMnemonic: aws.String("SHA-256"), DigestValue: &digest,
		DSRecord:     aws.String(fmt.Sprintf("%d %d %d %s", ds.KeyTag, ds.Algorithm, ds.DigestType, digest)),
		DNSKEYRecord: aws.String(fmt.Sprintf("%d %d %d %s", record.Flags, record.Protocol, record.Algorithm, record.PublicKey)),
		CreatedDate:  &k.Created, LastModifiedDate: &k.Modified,
	}, nil
}

var (
	// kmsKey is the ARN of a key of KMS in us-east-1, where Route 53 takes them from (Developer Guide,
	// dns-configuring-dnssec-cmk-requirements).
	kmsKey  = regexp.MustCompile(`^arn:aws:kms:us-east-1:[0-9]{12}:key/[0-9A-Za-z-]+$`)
	kskName = regexp.MustCompile(`^[0-9A-Za-z._-]{3,128}$`)
)

func (r *Room) createKSK(_ context.Context, in *route53.CreateKeySigningKeyInput) (*route53.CreateKeySigningKeyOutput, error) {
	made, err := r.newKSK(in)
	if err != nil {
		return nil, err
	}
	id := request.Bare(aws.ToString(in.HostedZoneId))
	var described *r53types.KeySigningKey
	info, err := r.changeSigning(id, func(_ *store.Tx, z zone, s *signing) error {
		for _, k := range s.Keys {
			if k.Name == made.Name {
				return request.Conflict("KeySigningKeyAlreadyExists", "You've already created a key-signing key (KSK) with the name '%s' in hosted zone '%s'.", k.Name, id)
			}
			if k.ARN == made.ARN {
				return request.Conflict(
					"KeySigningKeyAlreadyExists",
					"You've already created a key-signing key (KSK) with the same customer managed key ARN '%s' in hosted zone '%s'.",
					k.ARN,
					id,
				)
			}
		}
		if len(s.Keys) >= maxKSKs {
			return wire.Errorf("TooManyKeySigningKeys", "You've reached the limit of %d key-signing keys (KSKs) for hosted zone '%s'.", maxKSKs, id)
		}
		s.Keys = append(s.Keys, made)
		var err error
		described, err = made.describe(z)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &route53.CreateKeySigningKeyOutput{
		ChangeInfo: info, KeySigningKey: described,
		Location: aws.String(request.Endpoint + "/keysigningkey/" + id + "/" + made.Name),
	}, nil
}

func (r *Room) newKSK(in *route53.CreateKeySigningKeyInput) (keySigningKey, error) {
	if err := request.Length("callerReference", aws.ToString(in.CallerReference), 1, 128); err != nil {
		return keySigningKey{}, err
	}
	name, arn, status := aws.ToString(in.Name), aws.ToString(in.KeyManagementServiceArn), aws.ToString(in.Status)
	switch {
	case !kskName.MatchString(name):
		return keySigningKey{}, wire.Errorf("InvalidKeySigningKeyName", "The key-signing key (KSK) name '%s' isn't a valid name.", name)
	case !kmsKey.MatchString(arn):
		return keySigningKey{}, wire.Errorf(
			"InvalidKMSArn",
			"The KeyManagementServiceArn '%s' isn't valid to use with DNSSEC signing: it must be the ARN of a key in us-east-1.",
			arn,
		)
	case status != "ACTIVE" && status != "INACTIVE":
		return keySigningKey{}, wire.Errorf("InvalidKeySigningKeyStatus", "The key-signing key (KSK) status '%s' isn't valid: it must be ACTIVE or INACTIVE.", status)
	}
	key, err := dnssec.Generate(dnssec.KSK)
	if err != nil {
		return keySigningKey{}, err
	}
	private, err := key.Bytes()
	now := time.Now().UTC().Truncate(time.Millisecond)
	return keySigningKey{Name: name, ARN: arn, Private: private, Active: status == "ACTIVE", Created: now, Modified: now}, err
}

// changeKSK changes one key of a zone, or removes it where f says so.
func (r *Room) changeKSK(
	zoneID, name *string,
	f func(tx *store.Tx, z zone, s *signing, k *keySigningKey) (keep bool, err error),
) (*r53types.ChangeInfo, error) {
	id, which := request.Bare(aws.ToString(zoneID)), aws.ToString(name)
	return r.changeSigning(id, func(tx *store.Tx, z zone, s *signing) error {
		at := slices.IndexFunc(s.Keys, func(k keySigningKey) bool { return k.Name == which })
		if at < 0 {
			return request.NotFound("NoSuchKeySigningKey", "The specified key-signing key (KSK) '%s' doesn't exist in hosted zone '%s'.", which, id)
		}
		keep, err := f(tx, z, s, &s.Keys[at])
		if err != nil {
			return err
		}
		if !keep {
			s.Keys = slices.Delete(s.Keys, at, at+1)
		}
		return nil
	})
}

func wrongStatus(k *keySigningKey, done, want string) error {
	return wire.Errorf("InvalidKeySigningKeyStatus", "Key Signing Key with name %s cannot be %s because current status is not %s.", k.Name, done, want)
}

func (r *Room) activateKSK(_ context.Context, in *route53.ActivateKeySigningKeyInput) (*route53.ActivateKeySigningKeyOutput, error) {
	info, err := r.changeKSK(in.HostedZoneId, in.Name, func(_ *store.Tx, _ zone, _ *signing, k *keySigningKey) (bool, error) {
		if k.Active {
			return true, wrongStatus(k, "activated", "INACTIVE")
		}
		k.Active, k.Modified = true, time.Now().UTC().Truncate(time.Millisecond)
		return true, nil
	})
	return &route53.ActivateKeySigningKeyOutput{ChangeInfo: info}, err
}

// deactivateKSK takes a key out of use, unless it is the last of a signed zone or the one that the parent trusts.
func (r *Room) deactivateKSK(_ context.Context, in *route53.DeactivateKeySigningKeyInput) (*route53.DeactivateKeySigningKeyOutput, error) {
	info, err := r.changeKSK(in.HostedZoneId, in.Name, func(tx *store.Tx, z zone, s *signing, k *keySigningKey) (bool, error) {
		switch {
		case !k.Active:
			return true, wrongStatus(k, "deactivated", "ACTIVE")
		case s.Enabled && s.active() == 1:
			return true, wire.Errorf(
				"KeySigningKeyInUse",
				"The key-signing key (KSK) '%s' can't be deactivated because it's the only KSK for a currently-enabled DNSSEC. "+
					"Disable DNSSEC signing, or add or enable another KSK.",
				k.Name,
			)
		}
		if s.Enabled {
			if err := r.notInParent(tx, z, *k); err != nil {
				return true, err
			}
		}
		k.Active, k.Modified = false, time.Now().UTC().Truncate(time.Millisecond)
		return true, nil
	})
	return &route53.DeactivateKeySigningKeyOutput{ChangeInfo: info}, err
}

func (r *Room) deleteKSK(_ context.Context, in *route53.DeleteKeySigningKeyInput) (*route53.DeleteKeySigningKeyOutput, error) {
	info, err := r.changeKSK(in.HostedZoneId, in.Name, func(_ *store.Tx, _ zone, _ *signing, k *keySigningKey) (bool, error) {
		if k.Active {
			return true, wrongStatus(k, "deleted", "INACTIVE")
		}
		return false, nil
	})
	return &route53.DeleteKeySigningKeyOutput{ChangeInfo: info}, err
}
