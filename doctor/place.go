package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/understudy/understudy"
)

const whyZones = "a load balancer and a fleet need subnets in two zones, so that the loss of one zone is not the loss of the region"

func judgeZones(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	if r.zones.err != nil {
		return []Finding{unread(CheckZones, side, "ec2:DescribeAvailabilityZones", r.zones.err)}
	}
	n := len(r.zones.value)
	if n >= d.Zones {
		return nil
	}
	f := Finding{
		CheckZones, Blocker, side, fmt.Sprintf("%s has %d usable availability zones, and %d are needed", r.name, n, d.Zones), whyZones,
		"declare another region as the " + string(side),
	}
	if n >= 2 {
		f.Heal += ", or zones: 2"
	}
	return []Finding{f}
}

const whyType = "the fleet cannot launch there, and a standby that cannot launch serves nobody"

// judgeType looks at all declared zones: not every type is in every zone (DescribeInstanceTypeOfferings in the EC2 API Reference).
func judgeType(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	if r.offered.err != nil {
		return []Finding{unread(CheckType, side, "ec2:DescribeInstanceTypeOfferings", r.offered.err)}
	}
	if r.zones.err != nil {
		return nil
	}
	var without []string
	zones := r.zones.value[:min(d.Zones, len(r.zones.value))]
	for _, zone := range zones {
		if !slices.Contains(r.offered.value, zone) {
			without = append(without, zone)
		}
	}
	if len(without) == 0 {
		return nil
	}
	heal := "declare another instance type"
	if len(r.offered.value) > 0 {
		heal += "; " + d.InstanceType(side) + " is in " + strings.Join(r.offered.value, ", ") +
			fmt.Sprintf(", and the first %d zones by name are used", d.Zones)
	}
	return []Finding{{CheckType, Blocker, side, fmt.Sprintf("%s is not offered in %s", d.InstanceType(side), strings.Join(without, " and ")), whyType, heal}}
}

// judgeImage looks for the image that is selected, and whether it runs on the declared type. Where images are baked, nothing is needed of the
// secondary's until the primary is lost: until then its image is a copy of the primary's.
func judgeImage(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	from := d.Origin(side)
	if r.image.err != nil {
		action := "ec2:DescribeImages"
		if from.Parameter != "" {
			action = "ssm:GetParameter"
		}
		return []Finding{unread(CheckImage, side, action, r.image.err)}
	}
	if r.image.value == nil {
		f := Finding{
			CheckImage, Blocker, side, fmt.Sprintf("there is no %s in %s", from, r.name), "the service's image is made from it", "declare " + selects(d, side, r.name),
		}
		switch {
		case !d.Image.Baked:
			f.Why = "the service's instances are of it"
		case side == understudy.Secondary:
			f.Severity, f.Why = Warning, "once the primary is lost, its images can be baked in this region only"
			f.Heal = "aws ec2 copy-image to " + r.name + ", or " + f.Heal
		}
		return []Finding{f}
	}
	return judgeArchitecture(d, side, r)
}

// selects names the key that selects a region's image, and what may stand there.
func selects(d *understudy.Declaration, side understudy.Side, region string) string {
	switch {
	case d.Regions[side].Image != "":
		return fmt.Sprintf("regions.%s.image by what the region has: aws ec2 describe-images --region %s", side, region)
	case d.Image.Parameter != "":
		return "image.parameter by a name that both regions have: aws ssm get-parameter --region " + region + " --name " + d.Image.Parameter
	}
	return "image.base by names that both regions have: aws ec2 describe-images --region " + region
}

func judgeArchitecture(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	if r.kind.err != nil {
		return []Finding{unread(CheckType, side, "ec2:DescribeInstanceTypes", r.kind.err)}
	}
	image := r.image.value
	if !r.kind.value.known || slices.Contains(r.kind.value.architectures, image.architecture) {
		return nil // a type that is not known is offered in no zone, which is said already
	}
	runs := strings.Join(r.kind.value.architectures, " or ")
	return []Finding{{
		CheckType, Blocker, side,
		fmt.Sprintf("%s is for %s, and %s (%s) is for %s", d.InstanceType(side), runs, image.name, image.id, image.architecture),
		"no instance of it starts, in either region", "declare an instance type or a base image of the other architecture",
	}}
}
