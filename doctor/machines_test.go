package doctor

import (
	"errors"
	"testing"

	"github.com/understudy/understudy"
)

func TestWhatIsDeclaredOfInstancesHasToBeInEachRegion(t *testing.T) {
	named := func(d *understudy.Declaration) { d.Instance.Key = "ops" }
	small := func(d *understudy.Declaration) { d.Instance.Volume.Size = 7 }
	for _, j := range []judged{
		{name: "no key pair", declared: named, facts: func(f *facts) { secondary(f, func(r *region) { r.keyPair.value = false }) },
			check: CheckKeyPair, severity: Blocker, side: understudy.Secondary, says: "--region eu-central-1 --key-name ops"},
		{name: "key pairs not read", declared: named, facts: func(f *facts) { primary(f, func(r *region) { r.keyPair.err = errors.New("cut off") }) },
			check: CheckKeyPair, severity: Unchecked, side: understudy.Primary, says: "cut off"},
		{name: "a volume smaller than the image", declared: small, facts: func(f *facts) { secondary(f, func(r *region) { r.image.value.root = 0 }) },
			check: CheckVolume, severity: Blocker, side: understudy.Primary, says: "declare at least 8"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestAProfileHasToBeGood(t *testing.T) {
	web := func(d *understudy.Declaration) { d.Instance.Profile.Name = "web" }
	is := func(n named) func(*facts) { return func(f *facts) { f.world.profile.value = n } }
	const managed = "arn:aws:iam::123456789012:policy/web"
	for _, j := range []judged{
		{name: "none of the name", declared: web, facts: is(named{}), check: CheckProfile, severity: Blocker, says: "create-instance-profile"},
		{name: "without a role", declared: web, facts: is(named{there: true}), check: CheckProfile, severity: Blocker, says: "carries no role"},
		{name: "of another service", declared: web, facts: is(named{there: true, role: "r"}), check: CheckProfile, severity: Warning, says: "does not trust"},
		{name: "not read", declared: web, facts: func(f *facts) { f.world.profile.err = errors.New("cut off") },
			check: CheckProfile, severity: Unchecked, says: "cut off"},
		{name: "no such policy", facts: func(f *facts) { f.world.unmanaged.value = []string{managed} },
			check: CheckProfile, severity: Blocker, says: managed},
		{name: "policies not read", facts: func(f *facts) { f.world.unmanaged.err = errors.New("cut off") },
			check: CheckProfile, severity: Unchecked, says: "cut off"},
	} {
		t.Run(j.name, j.run)
	}
	for document, want := range map[string]bool{
		`{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`: true,
		`{"Statement":{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]}}}`:    true,
		`{"Statement":[{"Effect":"Deny","Principal":{"Service":"ec2.amazonaws.com"}}]}`:                            false,
		`{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}]}`:                        false,
		`no JSON`: false,
	} {
		if trustsEC2(document) != want {
			t.Errorf("%s: %v", document, !want)
		}
	}
}
