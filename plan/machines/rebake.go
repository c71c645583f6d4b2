package machines

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
func (i *Images) rebaked() string {
	if i.Recipe == "" || i.Digest == i.Recipe {
		return ""
	}
	return "-" + i.Digest[recipeLength:]
}

// digestOf returns an image's digest: by its tag or, where it has lost that, by its name.
func (i *Images) digestOf(image ec2types.Image) string {
	if digest := account.OfEC2(image.Tags)[account.TagDigest]; digest != "" || i.Recipe == "" {
		return digest
	}
	end, ok := strings.CutPrefix(aws.ToString(image.Name), i.NameOf(i.Recipe[:12])+"-")
	if ok && len(end) == digestLength-recipeLength {
		return i.Recipe[:recipeLength] + end
	}
	return ""
}

// newest returns the newest available image of what is declared, nil for none.
func (i *Images) newest(all []ec2types.Image) (newest *ec2types.Image) {
	for n, image := range all {
		if image.State == ec2types.ImageStateAvailable && strings.HasPrefix(i.digestOf(image), i.Recipe[:recipeLength]) {
			newest = &all[n]
		}
	}
	return newest
}

// follow wants of a copy what the primary has decided; where that could not be read, the newest that is there.
func (c *ImageCopy) follow(all []ec2types.Image, _ *ec2types.Image) {
	newest := c.newest(all)
	switch c.Digest = c.Recipe; {
	case c.Source.decided:
		c.Digest = c.Source.Digest
	case newest != nil:
		c.Digest = c.digestOf(*newest)
	}
}

// rebuilt is what an image was made from, and what another one would be made from now.
type rebuilt struct{ was, now string }

// decide wants the newest image, or one of the base that is selected now.
func (i *Image) decide(all []ec2types.Image, base *ec2types.Image) {
	i.Digest, i.decided, i.another = i.Recipe, true, nil
	if newest := i.newest(all); newest != nil {
		i.Digest = i.digestOf(*newest)
		if from := aws.ToString(newest.SourceImageId); base != nil && from != "" && from != aws.ToString(base.ImageId) {
			i.another = &rebuilt{from, aws.ToString(base.ImageId)}
			if i.due(*newest, time.Now()) {
				i.Digest = rebakedFrom(i.Recipe, i.another.now)
			}
		}
	}
	i.Builder.Digest = i.Digest
}

// due tells whether an image is to be baked anew, if that changes its base.
func (i *Image) due(made ec2types.Image, now time.Time) bool {
	age, ever := i.Declared.Image.Rebake.Age()
	at, err := time.Parse(time.RFC3339, aws.ToString(made.CreationDate))
	return i.Anew || ever && err == nil && now.Sub(at) >= age
}

// Remarks tells of another base.
func (i *Image) Remarks() []resource.Remark {
	if i.another == nil || i.Digest == rebakedFrom(i.Recipe, i.another.now) {
		return nil
	}
	return []resource.Remark{{ID: i.ID, Text: fmt.Sprintf("it was made from %s, and %s is selected as its base now: "+
		"`understudy up --rebake` makes it anew", i.another.was, i.another.now)}}
}
