package machines

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// Settings of an instance that a launch leaves as AWS makes them, and that are changed while it runs. With termination protection,
// a host cannot be replaced; one that terminates when it shuts itself down does not come back.
const (
	protection = "termination protection"
	shutdown   = "shutdown behavior"
	tokens     = "metadata tokens"
	detailed   = "detailed monitoring"
)

// userData is a setting of an instance that only DescribeInstanceAttribute tells, and that changes while it is stopped.
const userData = "user data"

// asLaunched tells of a host how the version that it was launched from differs from what is declared, in what cannot be changed later
// and is not seen at an instance.
const asLaunched = "launched with another"

var onlyLaunched = []string{"hop limit", "volume"}

// launchedWithAnother reads the version from the tags that EC2 gives to what is launched from a template ("Launch instances from a launch
// template" in the Amazon EC2 User Guide). A version that is gone, or of another template, tells nothing.
func (t *Template) launchedWithAnother(tags map[string]string) string {
	n, err := strconv.ParseInt(tags["aws:ec2launchtemplate:version"], 10, 64)
	data := t.says[n]
	if err != nil || data == nil || tags["aws:ec2launchtemplate:id"] != t.ID {
		return ""
	}
	var names []string
	for _, d := range resource.Compare(t.content(), contentOf(data)) {
		if slices.Contains(onlyLaunched, d.Name) {
			names = append(names, d.Name)
		}
	}
	return resource.Set(names...)
}

// renews tells whether a host has to be replaced for some differences.
func renews(differences []resource.Difference) bool {
	return slices.ContainsFunc(differences, func(d resource.Difference) bool {
		return !slices.Contains([]string{"tagged", "running", protection, shutdown, tokens, detailed}, d.Name)
	})
}

// readSettings adds to what was seen of the host what only DescribeInstanceAttribute tells, one attribute in each call.
func (h *Host) readSettings(ctx context.Context) (bool, error) {
	var protected, behavior, data *ec2.DescribeInstanceAttributeOutput
	all, ctx := errgroup.WithContext(ctx)
	for name, into := range map[ec2types.InstanceAttributeName]**ec2.DescribeInstanceAttributeOutput{
		ec2types.InstanceAttributeNameDisableApiTermination: &protected, ec2types.InstanceAttributeNameInstanceInitiatedShutdownBehavior: &behavior,
		ec2types.InstanceAttributeNameUserData: &data,
	} {
		all.Go(func() (err error) {
			*into, err = h.attribute(ctx, name)
			return err
		})
	}
	err := all.Wait()
	if account.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	how := ec2types.ShutdownBehaviorStop
	if v := behavior.InstanceInitiatedShutdownBehavior; v != nil {
		how = ec2types.ShutdownBehavior(aws.ToString(v.Value))
	}
	said := ""
	if v := data.UserData; v != nil {
		said = aws.ToString(v.Value)
	}
	h.seen = append(h.seen, resource.Field{Name: protection, Value: resource.Yes(network.On(protected.DisableApiTermination))},
		resource.Field{Name: shutdown, Value: string(how)},
		resource.Field{Name: userData, Value: userDataText(said)})
	return true, nil
}

func (h *Host) attribute(ctx context.Context, name ec2types.InstanceAttributeName) (*ec2.DescribeInstanceAttributeOutput, error) {
	out, err := h.EC2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &h.ID, Attribute: name})
	if err != nil {
		return nil, fmt.Errorf("describe %s of %s: %w", name, h.ID, err)
	}
	return out, nil
}

// reset gives the host's settings back, one in each call (ModifyInstanceAttribute and ModifyInstanceMetadataOptions in the EC2 API Reference).
func (h *Host) reset(ctx context.Context, differences []resource.Difference) error {
	for _, in := range []struct {
		name string
		*ec2.ModifyInstanceAttributeInput
	}{
		{protection, &ec2.ModifyInstanceAttributeInput{DisableApiTermination: &ec2types.AttributeBooleanValue{Value: aws.Bool(false)}}},
		{shutdown, &ec2.ModifyInstanceAttributeInput{
			InstanceInitiatedShutdownBehavior: &ec2types.AttributeValue{Value: aws.String(string(ec2types.ShutdownBehaviorStop))},
		}},
	} {
		if !resource.Differs(differences, in.name) {
			continue
		}
		in.InstanceId = &h.ID
		if _, err := h.EC2.ModifyInstanceAttribute(ctx, in.ModifyInstanceAttributeInput); err != nil {
			return fmt.Errorf("set the %s of %s: %w", in.name, h.ID, err)
		}
	}
	if resource.Differs(differences, tokens) {
		in := &ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &h.ID, HttpTokens: ec2types.HttpTokensState(h.Declared.Instance.Metadata)}
		if _, err := h.EC2.ModifyInstanceMetadataOptions(ctx, in); err != nil {
			return fmt.Errorf("set the %s of %s: %w", tokens, h.ID, err)
		}
	}
	if resource.Differs(differences, detailed) {
		return h.monitor(ctx)
	}
	return nil
}

// monitor gives the host the declared monitoring.
func (h *Host) monitor(ctx context.Context) (err error) {
	if h.Declared.Instance.Monitoring == understudy.MonitoringDetailed {
		_, err = h.EC2.MonitorInstances(ctx, &ec2.MonitorInstancesInput{InstanceIds: []string{h.ID}})
	} else {
		_, err = h.EC2.UnmonitorInstances(ctx, &ec2.UnmonitorInstancesInput{InstanceIds: []string{h.ID}})
	}
	if err != nil {
		return fmt.Errorf("set the monitoring of %s: %w", h.ID, err)
	}
	return nil
}
