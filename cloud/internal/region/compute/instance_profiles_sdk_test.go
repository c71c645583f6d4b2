package compute_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

// iam is an IAM of the profiles web and batch, and of bare, which has no role.
type iam struct {
	profile.Unavailable // for credentials

	mu   sync.Mutex
	down bool
}

const profiles = "arn:aws:iam::111122223333:instance-profile/app/"

func (f *iam) InstanceProfile(_ context.Context, ref profile.Ref) (profile.Profile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range []profile.Profile{
		{Name: "web", ARN: profiles + "web", ID: "AIPAWEB", Role: "web-role"},
		{Name: "batch", ARN: profiles + "batch", ID: "AIPABATCH", Role: "batch-role"}, {Name: "bare", ARN: profiles + "bare", ID: "AIPABARE"},
	} {
		switch {
		case f.down:
			return p, errors.New("no answer")
		case ref.Name == p.Name || ref.ARN == p.ARN:
			return p, nil
		}
	}
	return profile.Profile{}, profile.ErrMissing
}

func (f *iam) answers(yes bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = !yes
}

func newProfileDesk(t *testing.T) (*desk, *iam, string) {
	t.Helper()
	f := &iam{}
	d := &desk{regiontest.Open(t, region.Config{Name: "us-east-1", Index: 1, Profiles: f})}
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	return d, f, subnet
}

func (d *desk) runWith(subnet string, change func(*ec2.RunInstancesInput)) (ec2types.Instance, error) {
	in := &ec2.RunInstancesInput{
		ImageId: new(d.HostImage()), InstanceType: regiontest.SmallType(), MinCount: new(int32(1)), MaxCount: new(int32(1)), SubnetId: &subnet,
	}
	change(in)
	out, err := d.RunInstances(d.T.Context(), in, func(o *ec2.Options) { o.RetryMaxAttempts = 1 })
	if err != nil {
		return ec2types.Instance{}, err
	}
	return out.Instances[0], nil
}

// refused checks an error's code and whole message.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want %s", err, want)
	}
	if got := e.ErrorCode() + ": " + e.ErrorMessage(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func named(name string) *ec2types.IamInstanceProfileSpecification {
	return &ec2types.IamInstanceProfileSpecification{Name: &name}
}

func TestInstanceIsLaunchedWithAProfile(t *testing.T) {
	d, _, subnet := newProfileDesk(t)
	ctx := t.Context()
	web := &ec2types.IamInstanceProfile{Arn: new(profiles + "web"), Id: new("AIPAWEB")}
	for what, change := range map[string]func(*ec2.RunInstancesInput){
		"by name": func(in *ec2.RunInstancesInput) { in.IamInstanceProfile = named("web") },
		"by ARN": func(in *ec2.RunInstancesInput) {
			in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Arn: new(profiles + "web")}
		},
		"by a template": func(in *ec2.RunInstancesInput) {
			made := roomtest.Must(d.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
				LaunchTemplateName: new("web"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
					IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: new("web")},
				},
			}))(t)
			in.LaunchTemplate = &ec2types.LaunchTemplateSpecification{LaunchTemplateId: made.LaunchTemplate.LaunchTemplateId}
		},
	} {
		i, err := d.runWith(subnet, change)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if diff := cmp.Diff(web, i.IamInstanceProfile, cmp.AllowUnexported(ec2types.IamInstanceProfile{})); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	d.Reopen()
	for filter, value := range map[string]string{
		"iam-instance-profile.arn": profiles + "web", "iam-instance-profile.id": "AIPAWEB", "iam-instance-profile.name": "web",
	} {
		out := roomtest.Must(d.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: regiontest.Where(filter, value)}))(t)
		if len(out.Reservations) != 3 {
			t.Errorf("%s: %d reservations", filter, len(out.Reservations))
		}
	}
	for want, spec := range map[string]*ec2types.IamInstanceProfileSpecification{
		"InvalidParameterValue: Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name": named("none"),
		"InvalidParameterValue: Value (arn:x) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN":  {Arn: new("arn:x")},
		"InvalidParameterValue: IAM Instance Profile \"" + profiles + "bare\" has no associated IAM Roles":                        named("bare"),
		"InvalidParameterCombination: The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'": {
			Arn: new("a"), Name: new("n"),
		},
	} {
		_, err := d.runWith(subnet, func(in *ec2.RunInstancesInput) { in.IamInstanceProfile = spec })
		refused(t, err, want)
	}
}

