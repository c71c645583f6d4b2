package machines

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Instances returns those with these tags that are neither terminated nor shutting down.
func Instances(ctx context.Context, s resource.Scope, tags account.Tags) ([]ec2types.Instance, error) {
	return InstancesWhere(ctx, s, tags.Filters()...)
}

// InstancesWhere returns those that the filters select and that are neither terminated nor shutting down.
func InstancesWhere(ctx context.Context, s resource.Scope, filters ...ec2types.Filter) ([]ec2types.Instance, error) {
	alive := account.Filter("instance-state-name", "pending", "running", "stopping", "stopped")
	pages := ec2.NewDescribeInstancesPaginator(s.EC2, &ec2.DescribeInstancesInput{Filters: append(filters, alive)})
	var found []ec2types.Instance
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe instances: %w", err)
		}
		for _, r := range page.Reservations {
			found = append(found, r.Instances...)
		}
	}
	return found, nil
}

// instance returns one instance, or nil where it is not there.
func instance(ctx context.Context, s resource.Scope, id string) (*ec2types.Instance, error) {
	out, err := s.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	switch {
	case account.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("describe %s: %w", id, err)
	}
	for _, r := range out.Reservations {
		for i := range r.Instances {
			return &r.Instances[i], nil
		}
	}
	return nil, nil
}

// launch runs one instance and returns its id when EC2 says that it is running.
func launch(ctx context.Context, s resource.Scope, in *ec2.RunInstancesInput, parts ...string) (id string, err error) {
	in.MinCount, in.MaxCount = aws.Int32(1), aws.Int32(1)
	err = account.Live(ctx, func(ctx context.Context, token string) (bool, error) {
		in.ClientToken = &token
		out, err := s.EC2.RunInstances(ctx, in)
		if err != nil {
			return false, fmt.Errorf("run instance: %w", err)
		}
		id = aws.ToString(out.Instances[0].InstanceId)
		return resource.Settled(ctx, func(ctx context.Context) (bool, error) {
			i, err := instance(ctx, s, id)
			if i != nil && !starting(*i) {
				return false, resource.ErrGone
			}
			return i != nil, err
		})
	}, launchParts(s, parts)...)
	if err != nil {
		return "", err
	}
	return id, account.Poll(ctx, id, resource.LongTime, func(ctx context.Context) (bool, error) {
		i, err := instance(ctx, s, id)
		if err != nil || i == nil {
			return false, err
		}
		if !starting(*i) {
			return false, fmt.Errorf("it is %s: %s", i.State.Name, aws.ToString(i.StateTransitionReason))
		}
		return i.State.Name == ec2types.InstanceStateNameRunning, nil
	})
}

func launchParts(s resource.Scope, parts []string) []string {
	return append([]string{s.Stack(), s.Region, "instance"}, parts...)
}

// launchedFor tells whether a client token is one that launch uses for these parts.
func launchedFor(s resource.Scope, token string, parts ...string) bool {
	return token != "" && account.LivedBy(token, launchParts(s, parts)...)
}

// Terminate ends instances and returns when they are gone, and with them their network interfaces.
func Terminate(ctx context.Context, s resource.Scope, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids})
	if err != nil && !account.IsNotFound(err) {
		return fmt.Errorf("terminate instances: %w", err)
	}
	for _, id := range ids {
		err := account.Poll(ctx, "the end of "+id, resource.LongTime, func(ctx context.Context) (bool, error) {
			i, err := instance(ctx, s, id)
			return err == nil && (i == nil || i.State.Name == ec2types.InstanceStateNameTerminated), err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
