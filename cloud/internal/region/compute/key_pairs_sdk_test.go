package compute_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/region/resource/resourcetest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

const someKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFvN31i2RZPVnVaY+GGGMGDOVsdR3CdvzbGUmtpV1dXd somebody@example"

func (d *desk) keyPairs(in *ec2.DescribeKeyPairsInput) []ec2types.KeyPairInfo {
	d.T.Helper()
	out, err := d.DescribeKeyPairs(d.T.Context(), in)
	if err != nil {
		d.T.Fatal(err)
	}
	return out.KeyPairs
}

func keyPairID(k ec2types.KeyPairInfo) *string { return k.KeyPairId }

func TestKeyPairsAreMadeImportedAndDeleted(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	made := roomtest.Must(d.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: new("rsa"), TagSpecifications: resourcetest.MadeAs("key-pair")}))(t)
	curve := roomtest.Must(d.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: new("curve"), KeyType: "ed25519", KeyFormat: "pem"}))(t)
	taken := roomtest.Must(d.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{
		KeyName: new("laptop"), PublicKeyMaterial: []byte(someKey), TagSpecifications: resourcetest.MadeAs("key-pair"),
	}))(t)
	if !strings.HasPrefix(*made.KeyMaterial, "-----BEGIN RSA PRIVATE KEY-----\n") ||
		!strings.HasPrefix(*curve.KeyMaterial, "-----BEGIN OPENSSH PRIVATE KEY-----\n") ||
		len(made.Tags) != 1 || len(taken.Tags) != 1 || *taken.KeyName != "laptop" {
		t.Errorf("made %+v, %+v; imported %+v", made, curve, taken)
	}
	for code, call := range map[string]func() error{
		"InvalidKeyPair.Duplicate": func() error {
			_, err := d.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: new("rsa")})
			return err
		},
		"InvalidKey.Format": func() error {
			_, err := d.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: new("bad"), PublicKeyMaterial: []byte("nonsense")})
			return err
		},
		"UnsupportedOperation": func() error {
			_, err := d.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: new("bad"), KeyFormat: "ppk"})
			return err
		},
		"InvalidParameterValue": func() error {
			_, err := d.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: new(" bad")})
			return err
		},
		"MissingParameter": func() error { _, err := d.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{}); return err },
		"DryRunOperation": func() error {
			_, err := d.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: new("rsa"), DryRun: new(true)})
			return err
		},
		"InvalidKeyPair.NotFound": func() error {
			_, err := d.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{"rsa", "nobody's"}})
			return err
		},
	} {
		roomtest.WantAPIError(t, call(), code)
	}
	_, err := d.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: new("bad"), KeyType: "dsa"})
	roomtest.WantAPIError(t, err, "InvalidParameterValue")
	d.Reopen()
	roomtest.WantSame(t, "all", regiontest.IDsOf(d.keyPairs(&ec2.DescribeKeyPairsInput{}), keyPairID), *made.KeyPairId, *curve.KeyPairId, *taken.KeyPairId)
	for name, value := range map[string]string{
		"key-name": "laptop", "key-pair-id": *taken.KeyPairId, "fingerprint": *taken.KeyFingerprint,
	} {
		roomtest.WantSame(t, "by "+name,
			regiontest.IDsOf(d.keyPairs(&ec2.DescribeKeyPairsInput{Filters: regiontest.Where(name, value)}), keyPairID), *taken.KeyPairId)
	}
	roomtest.WantSame(t, "by tag", regiontest.IDsOf(d.keyPairs(&ec2.DescribeKeyPairsInput{Filters: regiontest.Where("tag:made", "key-pair")}), keyPairID),
		*made.KeyPairId, *taken.KeyPairId)
	told := d.keyPairs(&ec2.DescribeKeyPairsInput{KeyPairIds: []string{*taken.KeyPairId}})[0]
	if told.PublicKey != nil || told.KeyType != "ed25519" || told.CreateTime == nil || *told.KeyFingerprint != *taken.KeyFingerprint {
		t.Errorf("imported: %+v", told)
	}
	line, _, _ := strings.Cut(someKey, " somebody")
	if told = d.keyPairs(&ec2.DescribeKeyPairsInput{
		KeyNames: []string{"laptop"}, IncludePublicKey: new(true),
	})[0]; aws.ToString(told.PublicKey) != line+" laptop" {
		t.Errorf("its public key is %q", aws.ToString(told.PublicKey))
	}
	for _, in := range []*ec2.DeleteKeyPairInput{{KeyName: new("rsa")}, {KeyPairId: curve.KeyPairId}, {KeyName: new("rsa")}, {KeyPairId: curve.KeyPairId}} {
		if out, err := d.DeleteKeyPair(ctx, in); err != nil || !aws.ToBool(out.Return) {
			t.Errorf("delete %+v: %+v, %v", in, out, err)
		}
	}
	roomtest.WantSame(t, "left", regiontest.IDsOf(d.keyPairs(&ec2.DescribeKeyPairsInput{}), keyPairID), *taken.KeyPairId)
}

func TestInstanceCarriesTheKeyOfItsLaunch(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	roomtest.Must(d.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: new("laptop"), PublicKeyMaterial: []byte(someKey)}))(t)
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	template := roomtest.Must(d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: new("app"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{KeyName: new("laptop")},
	}))(t).LaunchTemplate
	in := &ec2.RunInstancesInput{
		ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplateId},
	}
	ran := roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0]
	if aws.ToString(ran.KeyName) != "laptop" {
		t.Errorf("the instance shows key %q", aws.ToString(ran.KeyName))
	}
	d.AwaitState(*ran.InstanceId, ec2types.InstanceStateNameRunning)
	line, _, _ := strings.Cut(someKey, " somebody")
	if got := d.Machines.Started(*ran.InstanceId).Spec.PublicKey; got != line+" laptop" {
		t.Errorf("the instance is started with key %q", got)
	}
	// A key pair's end does not touch its instances, but ends launches with it.
	roomtest.Must(d.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: new("laptop")}))(t)
	_, err := d.RunInstances(ctx, in)
	roomtest.WantAPIError(t, err, "InvalidKeyPair.NotFound")
	d.Reopen()
	d.AwaitState(*ran.InstanceId, ec2types.InstanceStateNameRunning)
	d.Await("start after the restart", func() bool { m, _ := d.Machine(*ran.InstanceId); return m != nil })
	if got := d.Machines.Started(*ran.InstanceId).Spec.PublicKey; got != line+" laptop" {
		t.Errorf("after the restart its key is %q", got)
	}
	found := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: regiontest.Where("key-name", "laptop")}))(t)
	if len(found.Reservations) != 1 {
		t.Errorf("by key-name: %+v", found)
	}
}
