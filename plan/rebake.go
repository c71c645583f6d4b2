package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// An image may be baked anew though nothing else is declared: when another image is selected as its base by then. Its digest begins as that of
// what is declared, and ends as one of the base's id; so does its name. Of several such images, the newest is wanted.
const (
	recipeLength = 20
	digestLength = 32
)

// rebakedFrom is the digest of what is made of this base though there is one of another base.
func rebakedFrom(recipe, base string) string {
	return recipe[:recipeLength] + account.Token("base", base)[:digestLength-recipeLength]
}

// rebaked is what an image's name ends with, which says that it was baked anew.
func (i *images) rebaked() string {
	if i.recipe == "" || i.digest == i.recipe {
		return ""
	}
	return "-" + i.digest[recipeLength:]
}

// digestOf returns an image's digest: by its tag or, where it has lost that, by its name.
func (i *images) digestOf(image ec2types.Image) string {
	if digest := account.OfEC2(image.Tags)[account.TagDigest]; digest != "" || i.recipe == "" {
		return digest
	}
	end, ok := strings.CutPrefix(aws.ToString(image.Name), i.NameOf(i.recipe[:12])+"-")
	if ok && len(end) == digestLength-recipeLength {
		return i.recipe[:recipeLength] + end
	}
	return ""
}

// newest returns the newest available image of what is declared, nil for none.
func (i *images) newest(all []ec2types.Image) (newest *ec2types.Image) {
	for n, image := range all {
		if image.State == ec2types.ImageStateAvailable && strings.HasPrefix(i.digestOf(image), i.recipe[:recipeLength]) {
			newest = &all[n]
		}
	}
	return newest
}

// follow wants of a copy what the primary has decided; where that could not be read, the newest that is there.
func (c *imageCopy) follow(all []ec2types.Image, _ *ec2types.Image) {
	newest := c.newest(all)
	switch c.digest = c.recipe; {
	case c.source.decided:
		c.digest = c.source.digest
	case newest != nil:
		c.digest = c.digestOf(*newest)
	}
}

// rebuilt is what an image was made from, and what another one would be made from now.
type rebuilt struct{ was, now string }

// decide wants the newest image, or one of the base that is selected now.
func (i *image) decide(all []ec2types.Image, base *ec2types.Image) {
	i.digest, i.decided, i.another = i.recipe, true, nil
	if newest := i.newest(all); newest != nil {
		i.digest = i.digestOf(*newest)
		if from := aws.ToString(newest.SourceImageId); base != nil && from != "" && from != aws.ToString(base.ImageId) {
			i.another = &rebuilt{from, aws.ToString(base.ImageId)}
			if i.due(*newest, time.Now()) {
				i.digest = rebakedFrom(i.recipe, i.another.now)
			}
		}
	}
	i.builder.digest = i.digest
}

// due tells whether an image is to be baked anew, if that changes its base.
func (i *image) due(made ec2types.Image, now time.Time) bool {
	age, ever := i.Declared.Image.Rebake.Age()
	at, err := time.Parse(time.RFC3339, aws.ToString(made.CreationDate))
	return i.anew || ever && err == nil && now.Sub(at) >= age
}

// Remarks tells of another base.
func (i *image) Remarks() []resource.Remark {
	if i.another == nil || i.digest == rebakedFrom(i.recipe, i.another.now) {
		return nil
	}
	return []resource.Remark{{ID: i.id, Text: fmt.Sprintf("it was made from %s, and %s is selected as its base now: "+
		"`understudy up --rebake` makes it anew", i.another.was, i.another.now)}}
}

// rebake has images baked anew whose base is another one by now.
func (v *inventory) rebake(d bool) error {
	if !d {
		return nil
	}
	if v.image == nil {
		return fmt.Errorf("no image is baked: image.baked is false")
	}
	v.image.anew = true
	return nil
}
