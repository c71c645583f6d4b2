package zones

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/understudy/understudy/cloud/internal/records"
)

func TestBatchesAreRefusedInAWSWords(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	hc := makeCheck(t, a)
	err := apply(t, a, z, create(a1("there.example.com")), create(set("c.example.com", r53types.RRTypeCname, []string{"x.org"})),
		create(a1("f.example.com", failover("PRIMARY", "p", hc))))
	if err != nil {
		t.Fatal(err)
	}
	const batch, input = "InvalidChangeBatch", "InvalidInput"
	for name, c := range map[string]struct {
		changes       []r53types.Change
		code, message string
	}{
		"exists": {[]r53types.Change{create(a1("There.example.com."))}, batch,
			"[Tried to create resource record set [name='there.example.com.', type='A'] but it already exists]"},
		"set exists": {[]r53types.Change{create(a1("f.example.com", failover("PRIMARY", "p", hc)))}, batch,
			"[Tried to create resource record set [name='f.example.com.', type='A', set identifier='p'] but it already exists]"},
		"not found": {[]r53types.Change{remove(a1("no.example.com"))}, batch,
			"[Tried to delete resource record set [name='no.example.com.', type='A'] but it was not found]"},
		"no match": {[]r53types.Change{remove(set("there.example.com", r53types.RRTypeA, []string{"198.51.100.2"}))}, batch,
			"[Tried to delete resource record set [name='there.example.com.', type='A'] but the values provided do not match the current values]"},
		"outside": {[]r53types.Change{create(a1("x.org"))}, batch, "[RRSet with DNS name x.org. is not permitted in zone example.com.]"},
		"cname beside": {[]r53types.Change{create(set("there.example.com", r53types.RRTypeCname, []string{"x.org"}))}, batch,
			"[RRSet of type CNAME with DNS name there.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]"},
		"beside cname": {[]r53types.Change{create(a1("c.example.com"))}, batch,
			"[RRSet of type A with DNS name c.example.com. is not permitted because a conflicting RRSet of type CNAME " +
				"with the same DNS name already exists in zone example.com.]"},
		"apex cname": {[]r53types.Change{create(set("example.com", r53types.RRTypeCname, []string{"x.org"}))}, batch,
			"[RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]"},
		"simple beside": {[]r53types.Change{create(a1("f.example.com"))}, batch,
			"[RRSet with DNS name f.example.com., type A cannot be created as other RRSets exist with the same name and type.]"},
		"beside simple": {[]r53types.Change{upsert(a1("there.example.com", failover("PRIMARY", "p", hc)))}, batch,
			"[RRSet with DNS name there.example.com., type A, SetIdentifier p cannot be created as a non-weighted set exists with the same name and type.]"},
		"two primaries": {[]r53types.Change{create(a1("f.example.com", failover("PRIMARY", "q", hc)))}, batch, ""},
		"no check": {[]r53types.Change{create(a1("g.example.com", failover("PRIMARY", "p", "")))}, batch,
			"[A non-alias primary ResourceRecordSet must have an associated health check. No changes made.]"},
		"unknown check": {[]r53types.Change{create(a1("g.example.com", failover("PRIMARY", "p", "nope")))}, "NoSuchHealthCheck", ""},
		"no target": {[]r53types.Change{create(a1("l.example.com", alias(z, "no.example.com")))}, batch,
			"[Tried to create an alias that targets no.example.com., type A in zone " + z + ", but that target was not found]"},
		"far target": {[]r53types.Change{create(a1("l.example.com", alias(z, "x.org")))}, batch,
			"[Tried to create an alias that targets x.org., type A in zone " + z + ", but the alias target name does not lie within the target zone]"},
		"wrong region": {[]r53types.Change{create(a1("l.example.com", alias("Z35SXDOTRQ7X7K", "lb-1.us-west-2.elb.amazonaws.com")))}, batch,
			"[Tried to create an alias that targets lb-1.us-west-2.elb.amazonaws.com., type A in zone Z35SXDOTRQ7X7K, " +
				"but the alias target name does not lie within the target zone]"},
		"empty target": {[]r53types.Change{create(a1("l.example.com", alias(z, "")))}, batch,
			"[FATAL problem: DomainNameEmpty (Domain name is empty) encountered with '']"},
		"twice": {[]r53types.Change{remove(a1("there.example.com")), remove(a1("there.example.com"))}, batch,
			"[The request contains an invalid set of changes for a resource record set 'A there.example.com.']"},
		"bad address": {[]r53types.Change{create(set("v.example.com", r53types.RRTypeA, []string{"1.2.3"}))}, batch,
			"[Invalid Resource Record: FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '1.2.3']"},
		"bare text": {[]r53types.Change{create(set("v.example.com", r53types.RRTypeTxt, []string{"x"}))}, batch,
			"[Invalid Resource Record: FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'x']"},
		"two problems": {[]r53types.Change{create(a1("x.org")), remove(a1("no.example.com"))}, batch,
			"[RRSet with DNS name x.org. is not permitted in zone example.com., " +
				"Tried to delete resource record set [name='no.example.com.', type='A'] but it was not found]"},
		"soa": {[]r53types.Change{remove(ownRecords("example.com.", nameServers)[1])}, batch, "[A HostedZone must contain exactly one SOA record.]"},
		"ns": {[]r53types.Change{remove(ownRecords("example.com.", nameServers)[0])}, batch,
			"[A HostedZone must contain at least one NS record for the zone itself.]"},
		"no ttl": {[]r53types.Change{create(a1("t.example.com", func(s *r53types.ResourceRecordSet) { s.TTL = nil }))}, input, ""},
		"weight": {[]r53types.Change{create(a1("t.example.com", weight("w", 256)))}, input,
			"1 validation error detected: Value '256' at 'weight' failed to satisfy constraint: Member must have value between 0 and 255"},
		"two policies": {[]r53types.Change{create(a1("t.example.com", weight("w", 1), failover("PRIMARY", "w", hc)))}, input,
			"Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, " +
				"or CidrRoutingConfig], but found more than one in Change with [Action=CREATE, Name=t.example.com, Type=A, SetIdentifier=w]"},
		"no identifier": {[]r53types.Change{create(a1("t.example.com", func(s *r53types.ResourceRecordSet) { s.Failover = "SECONDARY" }))}, input,
			"Invalid request: Missing field 'SetIdentifier' in Change with [Action=CREATE, Name=t.example.com, Type=A, SetIdentifier=null]"},
		"type":    {[]r53types.Change{create(set("t.example.com", "LOC", []string{"x"}))}, input, ""},
		"nothing": {nil, input, ""},
	} {
		t.Run(name, func(t *testing.T) { refused(t, apply(t, a, z, c.changes...), c.code, c.message) })
	}
}

