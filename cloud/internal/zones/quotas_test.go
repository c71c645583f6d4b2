package zones

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
)

// addresses are n values of a record set from the i-th address on.
func addresses(i, n int) []string {
	var values []string
	for j := i; j < i+n; j++ {
		values = append(values, fmt.Sprintf("10.%d.%d.%d", j>>16&255, j>>8&255, j&255))
	}
	return values
}

// sets are changes of n record sets, each of so many addresses.
func sets(do func(*r53types.ResourceRecordSet) r53types.Change, n, values int) []r53types.Change {
	var changes []r53types.Change
	for i := range n {
		changes = append(changes, do(set(fmt.Sprintf("n%d.example.com", i), r53types.RRTypeA, addresses(i, values))))
	}
	return changes
}

// text is a change of a record set whose one value has so many characters.
func text(do func(*r53types.ResourceRecordSet) r53types.Change, name string, characters int) r53types.Change {
	var b strings.Builder
	for characters > 258 {
		b.WriteString(`"` + strings.Repeat("x", 128) + `" `)
		characters -= 131
	}
	b.WriteString(`"` + strings.Repeat("x", characters-2) + `"`)
	return do(set(name, r53types.RRTypeTxt, []string{b.String()}))
}

func texts(do func(*r53types.ResourceRecordSet) r53types.Change, n, last int) []r53types.Change {
	var changes []r53types.Change
	for i := range n {
		changes = append(changes, text(do, fmt.Sprintf("t%d.example.com", i), 4000))
	}
	return append(changes, text(do, "last.example.com", last))
}

// TestBatchesAtTheirLimits goes up to each limit of a batch and one beyond (developer guide, "Quotas").
func TestBatchesAtTheirLimits(t *testing.T) {
	group := func(n int) []r53types.Change {
		var changes []r53types.Change
		for i := range n {
			changes = append(changes, create(a1("w.example.com", weight(fmt.Sprint(i), 1))))
		}
		return changes
	}
	const many, long = "[Number of records limit of 1000 exceeded.]", "[Number of characters limit of 32000 exceeded.]"
	for name, c := range map[string]struct {
		changes []r53types.Change
		refused string
	}{
		"1000 records":           {sets(create, 10, 100), ""},
		"1001 records":           {append(sets(create, 10, 100), create(a1("www.example.com"))), many},
		"500 records of upserts": {sets(upsert, 5, 100), ""},
		"501 records of upserts": {append(sets(upsert, 5, 100), upsert(a1("www.example.com"))), many},
		"32000 characters":       {texts(create, 7, 4000), ""},
		"32001 characters":       {append(texts(create, 7, 3900), text(create, "more.example.com", 101)), long},
		"16000 in upserts":       {texts(upsert, 3, 4000), ""},
		"16001 in upserts":       {append(texts(upsert, 3, 3900), text(upsert, "more.example.com", 101)), long},
		"400 values":             {sets(create, 1, 400), ""},
		"401 values":             {sets(create, 1, 401), "[Number of values in the resource record set exceeds the limit of 400]"},
		"100 of a name and type": {group(100), ""},
		"101 of a name and type": {group(101), "[RRSet with DNS name w.example.com., type A, " +
			"SetIdentifier 100 cannot be created as the limit of 100 sets with the same name and type is reached]"},
		"a value of 4000":           {[]r53types.Change{text(create, "t.example.com", 4000)}, ""},
		"identifier of 128":         {[]r53types.Change{create(a1("w.example.com", weight(strings.Repeat("x", 128), 1)))}, ""},
		"many and long, both named": {append(texts(create, 8, 4000), sets(create, 10, 100)...), many[:len(many)-1] + ", " + long[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := openAPI(t, t.TempDir())
			err := apply(t, a, makeZone(t, a, "example.com"), c.changes...)
			if c.refused == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, "InvalidChangeBatch", c.refused)
		})
	}
}

// TestZonesAtTheirLimit fills a zone to its last record set.
func TestZonesAtTheirLimit(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	for from := 2; from < records.MaxZoneRecords; from += records.MaxBatchRecords {
		var changes []r53types.Change
		for i := from; i < min(from+records.MaxBatchRecords, records.MaxZoneRecords); i++ {
			changes = append(changes, create(a1(fmt.Sprintf("n%d.example.com", i))))
		}
		if err := apply(t, a, z, changes...); err != nil {
			t.Fatal(err)
		}
	}
	refused(
		t,
		apply(t, a, z, create(a1("more.example.com"))),
		"InvalidChangeBatch",
		"[Number of resource record sets in the hosted zone exceeds the limit of 10000]",
	)
	if err := apply(t, a, z, create(a1("more.example.com")), remove(a1("n2.example.com"))); err != nil {
		t.Errorf("one for another: %v", err)
	}
	out, err := a.getHostedZoneLimit(t.Context(), &route53.GetHostedZoneLimitInput{HostedZoneId: &z, Type: r53types.HostedZoneLimitTypeMaxRrsetsByZone})
	if err != nil || out.Count != records.MaxZoneRecords || *out.Limit.Value != records.MaxZoneRecords {
		t.Errorf("limit %+v, %v", out, err)
	}
}

// TestRecordsOfDeletedChecksGo deletes a record set after its health check, as AWS lets one do.
func TestRecordsOfDeletedChecksGo(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z, hc := makeZone(t, a, "example.com"), makeCheck(t, a)
	record := a1("www.example.com", failover("PRIMARY", "p", hc))
	if err := apply(t, a, z, create(record)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.health.DeleteHealthCheck(t.Context(), &route53.DeleteHealthCheckInput{HealthCheckId: aws.String(hc)}); err != nil {
		t.Fatal(err)
	}
	refused(t, apply(t, a, z, upsert(record)), "NoSuchHealthCheck", "")
	if err := apply(t, a, z, remove(record)); err != nil {
		t.Errorf("delete: %v", err)
	}
}
