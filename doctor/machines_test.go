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

func TestHostsAreJudgedAsTheFleetIs(t *testing.T) {
	other := func(d *understudy.Declaration) {
		d.Hosts.Type, d.Hosts.Key, d.Hosts.Image = "g5.xlarge", "mine", understudy.HostImage{Owner: "self", Name: "bastion"}
	}
	with := func(change func(*alone)) func(*facts) {
		return func(f *facts) {
			for _, side := range understudy.Sides {
				at(f, side, func(r *region) {
					r.hosts = &alone{offered: r.offered, kind: r.kind, keyPair: r.keyPair, image: r.image}
					r.limits.value["L-DB2E81BA"] = 8
				})
			}
			secondary(f, func(r *region) { change(r.hosts) })
		}
	}
	for _, j := range []judged{
		{name: "type", declared: other, facts: with(func(h *alone) { h.offered.value = nil }),
			check: CheckType, severity: Blocker, side: understudy.Secondary, says: "g5.xlarge is not offered in eu-central-1a and eu-central-1b"},
		{name: "architecture", declared: other, facts: with(func(h *alone) { h.kind.value.architectures = []string{"arm64"} }),
			check: CheckType, severity: Blocker, side: understudy.Secondary, says: "g5.xlarge is for arm64"},
		{name: "key pair", declared: other, facts: with(func(h *alone) { h.keyPair.value = false }),
			check: CheckKeyPair, severity: Blocker, side: understudy.Secondary, says: "no key pair mine"},
		{name: "image", declared: other, facts: with(func(h *alone) { h.image.value = nil }),
			check: CheckImage, severity: Blocker, side: understudy.Secondary, says: "no image of self in eu-central-1 is named bastion"},
		{name: "vCPUs of another family", declared: other, facts: with(func(h *alone) { h.running.value.all = 5 }),
			check: CheckQuota, severity: Blocker, side: understudy.Secondary, says: "5 of 8 vCPUs of running G and VT instances are used, and 4 more"},
		{name: "vCPUs of more hosts", declared: func(d *understudy.Declaration) { d.Hosts.Count = 20 },
			facts: func(f *facts) { secondary(f, func(r *region) { r.running.value.all = 30 }) },
			check: CheckQuota, severity: Blocker, side: understudy.Secondary, says: "and 44 more"},
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
