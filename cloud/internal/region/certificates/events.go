package certificates

import (
	"slices"
	"time"

	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/store"
)

// event writes into the region's log what ACM would tell EventBridge, which there is not: the detail type, and members of the detail
// (https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html).
func (r *Room) event(kind string, row certificateRow, more ...any) {
	detail := []any{"detail-type", kind, "certificate", row.ARN, "CommonName", row.Names[0], "CertificateType", row.Type,
		"InUse", len(r.cfg.Users(nil, row.ARN)) > 0}
	r.Log.Info("certificate event", slices.Concat(detail, more)...)
}

// daysOf are the whole days of a time.
func daysOf(left time.Duration) int { return int(left / (24 * time.Hour)) }

// over is what Told is of a certificate whose end was told of.
const over = -1

// tellOfEnd tells each day of a certificate that it will end, from as many days before as the account has set, and once that it has.
func (r *Room) tellOfEnd(row certificateRow) error {
	c := row.parsed()
	if c == nil || row.Status != acmtypes.CertificateStatusIssued || row.Told == over {
		return nil
	}
	left := time.Until(c.NotAfter)
	days := daysOf(left) + 1 // so that zero is for none
	switch {
	case left < 0:
		days = over
	case daysOf(left) >= int(r.expiryDays()), row.Told == days:
		return nil
	}
	renewed := false
	err := r.change(&row.ARN, func(_ *store.Tx, c *certificateRow) error {
		if renewed = c.Body != row.Body; !renewed { // or imported anew
			c.Told = days
		}
		return nil
	})
	switch {
	case err != nil || renewed:
	case days == over:
		r.event("ACM Certificate Expired", row)
	default:
		r.event("ACM Certificate Approaching Expiration", row, "DaysToExpiry", daysOf(left))
	}
	return err
}

// expiryDays is how many days before its end a certificate is told of.
func (r *Room) expiryDays() int32 {
	if row, ok := r.settings.Get(r.Account); ok {
		return row.DaysBeforeExpiry
	}
	return usualExpiryDays
}
