package compute_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// The searches that tutorials and templates make; each finds one image, from which instances start, also after a restart.
func TestFamiliarImagesAreFound(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	d.Reopen()
	for name, owner := range map[string]string{
		"al2023-ami-2023.*":   "amazon",
		"amzn2-ami-hvm-*-gp2": "amazon",
		"ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-*-server-*":     "099720109477",
		"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-*-server-*": "099720109477",
		"debian-12-*":       "136693071363",
		"understudy-host-*": "amazon",
	} {
		found := roomtest.Must(d.DescribeImages(ctx, &ec2.DescribeImagesInput{
			Owners: []string{owner}, Filters: append(regiontest.Where("name", name), regiontest.Where("state", "available")...),
		}))(t).Images
		if len(found) != 1 || !*found[0].Public {
			t.Errorf("%s of %s: %+v", name, owner, found)
			continue
		}
		in := d.launch(subnet)
		in.ImageId = found[0].ImageId
		id := *roomtest.Must(d.RunInstances(ctx, in))(t).Instances[0].InstanceId
		d.AwaitState(id, ec2types.InstanceStateNameRunning)
		if spec := d.Machines.Started(id).Spec; len(spec.Layers) != 0 {
			t.Errorf("%s starts from %v", name, spec.Layers)
		}
	}
}
