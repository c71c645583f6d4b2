package zones

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/request"
)

func makeDelegationSet(t *testing.T, a *Room, reference, zone string) (*r53types.DelegationSet, error) {
	t.Helper()
	in := &route53.CreateReusableDelegationSetInput{CallerReference: &reference}
	if zone != "" {
		in.HostedZoneId = &zone
	}
	out, err := a.createDelegationSet(t.Context(), in)
	if err != nil {
		return nil, err
	}
	return out.DelegationSet, nil
}

func TestDelegationSetsAreRefused(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	d, err := makeDelegationSet(t, a, "one", z)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.NameServers, nameServers) {
		t.Errorf("the zone's set has the names %v", d.NameServers)
	}
	_, err = makeDelegationSet(t, a, "one", "")
	refused(t, err, "DelegationSetAlreadyCreated", "")
	_, err = makeDelegationSet(t, a, "two", z)
	refused(t, err, "DelegationSetAlreadyReusable", "")
	_, err = makeDelegationSet(t, a, "two", "ZNONE")
	refused(t, err, "HostedZoneNotFound", "")
	_, err = a.getDelegationSet(t.Context(), &route53.GetReusableDelegationSetInput{Id: aws.String("NNONE")})
	refused(t, err, "NoSuchDelegationSet", "")
	_, err = a.deleteDelegationSet(t.Context(), &route53.DeleteReusableDelegationSetInput{Id: d.Id})
	refused(t, err, "DelegationSetInUse", "")
	in := func(name, set string) error {
		_, err := a.createHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: &name, CallerReference: aws.String(request.NewID("r")), DelegationSetId: &set})
		return err
	}
	refused(t, in("example.net", "NNONE"), "NoSuchDelegationSet", "")
	for _, name := range []string{"example.com", "www.example.com", "com"} {
		refused(t, in(name, *d.Id), "ConflictingDomainExists", "")
	}
	for i := range maxZonesOfASet - 1 {
		if err := in(fmt.Sprintf("example%d.com", i), *d.Id); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, in("example.net", *d.Id), "TooManyHostedZones", "")
	limit, err := a.getDelegationSetLimit(
		t.Context(),
		&route53.GetReusableDelegationSetLimitInput{DelegationSetId: d.Id, Type: r53types.ReusableDelegationSetLimitTypeMaxZonesByReusableDelegationSet},
	)
	if err != nil || limit.Count != 100 || *limit.Limit.Value != 100 {
		t.Errorf("%+v, %v", limit, err)
	}
}

// TestDelegationSetsAreServed makes zones with a set and asks for its names.
func TestDelegationSetsAreServed(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	made, err := s.client.CreateReusableDelegationSet(t.Context(), &route53.CreateReusableDelegationSetInput{CallerReference: aws.String("r")})
	if err != nil {
		t.Fatal(err)
	}
	var zones []string
	for _, name := range []string{"example.com", "example.net"} {
		out, err := s.client.CreateHostedZone(
			t.Context(),
			&route53.CreateHostedZoneInput{Name: &name, CallerReference: &name, DelegationSetId: made.DelegationSet.Id},
		)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out.DelegationSet.NameServers, made.DelegationSet.NameServers) || *out.DelegationSet.Id != *made.DelegationSet.Id {
			t.Errorf("%+v", out.DelegationSet)
		}
		zones = append(zones, *out.HostedZone.Id)
	}
	list, err := s.client.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{DelegationSetId: made.DelegationSet.Id})
	if err != nil || len(list.HostedZones) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	check := func(s *service) {
		t.Helper()
		for i, server := range made.DelegationSet.NameServers {
			if got := s.dig(t, server, "A"); got != address.NameServers[i].String() {
				t.Errorf("%s is at %q", server, got)
			}
			if got := s.dig(t, "example.net", "NS"); !strings.Contains(got, server+".") {
				t.Errorf("%s is not among %q", server, got)
			}
		}
		if got := s.dig(t, "example.com", "SOA"); !strings.HasPrefix(got, made.DelegationSet.NameServers[0]+". ") {
			t.Errorf("SOA %s", got)
		}
	}
	check(s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = serve(t, dir)
	defer s.Close()
	check(s)
	for _, z := range zones {
		if _, err := s.client.DeleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: &z}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.client.DeleteReusableDelegationSet(t.Context(), &route53.DeleteReusableDelegationSetInput{Id: made.DelegationSet.Id}); err != nil {
		t.Fatal(err)
	}
}
