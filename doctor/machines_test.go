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
