package parity

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

// describeImages reads the image that is launched, the stack's earlier ones, and what else instances are of. Ids and names are
// a region's own; what two regions share is a digest of what the image was made from, and its origin.
func (c *canon) describeImages() {
	launched := c.launchedImage()
	for _, i := range c.f.images {
		id, tags := aws.ToString(i.ImageId), account.OfEC2(i.Tags)
		if !c.inUse(id) && c.roles[id] == unnamed {
			continue // the source of one that is
		}
		switch made := tags[account.TagDigest]; {
		case id == launched && (c.roles[id] == unnamed || c.stack() == ""):
			c.rename("image", id, "image")
		case id != launched && c.roles[id] == "image":
			c.rename("image", id, "not launched, digest "+made[:min(12, len(made))])
		}
		settings := map[string]string{
			"digest":         orNone(tags[account.TagDigest]),
			"state":          string(i.State),
			"architecture":   string(i.Architecture),
			"root device":    string(i.RootDeviceType),
			"virtualization": string(i.VirtualizationType),
			"public":         yes(i.Public),
			"ena support":    yes(i.EnaSupport),
			"boot mode":      orNone(string(i.BootMode)),
			settingOrigin:    c.origin(i),
		}
		for _, d := range i.BlockDeviceMappings {
			if d.Ebs != nil {
				settings["disk "+aws.ToString(d.DeviceName)] = fmt.Sprintf("%s GiB of %s, encrypted %s", count(d.Ebs.VolumeSize), d.Ebs.VolumeType, yes(d.Ebs.Encrypted))
			}
		}
		commands := map[string]Command{"": {Remove: "ec2 deregister-image --image-id " + id}}
		switch {
		case c.usedAsIs("image") && id == launched:
			delete(commands, "")
		case c.declared != nil && c.declared.Image.Baked: // the next run makes it anew
			commands[settingOrigin], commands["digest"] = Command{Heal: commands[""].Remove}, Command{Heal: commands[""].Remove}
		}
		image := c.add("image", id, tags, settings, commands)
		if i.State == ec2types.ImageStatePending {
			image.Passing[""] = "the image is being made"
		}
	}
	c.describeBase()
}

const settingOrigin = "origin"

// usedAsIs tells whether instances are declared to be of an image that is not the stack's.
func (c *canon) usedAsIs(kind string) bool {
	return kind == "image" && c.declared != nil && !c.declared.Image.Baked
}

// settingBase is what base images are told apart by: the one that `up` takes is the newest with a name as declared.
const settingBase = "name"

// describeBase tells which image the next one would be made from.
func (c *canon) describeBase() {
	if b := c.f.base; b != nil {
		id := aws.ToString(b.ImageId)
		c.roles[id] = "of the declaration"
		base := c.add("base image", id, nil, map[string]string{
			settingBase: aws.ToString(b.Name), "architecture": string(b.Architecture), "owner": owner(*b),
		}, nil)
		base.Given, base.Since = true, aws.ToString(b.CreationDate)
		if owner(*b) == "self" { // others' images come to a region when their owner brings them there
			base.Commands[settingBase] = Command{Copy: fmt.Sprintf("ec2 copy-image --source-region %s --source-image-id %s --name %s",
				c.Region, id, shell(aws.ToString(b.Name)))}
		}
	}
}

func (c *canon) rename(kind, id, role string) { c.roles[id], c.names[id] = role, kind+" "+role }

// origin names the image at the beginning of an image's copies, which is the same image wherever they are: REGION/ID. What was
// taken from an instance begins a line of its own. What somebody else publishes, AWS for one, has an id of its own in every region, and is
// the same image by its name. (Image in EC2's API reference: SourceImageId and SourceImageRegion are of
// the image that this one was made from, SourceInstanceId of the instance.)
func (c *canon) origin(i ec2types.Image) string {
	id, region := aws.ToString(i.ImageId), c.Region
	for range 8 { // copies of copies; the facts hold few images, and a circle would never end
		if i.SourceInstanceId != nil || aws.ToString(i.SourceImageId) == "" {
			break
		}
		id, region = *i.SourceImageId, cmpOr(aws.ToString(i.SourceImageRegion), region)
		n := slices.IndexFunc(c.f.images, func(o ec2types.Image) bool { return aws.ToString(o.ImageId) == id })
		if region != c.Region || n < 0 {
			break
		}
		i = c.f.images[n]
	}
	if owner(i) != "self" && aws.ToString(i.ImageId) == id {
		return owner(i) + "/" + aws.ToString(i.Name)
	}
	return region + "/" + id
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func orNone(s string) string { return cmpOr(s, None) }

// owner is AWS's alias of an image's owner, or else "self": account numbers differ where the pair is in two accounts.
func owner(i ec2types.Image) string { return cmpOr(aws.ToString(i.ImageOwnerAlias), "self") }

// image is what an image id stands for: the digest, and not the id, is what two regions share.
func (c *canon) image(id *string) string {
	if id == nil {
		return None
	}
	for _, i := range c.f.images {
		if aws.ToString(i.ImageId) != *id {
			continue
		}
		if made := account.OfEC2(i.Tags)[account.TagDigest]; made != "" {
			return "digest " + made
		}
		return plain(c.Region, aws.ToString(i.Name)) + " of " + owner(i)
	}
	return "an image that is gone"
}

// launchedImage is the image of the template that the group launches from.
func (c *canon) launchedImage() string {
	for _, g := range c.f.fleets {
		if s := discover.TemplateOf(g); s != nil {
			if d := c.versionData(aws.ToString(s.LaunchTemplateId), "$Default"); d != nil {
				return aws.ToString(d.ImageId)
			}
		}
	}
	for _, t := range c.f.templates {
		if d := c.versionData(aws.ToString(t.LaunchTemplateId), "$Default"); d != nil {
			return aws.ToString(d.ImageId)
		}
	}
	return ""
}

// inUse tells whether a template or an instance is of the image.
func (c *canon) inUse(image string) bool {
	for _, i := range c.f.instances {
		if aws.ToString(i.ImageId) == image {
			return true
		}
	}
	for _, versions := range c.f.versions {
		for _, v := range versions {
			if v.LaunchTemplateData != nil && aws.ToString(v.LaunchTemplateData.ImageId) == image {
				return true
			}
		}
	}
	return false
}
