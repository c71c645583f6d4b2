package zones

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func newKSK(zone, name, status string) *route53.CreateKeySigningKeyInput {
	return &route53.CreateKeySigningKeyInput{
		CallerReference:         aws.String("r"),
		HostedZoneId:            &zone,
		KeyManagementServiceArn: aws.String(keyARN + name),
		Name:                    &name,
		Status:                  &status,
	}
}

func TestKeySigningKeysAreRefused(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	for _, in := range []*route53.CreateKeySigningKeyInput{newKSK(z, "one", "ACTIVE"), newKSK(z, "two", "INACTIVE")} {
		if _, err := a.createKSK(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	other := makeZone(t, a, "example.net")
	if _, err := a.createKSK(t.Context(), newKSK(other, "one", "INACTIVE")); err != nil {
		t.Fatal(err)
	}
	with := func(mod func(*route53.CreateKeySigningKeyInput)) *route53.CreateKeySigningKeyInput {
		in := newKSK(other, "next", "ACTIVE")
		mod(in)
		return in
	}
	for _, c := range []struct {
		in   *route53.CreateKeySigningKeyInput
		code string
	}{
		{newKSK("ZNONE", "one", "ACTIVE"), "NoSuchHostedZone"},
		{newKSK(z, "one", "ACTIVE"), "KeySigningKeyAlreadyExists"},
		{newKSK(z, "three", "ACTIVE"), "TooManyKeySigningKeys"},
		{newKSK(other, "a!b", "ACTIVE"), "InvalidKeySigningKeyName"},
		{newKSK(other, "ab", "ACTIVE"), "InvalidKeySigningKeyName"},
		{newKSK(other, strings.Repeat("a", 129), "ACTIVE"), "InvalidKeySigningKeyName"},
		{newKSK(other, "next", "DELETING"), "InvalidKeySigningKeyStatus"},
		{with(func(in *route53.CreateKeySigningKeyInput) { in.CallerReference = nil }), "InvalidInput"},
		{with(func(in *route53.CreateKeySigningKeyInput) { in.KeyManagementServiceArn = aws.String(keyARN + "one") }), "KeySigningKeyAlreadyExists"},
		{with(func(in *route53.CreateKeySigningKeyInput) {
			in.KeyManagementServiceArn = aws.String("arn:aws:kms:eu-west-1:111122223333:key/k")
		}), "InvalidKMSArn"},
		{with(func(in *route53.CreateKeySigningKeyInput) {
			in.KeyManagementServiceArn = aws.String("arn:aws:kms:us-east-1:111122223333:alias/k")
		}), "InvalidKMSArn"},
	} {
		_, err := a.createKSK(t.Context(), c.in)
		refused(t, err, c.code, "")
	}
}

// TestSigningTakesItsCourse goes through the states of a zone and its keys, with what is refused in each.
func TestSigningTakesItsCourse(t *testing.T) {
	dir := t.TempDir()
	a, _ := openAPI(t, dir)
	z := makeZone(t, a, "example.com")
	one := "one"
	enable := func() error {
		_, err := a.enableDNSSEC(t.Context(), &route53.EnableHostedZoneDNSSECInput{HostedZoneId: &z})
		return err
	}
	disable := func() error {
		_, err := a.disableDNSSEC(t.Context(), &route53.DisableHostedZoneDNSSECInput{HostedZoneId: &z})
		return err
	}
	activate := func() error {
		_, err := a.activateKSK(t.Context(), &route53.ActivateKeySigningKeyInput{HostedZoneId: &z, Name: &one})
		return err
	}
	deactivate := func() error {
		_, err := a.deactivateKSK(t.Context(), &route53.DeactivateKeySigningKeyInput{HostedZoneId: &z, Name: &one})
		return err
	}
	drop := func() error {
		_, err := a.deleteKSK(t.Context(), &route53.DeleteKeySigningKeyInput{HostedZoneId: &z, Name: &one})
		return err
	}
	dropZone := func() error {
		_, err := a.deleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: &z})
		return err
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	state := func(want string) {
		t.Helper()
		out, err := a.getDNSSEC(t.Context(), &route53.GetDNSSECInput{HostedZoneId: &z})
		must(err)
		got := *out.Status.ServeSignature
		for _, k := range out.KeySigningKeys {
			got += " " + *k.Name + "=" + *k.Status
		}
		if got != want {
			t.Errorf("state %q, want %q", got, want)
		}
	}
	state("NOT_SIGNING")
	refused(t, enable(), "KeySigningKeyWithActiveStatusNotFound", "Hosted zone with ID '"+z+"' does not have a Key Signing Key in ACTIVE status.")
	refused(t, disable(), "DNSSECNotFound", "")
	refused(t, activate(), "NoSuchKeySigningKey", "")
	_, err := a.createKSK(t.Context(), newKSK(z, one, "INACTIVE"))
	must(err)
	refused(t, enable(), "KeySigningKeyWithActiveStatusNotFound", "")
	refused(t, deactivate(), "InvalidKeySigningKeyStatus", "")
	must(activate())
	refused(t, activate(), "InvalidKeySigningKeyStatus", "")
	must(enable())
	state("SIGNING one=ACTIVE")
	refused(t, drop(), "InvalidKeySigningKeyStatus", "Key Signing Key with name one cannot be deleted because current status is not INACTIVE.")
	refused(t, deactivate(), "KeySigningKeyInUse", "")
	refused(t, dropZone(), "HostedZoneNotEmpty", "The specified hosted zone contains DNSSEC Key Signing Keys and so cannot be deleted.")
	a.DB.Close()
	a, _ = openAPI(t, dir)
	state("SIGNING one=ACTIVE")
	must(disable())
	must(deactivate())
	state("NOT_SIGNING one=INACTIVE")
	must(drop())
	state("NOT_SIGNING")
	must(dropZone())
	refused(t, enable(), "NoSuchHostedZone", "")
}

// TestKeysAreShownAsRegistrarsWantThem looks at the forms of what is handed to a parent.
func TestPrivateZonesAreNotSigned(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	out, err := a.createHostedZone(t.Context(), &route53.CreateHostedZoneInput{
		Name: aws.String("example.com"), CallerReference: aws.String("r"),
		VPC: &r53types.VPC{VPCId: aws.String("vpc-1a2b3c4d"), VPCRegion: r53types.VPCRegionUsEast1},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.createKSK(t.Context(), newKSK(*out.HostedZone.Id, "one", "ACTIVE"))
	refused(t, err, "InvalidArgument", "")
}

func TestKeysAreShownAsRegistrarsWantThem(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	z := makeZone(t, a, "example.com")
	out, err := a.createKSK(t.Context(), newKSK(z, "one", "ACTIVE"))
	if err != nil {
		t.Fatal(err)
	}
	k := out.KeySigningKey
	for _, c := range []struct{ got, want string }{
		{*k.DSRecord, `^\d+ 13 2 [0-9A-F]{64}$`},
		{*k.DNSKEYRecord, `^257 3 13 [0-9A-Za-z+/]{86}==$`},
		{*k.DigestValue, `^[0-9A-F]{64}$`},
		{*k.SigningAlgorithmMnemonic + " " + *k.DigestAlgorithmMnemonic, "^ECDSAP256SHA256 SHA-256$"},
		{*out.Location, "/keysigningkey/" + z + "/one$"},
	} {
		if !regexp.MustCompile(c.want).MatchString(c.got) {
			t.Errorf("%q is not %s", c.got, c.want)
		}
	}
	if k.Flag != 257 || k.SigningAlgorithmType != 13 || k.DigestAlgorithmType != 2 || k.KeyTag == 0 {
		t.Errorf("%+v", k)
	}
	if out.ChangeInfo.Status != r53types.ChangeStatusPending {
		t.Errorf("change %+v", out.ChangeInfo)
	}
}
