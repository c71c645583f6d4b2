package certificates

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DeleteCertificate deletes a certificate that nothing uses.
func (r *Room) DeleteCertificate(ctx context.Context, in *acm.DeleteCertificateInput) (*acm.DeleteCertificateOutput, error) {
	if err := room.Only(in, "CertificateArn"); err != nil {
		return nil, err
	}
	return &acm.DeleteCertificateOutput{}, r.Update(func(tx *store.Tx) error {
		row, err := r.find(tx, in.CertificateArn)
		if err != nil {
			return err
		}
		if len(r.cfg.Users(tx, row.ARN)) > 0 {
			return wire.Errorf("ResourceInUseException", "Certificate %s in account %s is in use.", row.ARN, r.Account)
		}
		return r.certificates.Delete(tx, row.ARN)
	})
}

// UpdateCertificateOptions changes whether a requested certificate is to be written to transparency logs.
func (r *Room) UpdateCertificateOptions(ctx context.Context, in *acm.UpdateCertificateOptionsInput) (*acm.UpdateCertificateOptionsOutput, error) {
	if err := room.Only(in, "CertificateArn", "Options"); err != nil {
		return nil, err
	}
	preference, err := logging(in.Options)
	if err != nil {
		return nil, err
	}
	return &acm.UpdateCertificateOptionsOutput{}, r.change(in.CertificateArn, func(_ *store.Tx, row *certificateRow) error {
		if row.imported() {
			return wire.Errorf("InvalidStateException", "Certificate options cannot be updated for imported certificate %s.", row.ARN)
		}
		row.Logging = preference
		return nil
	})
}

// usualExpiryDays is how long before a certificate's end ACM begins to tell of it (API reference, ExpiryEventsConfiguration).
const usualExpiryDays = 45

// GetAccountConfiguration tells how long before a certificate's end ACM begins to tell of it.
func (r *Room) GetAccountConfiguration(ctx context.Context, in *acm.GetAccountConfigurationInput) (*acm.GetAccountConfigurationOutput, error) {
	if err := room.Only(in); err != nil {
		return nil, err
	}
	return &acm.GetAccountConfigurationOutput{ExpiryEvents: &acmtypes.ExpiryEventsConfiguration{DaysBeforeExpiry: new(r.expiryDays())}}, nil
}

// PutAccountConfiguration changes that.
func (r *Room) PutAccountConfiguration(ctx context.Context, in *acm.PutAccountConfigurationInput) (*acm.PutAccountConfigurationOutput, error) {
	if err := room.Only(in, "ExpiryEvents", "IdempotencyToken"); err != nil {
		return nil, err
	}
	days := int32(usualExpiryDays)
	if in.ExpiryEvents != nil && in.ExpiryEvents.DaysBeforeExpiry != nil {
		days = *in.ExpiryEvents.DaysBeforeExpiry
	}
	return &acm.PutAccountConfigurationOutput{}, r.Update(func(tx *store.Tx) error {
		return r.settings.Put(tx, r.Account, settingsRow{DaysBeforeExpiry: days})
	})
}
