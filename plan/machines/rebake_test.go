package machines

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// An image is baked anew if another base is selected by now: when it is old enough, or when somebody asks for it. What was baked anew is what is
// wanted since.
func TestImagesAreBakedAnewForAnotherBase(t *testing.T) {
	recipe := DigestOf(understudy.Image{Run: "r"}, understudy.Origin{ID: "ami-0"})
	anew := rebakedFrom(recipe, "ami-new")
	made := func(digest, from string, days int) ec2types.Image {
		at := time.Now().Add(-time.Duration(days)*24*time.Hour - time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
		return ec2types.Image{ImageId: aws.String("ami-made"), SourceImageId: &from, State: ec2types.ImageStateAvailable, CreationDate: &at,
			Tags: []ec2types.Tag{{Key: aws.String(account.TagDigest), Value: &digest}}}
	}
	failed := made(anew, "ami-new", 0)
	failed.State = ec2types.ImageStateFailed
	for name, c := range map[string]struct {
		rebake understudy.Rebake
		asked  bool
		all    []ec2types.Image
		base   string
		want   string
		tells  bool
	}{
		"nothing is made yet":          {understudy.RebakeWeekly, true, nil, "ami-new", recipe, false},
		"the same base":                {understudy.RebakeWeekly, true, []ec2types.Image{made(recipe, "ami-new", 9)}, "ami-new", recipe, false},
		"another base, never":          {understudy.RebakeNever, false, []ec2types.Image{made(recipe, "ami-old", 900)}, "ami-new", recipe, true},
		"another base, asked":          {understudy.RebakeNever, true, []ec2types.Image{made(recipe, "ami-old", 0)}, "ami-new", anew, false},
		"another base, within a week":  {understudy.RebakeWeekly, false, []ec2types.Image{made(recipe, "ami-old", 6)}, "ami-new", recipe, true},
		"another base, after a week":   {understudy.RebakeWeekly, false, []ec2types.Image{made(recipe, "ami-old", 7)}, "ami-new", anew, false},
		"another base, within a month": {understudy.RebakeMonthly, false, []ec2types.Image{made(recipe, "ami-old", 29)}, "ami-new", recipe, true},
		"another base, after a month":  {understudy.RebakeMonthly, false, []ec2types.Image{made(recipe, "ami-old", 30)}, "ami-new", anew, false},
		"no base is selected":          {understudy.RebakeWeekly, true, []ec2types.Image{made(recipe, "ami-old", 9)}, "", recipe, false},
		"made anew": {understudy.RebakeNever, false,
			[]ec2types.Image{made(recipe, "ami-old", 9), made(anew, "ami-new", 1)}, "ami-new", anew, false},
		"making it anew came to nothing": {understudy.RebakeNever, false, []ec2types.Image{made(recipe, "ami-old", 9), failed}, "ami-new", recipe, true},
		"what was made of other scripts": {understudy.RebakeWeekly, false,
			[]ec2types.Image{made("0123456789abcdef0123456789abcdef", "ami-old", 9)}, "ami-new", recipe, false},
		"where AWS does not know the base": {understudy.RebakeWeekly, true, []ec2types.Image{made(recipe, "", 9)}, "ami-new", recipe, false},
	} {
		s := resourcetest.Scope(t)
		s.Declared.Image.Rebake = c.rebake
		i := &Image{Images: Images{Scope: s, Recipe: recipe, Digest: recipe}, Builder: &Builder{}, Anew: c.asked}
		var base *ec2types.Image
		if c.base != "" {
			base = &ec2types.Image{ImageId: &c.base}
		}
		i.decide(c.all, base)
		if i.Digest != c.want || i.Builder.Digest != c.want || (len(i.Remarks()) > 0) != c.tells {
			t.Errorf("%s: %s, want %s; %v", name, i.Digest, c.want, i.Remarks())
		}
	}
}

// What was baked anew has a name of its own, by which it is known without its digest, and a copy in the secondary, which is known without the
// primary.
func TestWhatWasBakedAnewIsKnown(t *testing.T) {
	recipe := DigestOf(understudy.Image{Run: "r"}, understudy.Origin{ID: "ami-0"})
	anew := rebakedFrom(recipe, "ami-new")
	s := resourcetest.Scope(t)
	i := Images{Scope: s, Recipe: recipe, Digest: anew}
	if i.imageName() == (&Images{Scope: s, Recipe: recipe, Digest: recipe}).imageName() || len(anew) != len(recipe) {
		t.Errorf("it is called %s, of the digest %s", i.imageName(), anew)
	}
	named := ec2types.Image{Name: aws.String(i.imageName()), State: ec2types.ImageStateAvailable}
	if got := i.digestOf(named); got != anew {
		t.Errorf("%s is of %q, want %s", i.imageName(), got, anew)
	}
	source := &Image{}
	c := &ImageCopy{Images: i, Source: source}
	if c.follow([]ec2types.Image{named}, nil); c.Digest != anew {
		t.Errorf("without the primary, %s is wanted", c.Digest)
	}
	source.decided, source.Digest = true, recipe
	if c.follow([]ec2types.Image{named}, nil); c.Digest != recipe {
		t.Errorf("beside the primary, %s is wanted", c.Digest)
	}
}

func TestACopyIsRemarkedOnWhereItsBaseIsAnother(t *testing.T) {
	c := &ImageCopy{Source: &Image{}}
	named := func(name string) *ec2types.Image { return &ec2types.Image{ImageId: aws.String("ami-1"), Name: &name} }
	c.base, c.Source.base = named("base 1"), named("base 1")
	if got := c.Remarks(); got != nil {
		t.Errorf("%+v", got)
	}
	c.base = named("base 2")
	if got := c.Remarks(); len(got) != 1 || got[0].ID == "" || got[0].Text == "" {
		t.Errorf("%+v", got)
	}
	c.base = nil // the doctor tells of that
	if got := c.Remarks(); got != nil {
		t.Errorf("%+v", got)
	}
}