func TestBatchesThatApply(t *testing.T) {
	a, r := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	hc := makeCheck(t, a)
	p, s := a1("f.example.com", failover("PRIMARY", "p", hc)), a1("f.example.com", failover("SECONDARY", "s", ""))
	if err := apply(t, a, z, create(p), create(s)); err != nil {
		t.Fatal(err)
	}
	for name, changes := range map[string][]r53types.Change{
		"target first":          {create(a1("t.example.com")), create(a1("u.example.com", alias("/hostedzone/"+z, "t.example.com")))},
		"load balancer":         {create(a1("example.com", alias("Z35SXDOTRQ7X7K", "dualstack.LB-1.us-east-1.elb.amazonaws.com")))},
		"network load balancer": {create(a1("n.example.com", alias("Z26RNL4JYFTOTI", "lb-0123456789abcdef.elb.us-east-1.amazonaws.com")))},
		"swapped roles": {remove(p), remove(s), create(a1("f.example.com", failover("PRIMARY", "s", hc))),
			create(a1("f.example.com", failover("SECONDARY", "p", "")))},
		"values": {create(set("v.example.com", r53types.RRTypeMx, []string{"10 mail.x.org"})),
			create(set("v.example.com", r53types.RRTypeTxt, []string{`"a\"b" "c"`})),
			create(set("v.example.com", r53types.RRTypeCaa, []string{`0 issue "x.org"`})),
			create(set("_s._tcp.example.com", r53types.RRTypeSrv, []string{"1 2 3 x.org"})),
			create(set("v.example.com", r53types.RRTypeAaaa, []string{"2001:db8::1"})),
			create(set("*.w.example.com", r53types.RRTypeCname, []string{"x.org."}))},
	} {
		before := r.published
		if err := apply(t, a, z, changes...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if r.published != before+1 {
			t.Errorf("%s: published %d times before the answer, want once", name, r.published-before)
		}
	}
}

func TestRefusedBatchChangesNothing(t *testing.T) {
	a, r := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	before := a.records.of(z)
	published := r.published
	refused(t, apply(t, a, z, create(a1("a.example.com")), remove(a1("b.example.com"))), "InvalidChangeBatch", "")
	after := a.records.of(z)
	if d := cmp.Diff(before, after, cmpopts.IgnoreUnexported(r53types.ResourceRecordSet{}, r53types.ResourceRecord{})); d != "" {
		t.Error(d)
	}
	if r.published != published {
		t.Error("a refused batch was published")
	}
}

func TestChangesSurviveACrash(t *testing.T) {
	dir := t.TempDir()
	a, _ := openAPI(t, dir)
	z := makeZone(t, a, "example.com")
	out, err := a.changeRecords(
		t.Context(),
		&route53.ChangeResourceRecordSetsInput{HostedZoneId: &z, ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{create(a1("a.example.com"))}}},
	)
	if err != nil || out.ChangeInfo.Status != r53types.ChangeStatusPending {
		t.Fatalf("%v, %v", out, err)
	}
	a.DB.Close()
	again, _ := openAPI(t, dir)
	change, err := again.getChange(t.Context(), &route53.GetChangeInput{Id: out.ChangeInfo.Id})
	if err != nil || change.ChangeInfo.Status != r53types.ChangeStatusInsync {
		t.Errorf("%v, %v", change, err)
	}
	refused(t, apply(t, again, z, create(a1("a.example.com"))), "InvalidChangeBatch", "")
}

