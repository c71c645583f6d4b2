package zones

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
)

func aVPC(id string) *r53types.VPC {
	return &r53types.VPC{VPCId: &id, VPCRegion: r53types.VPCRegionUsEast1}
}

const (
	vpc1 = "vpc-0123456789abcdef0"
	vpc2 = "vpc-0123456789abcdef1"
)

func makePrivate(t *testing.T, a *Room, name, id string) (string, error) {
	t.Helper()
	out, err := a.createHostedZone(t.Context(), &route53.CreateHostedZoneInput{
		Name: &name, CallerReference: aws.String(request.NewID("r")), VPC: aVPC(id), HostedZoneConfig: &r53types.HostedZoneConfig{PrivateZone: true},
	})
	if err != nil {
		return "", err
	}
	if out.DelegationSet != nil || *out.VPC.VPCId != id || !out.HostedZone.Config.PrivateZone {
		t.Errorf("made %v of %v", out.HostedZone, out.VPC)
	}
	return request.Bare(*out.HostedZone.Id), nil
}

func TestPrivateZoneAndItsVPCs(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	ctx := t.Context()
	z, err := makePrivate(t, a, "corp.test", vpc1)
	if err != nil {
		t.Fatal(err)
	}
	public := makeZone(t, a, "corp.test")
	of := func() []string {
		out, err := a.getHostedZone(ctx, &route53.GetHostedZoneInput{Id: &z})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, v := range out.VPCs {
			ids = append(ids, *v.VPCId)
		}
		return ids
	}
	associate := func(zone, id string) error {
		_, err := a.associateVPC(ctx, &route53.AssociateVPCWithHostedZoneInput{HostedZoneId: &zone, VPC: aVPC(id)})
		return err
	}
	disassociate := func(id string) error {
		_, err := a.disassociateVPC(ctx, &route53.DisassociateVPCFromHostedZoneInput{HostedZoneId: &z, VPC: aVPC(id)})
		return err
	}
	refused(t, disassociate(vpc1), "LastVPCAssociation", "")
	refused(t, disassociate(vpc2), "VPCAssociationNotFound", "")
	refused(t, associate(public, vpc2), "PublicZoneVPCAssociation", "")
	refused(t, associate(z, vpc1), "ConflictingDomainExists", "")
	refused(t, associate(z, "vpc-x"), "InvalidVPCId", "")
	refused(t, associate("ZNONE", vpc2), "NoSuchHostedZone", "")
	_, err = makePrivate(t, a, "corp.test", vpc1)
	refused(t, err, "ConflictingDomainExists", "")
	if err := associate(z, vpc2); err != nil {
		t.Fatal(err)
	}
	if got := of(); !slices.Equal(got, []string{vpc1, vpc2}) {
		t.Errorf("VPCs %v", got)
	}
	if err := disassociate(vpc1); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int{vpc1: 0, vpc2: 1} {
		out, err := a.listZonesByVPC(ctx, &route53.ListHostedZonesByVPCInput{VPCId: &id, VPCRegion: r53types.VPCRegionUsEast1})
		if err != nil || len(out.HostedZoneSummaries) != want {
			t.Errorf("zones of %s: %v, %v, want %d", id, out, err, want)
		}
	}
	private, err := a.listHostedZones(ctx, &route53.ListHostedZonesInput{HostedZoneType: r53types.HostedZoneTypePrivateHostedZone})
	if err != nil || len(private.HostedZones) != 1 || *private.HostedZones[0].Id != "/hostedzone/"+z {
		t.Errorf("private zones %v, %v", private, err)
	}
}

func TestVPCAssociationAuthorizations(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	ctx := t.Context()
	z, err := makePrivate(t, a, "corp.test", vpc1)
	if err != nil {
		t.Fatal(err)
	}
	list := func() int {
		out, err := a.listAuthorizations(ctx, &route53.ListVPCAssociationAuthorizationsInput{HostedZoneId: &z})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.VPCs)
	}
	for range 2 { // again changes nothing
		if _, err := a.authorizeVPC(ctx, &route53.CreateVPCAssociationAuthorizationInput{HostedZoneId: &z, VPC: aVPC(vpc2)}); err != nil {
			t.Fatal(err)
		}
		if n := list(); n != 1 {
			t.Errorf("%d authorizations", n)
		}
	}
	in := &route53.DeleteVPCAssociationAuthorizationInput{HostedZoneId: &z, VPC: aVPC(vpc2)}
	if _, err := a.unauthorizeVPC(ctx, in); err != nil || list() != 0 {
		t.Errorf("taken away: %v", err)
	}
	_, err = a.unauthorizeVPC(ctx, in)
	refused(t, err, "VPCAssociationAuthorizationNotFound", "")
}
