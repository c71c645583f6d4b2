package certificates

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// renewal is how far the renewal of a certificate is, or how the last one ended; the zero value before the first.
type renewal struct {
	Status    acmtypes.RenewalStatus
	Updated   time.Time
	Validated []string // the names whose records were found
}

// renew takes the renewal of an issued certificate to what is due: it begins so long before the certificate's end, if something uses it, goes
// on until the records of all its names stand, and has failed at the end (https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html,
// https://docs.aws.amazon.com/acm/latest/userguide/check-certificate-renewal-status.html).
func (r *Room) renew(row certificateRow) error {
	left := time.Until(row.parsed().NotAfter)
	to := renewal{Status: acmtypes.RenewalStatusPendingValidation, Updated: now()}
	switch {
	case left >= renewBefore, len(r.cfg.Users(nil, row.ARN)) == 0:
		return nil
	case left < 0 && row.Renewal.Status != acmtypes.RenewalStatusPendingValidation:
		return nil
	case left < 0:
		to.Status, to.Validated = acmtypes.RenewalStatusFailed, row.Renewal.Validated
	default:
		to.Validated = r.validated(row.Names)
	}
	if left >= 0 && len(to.Validated) == len(row.Names) {
		return r.issue(row)
	}
	if to.Status == row.Renewal.Status && slices.Equal(to.Validated, row.Renewal.Validated) {
		return nil
	}
	err := r.change(&row.ARN, func(_ *store.Tx, c *certificateRow) error {
		c.Renewal = to
		return nil
	})
	if began := row.Renewal.Status; err == nil && to.Status == acmtypes.RenewalStatusPendingValidation && began != to.Status {
		r.event("ACM Certificate Renewal Action Required", row, "DaysToExpiry", daysOf(left), "RenewalStatusReason", "ADDITIONAL_VERIFICATION_REQUIRED")
	}
	return err
}

// renewalSummary shows a renewal. One that is due and was not tried yet is to be done without anybody's doing.
func (r *Room) renewalSummary(row certificateRow) *acmtypes.RenewalSummary {
	c, x := row.parsed(), row.Renewal
	due := c != nil && time.Until(c.NotAfter) < renewBefore && r.eligibility(row) == acmtypes.RenewalEligibilityEligible
	if due && x.Status != acmtypes.RenewalStatusPendingValidation {
		x = renewal{acmtypes.RenewalStatusPendingAutoRenewal, c.NotAfter.Add(-renewBefore), nil}
	}
	if x.Status == "" {
		return nil
	}
	shown := row
	if shown.Validated = x.Validated; x.Status == acmtypes.RenewalStatusFailed {
		shown.Status = acmtypes.CertificateStatusValidationTimedOut
	}
	return &acmtypes.RenewalSummary{RenewalStatus: x.Status, UpdatedAt: new(x.Updated), DomainValidationOptions: r.validations(shown)}
}

// RenewCertificate renews no certificate: "only exported private certificates can be renewed with this operation" (API reference), and there are
// none here.
func (r *Room) RenewCertificate(_ context.Context, in *acm.RenewCertificateInput) (*acm.RenewCertificateOutput, error) {
	if err := room.Only(in, "CertificateArn"); err != nil {
		return nil, err
	}
	row, err := r.find(nil, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	return nil, invalid("The certificate %s is not eligible for renewal. Only exported private certificates can be renewed with this operation.", row.ARN)
}