// TestPagesMakeTheWhole walks a zone in pages of any size and must see each set once, in order.
func TestPagesMakeTheWhole(t *testing.T) {
	dir := t.TempDir()
	a, _ := openAPI(t, dir)
	rapid.Check(t, func(rt *rapid.T) {
		z := makeZone(t, a, "example.com")
		labels := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c!*](\.[a-c-]){0,2}`), 0, 12, rapid.ID).Draw(rt, "labels")
		var changes []r53types.Change
		for _, l := range labels {
			changes = append(changes, create(a1(l+".example.com", failover("SECONDARY", "s", ""))), create(set(l+".example.com", r53types.RRTypeTxt, []string{`"x"`})))
		}
		if len(changes) > 0 {
			if err := apply(t, a, z, changes...); err != nil {
				rt.Fatal(err)
			}
		}
		in := &route53.ListResourceRecordSetsInput{HostedZoneId: &z, MaxItems: aws.Int32(rapid.Int32Range(1, 30).Draw(rt, "size"))}
		var seen []r53types.ResourceRecordSet
		for {
			out, err := a.listRecords(t.Context(), in)
			if err != nil {
				rt.Fatal(err)
			}
			seen = append(seen, out.ResourceRecordSets...)
			if !out.IsTruncated {
				break
			}
			in.StartRecordName, in.StartRecordType, in.StartRecordIdentifier = out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier
		}
		if len(seen) != 2+len(changes) {
			rt.Fatalf("%d sets listed, want %d", len(seen), 2+len(changes))
		}
		for i := 1; i < len(seen); i++ {
			if records.CompareSets(&seen[i-1], &seen[i]) >= 0 {
				rt.Fatalf("%v is listed before %v", records.KeyOf(&seen[i-1]), records.KeyOf(&seen[i]))
			}
		}
		if err := a.empty(t, z); err != nil {
			rt.Fatal(err)
		}
	})
}

// empty deletes a zone with all it holds.
func (r *Room) empty(t *testing.T, id string) error {
	z, _ := r.zones.Get(id)
	var changes []r53types.Change
	for _, s := range r.records.of(id) {
		if *s.Name != z.Name {
			changes = append(changes, remove(s))
		}
	}
	if len(changes) > 0 {
		if err := apply(t, r, id, changes...); err != nil {
			return err
		}
	}
	_, err := r.deleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: &id})
	return err
}
