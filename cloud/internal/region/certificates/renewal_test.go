package certificates

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy/cloud/internal/authority"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
)

const day = 24 * time.Hour

// journal is a region's log.
type journal struct {
	mu    sync.Mutex
	lines []map[string]any
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		return 0, err
	}
	j.lines = append(j.lines, fields)
	return len(line), nil
}

// take are the events since it was asked last: their types, and what is to be known of each.
func (j *journal) take() (all []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range j.lines {
		kind, _ := l["detail-type"].(string)
		if detail, _ := l["Action"].(string); detail != "" {
			kind += " " + detail
		}
		all = append(all, strings.TrimPrefix(kind, "ACM Certificate "))
	}
	j.lines = nil
	return all
}

// daily is Certificate Manager that looks after its certificates once a day, in virtual time, without sockets: the desk's client is of no use.
func daily(t *testing.T) (*desk, *journal) {
	t.Helper()
	d, j := &desk{t: t, dir: t.TempDir(), speed: tempo.Speed(float64(lookEvery) / float64(day)), records: map[string]string{}}, &journal{}
	var err error
	if d.issuer, err = authority.OpenIssuer(d.dir); err != nil {
		t.Fatal(err)
	}
	db := roomtest.Must(store.Open(filepath.Join(d.dir, "state.db"), store.Options{}))(t)
	base := room.New(room.Identity{Region: "us-east-1", Account: "111122223333", Pace: tempo.At(d.speed)}, db, slog.New(slog.NewJSONHandler(j, nil)))
	d.end = func() {
		base.Stop()
		base.Drained()
		_ = db.Close()
	}
	t.Cleanup(d.end)
	users := func(*store.Tx, string) []string { d.mu.Lock(); defer d.mu.Unlock(); return d.users }
	d.r = roomtest.Must(Load(base, Config{Issuer: d.issuer, Resolve: d.resolve, Users: users}))(t)
	d.r.Open()
	return d, j
}

// pass lets days pass, to just after a look.
func (d *desk) pass(days int) {
	time.Sleep(time.Duration(days) * day)
	synctest.Wait()
}

func (d *desk) detailOf(arn string) acmtypes.CertificateDetail {
	d.t.Helper()
	return *roomtest.Must(d.r.DescribeCertificate(d.t.Context(), &acm.DescribeCertificateInput{CertificateArn: &arn}))(d.t).Certificate
}

// issued requests a certificate whose records stand.
func (d *desk) issued(name string) string {
	d.t.Helper()
	arn := *roomtest.Must(d.r.RequestCertificate(d.t.Context(), &acm.RequestCertificateInput{
		DomainName: &name, SubjectAlternativeNames: []string{"b." + name}, ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1",
	}))(d.t).CertificateArn
	for _, v := range d.detailOf(arn).DomainValidationOptions {
		d.record(*v.ResourceRecord.Name, *v.ResourceRecord.Value)
	}
	d.pass(1)
	if c := d.detailOf(arn); c.Status != "ISSUED" || c.RenewalSummary != nil {
		d.t.Fatalf("%+v", c)
	}
	return arn
}

// https://docs.aws.amazon.com/acm/latest/userguide/dns-renewal-validation.html
func TestCertificateInUseIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, j := daily(t)
		arn := d.issued("example.com")
		d.usedBy("arn:of-a-load-balancer")
		first, body := d.detailOf(arn), d.secret(arn).Body
		if first.RenewalEligibility != "ELIGIBLE" {
			t.Errorf("it is %s", first.RenewalEligibility)
		}
		d.pass(198 - 45)
		if d.secret(arn).Body != body {
			t.Fatal("it was renewed before its time")
		}
		d.pass(1)
		c := d.detailOf(arn)
		if s := c.RenewalSummary; d.secret(arn).Body == body || s == nil || s.RenewalStatus != "SUCCESS" || len(s.DomainValidationOptions) != 2 ||
			!c.NotAfter.After(first.NotAfter.Add(150*day)) || !c.IssuedAt.Equal(*first.IssuedAt) || *c.Serial == *first.Serial {
			t.Errorf("it was renewed as %+v", c)
		}
		want := []string{"Available ISSUANCE", "Available RENEWAL"}
		if got := j.take(); !slices.Equal(got, want) {
			t.Errorf("told of %v, want %v", got, want)
		}
		_, err := d.r.RenewCertificate(t.Context(), &acm.RenewCertificateInput{CertificateArn: &arn})
		roomtest.WantCode(t, err, "ValidationException")
	})
}

func TestRenewalWaitsForRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, j := daily(t)
		arn := d.issued("example.com")
		d.usedBy("arn:of-a-load-balancer")
		gone := *d.detailOf(arn).DomainValidationOptions[1].ResourceRecord
		d.record(*gone.Name, "")
		j.take()
		d.pass(198 - 45 + 1)
		s := d.detailOf(arn).RenewalSummary
		if s == nil || s.RenewalStatus != "PENDING_VALIDATION" || s.DomainValidationOptions[0].ValidationStatus != "SUCCESS" ||
			s.DomainValidationOptions[1].ValidationStatus != "PENDING_VALIDATION" {
			t.Fatalf("%+v", s)
		}
		if got := j.take(); !slices.Equal(got, []string{"Renewal Action Required", "Approaching Expiration"}) {
			t.Errorf("told of %v", got)
		}
		d.pass(3)
		if got := j.take(); !slices.Equal(got, []string{"Approaching Expiration", "Approaching Expiration", "Approaching Expiration"}) {
			t.Errorf("on three days it was told of %v", got)
		}
		d.pass(45)
		c := d.detailOf(arn)
		if s := c.RenewalSummary; c.Status != "EXPIRED" || c.RenewalEligibility != "INELIGIBLE" ||
			s.RenewalStatus != "FAILED" || s.DomainValidationOptions[1].ValidationStatus != "FAILED" {
			t.Errorf("at its end: %+v %+v", c, s)
		}
		if got := j.take(); got[len(got)-1] != "Expired" || slices.Index(got, "Expired") != len(got)-1 {
			t.Errorf("at its end it was told of %v", got)
		}
		d.record(*gone.Name, *gone.Value)
		d.pass(2)
		if got := j.take(); d.detailOf(arn).Status != "EXPIRED" || len(got) != 0 {
			t.Errorf("one that has expired is renewed: %v", got)
		}
	})
}

// What nobody uses is not renewed, and it is told of for as many days as the account has set.
func TestWhatNobodyUsesIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, j := daily(t)
		d.issued("example.com")
		roomtest.Must(d.r.PutAccountConfiguration(t.Context(), &acm.PutAccountConfigurationInput{
			IdempotencyToken: new("x"), ExpiryEvents: &acmtypes.ExpiryEventsConfiguration{DaysBeforeExpiry: new(int32(2))},
		}))(t)
		j.take()
		d.pass(199)
		if got := j.take(); !slices.Equal(got, []string{"Approaching Expiration", "Approaching Expiration", "Expired"}) {
			t.Errorf("told of %v", got)
		}
	})
}

func (d *desk) secret(arn string) Secret {
	s, _ := d.r.Secret(nil, arn)
	return s
}