func (d *desk) associations(ids ...string) []ec2types.IamInstanceProfileAssociation {
	d.T.Helper()
	return roomtest.Must(d.DescribeIamInstanceProfileAssociations(d.T.Context(), &ec2.DescribeIamInstanceProfileAssociationsInput{
		AssociationIds: ids, Filters: regiontest.Where("state", "associated"),
	}))(d.T).IamInstanceProfileAssociations
}

// One association at a time: it is made, replaced, taken back, and ends with its instance.
func TestProfilesOfInstancesChange(t *testing.T) {
	d, _, subnet := newProfileDesk(t)
	ctx := t.Context()
	id := d.Run(subnet, 1)[0]
	made := roomtest.Must(d.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{
		InstanceId: &id, IamInstanceProfile: named("web"),
	}))(t).IamInstanceProfileAssociation
	if made.State != "associating" || *made.InstanceId != id || *made.IamInstanceProfile.Id != "AIPAWEB" {
		t.Errorf("associated %+v", made)
	}
	_, err := d.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{InstanceId: &id, IamInstanceProfile: named("batch")})
	refused(t, err, "IncorrectState: There is an existing association for instance "+id)
	changed := roomtest.Must(d.ReplaceIamInstanceProfileAssociation(ctx, &ec2.ReplaceIamInstanceProfileAssociationInput{
		AssociationId: made.AssociationId, IamInstanceProfile: named("batch"),
	}))(t).IamInstanceProfileAssociation
	if *changed.AssociationId == *made.AssociationId || *changed.IamInstanceProfile.Arn != profiles+"batch" {
		t.Errorf("replaced by %+v", changed)
	}
	d.Reopen()
	all := d.associations(*changed.AssociationId)
	if len(all) != 1 || all[0].State != "associated" || *all[0].InstanceId != id || all[0].Timestamp == nil {
		t.Errorf("listed %+v", all)
	}
	_, err = d.DescribeIamInstanceProfileAssociations(ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{AssociationIds: []string{*made.AssociationId}})
	roomtest.WantAPIError(t, err, "InvalidAssociationID.NotFound")
	_, err = d.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: made.AssociationId})
	refused(t, err, "InvalidAssociationID.NotFound: An invalid association-id of '"+*made.AssociationId+"' was given")
	over := roomtest.Must(d.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: changed.AssociationId}))(t)
	if over.IamInstanceProfileAssociation.State != "disassociating" || len(d.associations()) != 0 {
		t.Errorf("taken back %+v, left %v", over.IamInstanceProfileAssociation, d.associations())
	}
	roomtest.Must(d.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{InstanceId: &id, IamInstanceProfile: named("web")}))(t)
	roomtest.Must(d.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))(t)
	d.AwaitState(id, ec2types.InstanceStateNameTerminated)
	if left := d.associations(); len(left) != 0 {
		t.Errorf("a terminated instance has %+v", left)
	}
}

// Nothing hangs or is made while IAM does not answer, and nobody is told that the profile is wrong.
func TestLaunchWithoutIAM(t *testing.T) {
	d, f, subnet := newProfileDesk(t)
	f.answers(false)
	_, err := d.runWith(subnet, func(in *ec2.RunInstancesInput) { in.IamInstanceProfile = named("web") })
	roomtest.WantAPIError(t, err, "Unavailable")
	if out := roomtest.Must(d.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}))(t); len(out.Reservations) != 0 {
		t.Errorf("there are %v", out.Reservations)
	}
	f.answers(true)
	i, err := d.runWith(subnet, func(in *ec2.RunInstancesInput) { in.IamInstanceProfile = named("web") })
	if err != nil || aws.ToString(i.IamInstanceProfile.Id) != "AIPAWEB" {
		t.Errorf("%+v, %v", i.IamInstanceProfile, err)
	}
}
