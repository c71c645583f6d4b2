package compute

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// CheckConfiguration refuses what no launch could be: all of a launch is checked but its subnet, which is not known yet. It runs before a
// change and not inside one, since it asks IAM.
func (r *Room) CheckConfiguration(in *ec2.RunInstancesInput) error {
	p := launchPlan{in: in}
	if err := checkRequest(in); err != nil {
		return err
	}
	for _, step := range []func(*launchPlan) error{r.planImage, r.planKey, r.planProfile, r.planHardware} {
		if err := step(&p); err != nil {
			return err
		}
	}
	groups := slices.Clone(in.SecurityGroupIds)
	for _, i := range in.NetworkInterfaces {
		groups = append(groups, i.Groups...)
	}
	for _, id := range groups {
		if err := r.nets.CheckGroup(id); err != nil {
			return err
		}
	}
	return nil
}
