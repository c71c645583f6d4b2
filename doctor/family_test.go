package doctor

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
)

func TestFamilies(t *testing.T) {
	for instanceType, want := range map[string]string{
		"t3.micro": standard.name, "m7g.large": standard.name, "im4gn.large": standard.name, "is4gen.large": standard.name, "d3.xlarge": standard.name,
		"hpc6a.48xlarge": "HPC", "dl1.24xlarge": "DL", "inf2.xlarge": "Inf", "g5.xlarge": "G and VT", "vt1.3xlarge": "G and VT",
		"u-6tb1.metal": "high memory", "u7i-12tb.224xlarge": "high memory", "x2idn.16xlarge": "X", "trn1.2xlarge": "Trn", "p5.48xlarge": "P", "f1.2xlarge": "F",
	} {
		if got := familyOf(instanceType).name; got != want {
			t.Errorf("%s is of the family %s, want %s", instanceType, got, want)
		}
	}
}

// What runs on demand and in the same family counts, the stack's own also by itself.
func TestVCPUsThatCount(t *testing.T) {
	var n running
	one := func(instanceType ec2types.InstanceType, change func(*ec2types.Instance)) {
		i := ec2types.Instance{InstanceType: instanceType, CpuOptions: &ec2types.CpuOptions{CoreCount: aws.Int32(2), ThreadsPerCore: aws.Int32(2)}}
		if change != nil {
			change(&i)
		}
		n.add(i, "t3.micro", "shop")
	}
	one("c5.xlarge", nil)
	one("t3.xlarge", func(i *ec2types.Instance) {
		i.Tags = account.Mark("shop", "host-a").EC2(ec2types.ResourceTypeInstance)[0].Tags
	})
	one("g4dn.xlarge", nil)
	one("c5.xlarge", func(i *ec2types.Instance) { i.InstanceLifecycle = ec2types.InstanceLifecycleTypeSpot })
	one("c5.xlarge", func(i *ec2types.Instance) { i.Placement = &ec2types.Placement{Tenancy: ec2types.TenancyHost} })
	if n != (running{all: 8, own: 4}) {
		t.Errorf("%+v", n)
	}
}
