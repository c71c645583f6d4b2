package doctor

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// launch is the action whose trial proves nothing when it is refused: before a first up there is no subnet that the least policy
// allows to launch in.
const launch = "ec2:RunInstances"

// try sends those of up's first calls that can be told before anything exists, with DryRun: AWS then answers
// DryRunOperation if the caller may, and UnauthorizedOperation if not ("Error codes for the Amazon EC2 API"). Only calls that
// make something are tried: an endpoint that carried out a deletion in spite of DryRun would do harm.
func (q asker) try(ctx context.Context, place understudy.Region, image *base) []trial {
	type call struct {
		action string
		send   func() error
	}
	dry, mark := aws.Bool(true), account.Mark(q.declared.Name, "doctor")
	networks := []call{
		{"ec2:CreateVpc", func() error {
			in := &ec2.CreateVpcInput{DryRun: dry, CidrBlock: aws.String(place.CIDR.String()), TagSpecifications: mark.EC2(ec2types.ResourceTypeVpc)}
			_, err := q.EC2.CreateVpc(ctx, in, account.Once)
			return err
		}},
		{"ec2:CreateInternetGateway", func() error {
			in := &ec2.CreateInternetGatewayInput{DryRun: dry, TagSpecifications: mark.EC2(ec2types.ResourceTypeInternetGateway)}
			_, err := q.EC2.CreateInternetGateway(ctx, in, account.Once)
			return err
		}},
	}
	calls := []call{
		{"ec2:CreateLaunchTemplate", func() error {
			_, err := q.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
				DryRun: dry, LaunchTemplateName: aws.String("understudy-" + q.declared.Name + "-doctor"),
				LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: ec2types.InstanceType(q.declared.InstanceType(q.side))},
				TagSpecifications:  mark.EC2(ec2types.ResourceTypeLaunchTemplate),
			}, account.Once)
			return err
		}},
	}
	if image != nil {
		calls = append(calls, call{launch, func() error {
			_, err := q.EC2.RunInstances(ctx, &ec2.RunInstancesInput{
				DryRun: dry, ImageId: &image.id, InstanceType: ec2types.InstanceType(q.declared.InstanceType(q.side)),
				MinCount: aws.Int32(1), MaxCount: aws.Int32(1), TagSpecifications: mark.EC2(ec2types.ResourceTypeInstance),
			}, account.Once)
			return err
		}})
	}
	if !place.Given() {
		calls = append(networks, calls...)
	}
	var all sync.WaitGroup
	tried := make([]trial, len(calls))
	for i, c := range calls {
		all.Go(func() { tried[i] = trial{c.action, c.send()} })
	}
	all.Wait()
	return tried
}

// judgePermissions says which action the caller may not call, and what could not be tried.
func judgePermissions(side understudy.Side, r region) (all []Finding) {
	var unknown []string
	for _, t := range r.tried {
		switch {
		case account.IsCode(t.err, "DryRunOperation"):
		case account.IsCode(t.err, refusals...) && t.action == launch:
			unknown = append(unknown, launch+" (refused without a subnet that has the stack's tag, as the least policy does)")
		case account.IsCode(t.err, refusals...):
			all = append(all, refused(side, t.action, t.err))
		case t.err == nil:
			all = append(all, Finding{
				CheckPermission, Warning, side, t.action + " with DryRun was carried out: this endpoint does not know DryRun",
				"what it made has no user, and may cost money", "delete what has the tag " + account.TagRole + "=doctor in " + r.name,
			})
		default:
			reason := account.Code(t.err)
			if reason == "" {
				reason = "no answer"
			}
			unknown = append(unknown, t.action+" ("+reason+")")
		}
	}
	what := "only EC2 has DryRun; what the caller may do in Elastic Load Balancing, Auto Scaling and Route 53 is not known"
	if len(unknown) > 0 {
		what += ", nor for " + strings.Join(unknown, ", ")
	}
	return append(all, Finding{
		CheckPermission, Unchecked, side, what, "an action that lacks stops up half-way, or a failover on the day of the outage",
		"compare the caller's policy with `understudy doctor --policy`",
	})
}

const healPermission = "give the caller the policy that `understudy doctor --policy` prints"

// refused is the finding that the caller lacks a permission.
func refused(side understudy.Side, action string, err error) Finding {
	return Finding{
		CheckPermission, Blocker, side, fmt.Sprintf("the caller may not call %s (%s)", action, account.Code(err)),
		"the stack cannot be built, nor its failover be watched, without it", healPermission,
	}
}
