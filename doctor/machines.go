package doctor

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// hasKey tells whether the region has the declared key pair.
func (q asker) hasKey(ctx context.Context) (bool, error) {
	if q.declared.Instance.Key == "" {
		return true, nil
	}
	_, err := q.EC2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{q.declared.Instance.Key}})
	if account.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// rootSize returns the size of an image's root volume in GiB, 0 where it is not told.
func rootSize(i ec2types.Image) int {
	for _, d := range i.BlockDeviceMappings {
		if d.Ebs != nil && aws.ToString(d.DeviceName) == aws.ToString(i.RootDeviceName) {
			return int(aws.ToInt32(d.Ebs.VolumeSize))
		}
	}
	return 0
}

// judgeMachines looks at what is declared of instances and has to be in each region.
func judgeMachines(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	all := judgeKeyPair(d, side, r)
	if i := r.image.value; i != nil && d.Instance.Volume.Size > 0 && d.Instance.Volume.Size < i.root {
		all = append(all, Finding{
			CheckVolume, Blocker, side,
			fmt.Sprintf("%s (%s) has a root volume of %d GiB, and instance.volume.size is %d", i.name, i.id, i.root, d.Instance.Volume.Size),
			"no instance of an image starts with a smaller root than the image's", fmt.Sprintf("declare at least %d", i.root),
		})
	}
	return all
}

func judgeKeyPair(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	switch {
	case r.keyPair.err != nil:
		return []Finding{unread(CheckKeyPair, side, "ec2:DescribeKeyPairs", r.keyPair.err)}
	case !r.keyPair.value:
		return []Finding{{
			CheckKeyPair, Blocker, side, fmt.Sprintf("%s has no key pair %s", r.name, d.Instance.Key),
			"the fleet cannot launch there, and a standby that cannot launch serves nobody",
			"aws ec2 import-key-pair --region " + r.name + " --key-name " + d.Instance.Key + " --public-key-material fileb://KEY.pub",
		}}
	}
	return nil
}
