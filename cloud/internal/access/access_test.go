package access

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/arczonalshift"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/policy"
	"github.com/understudy/understudy/cloud/internal/wire"
)

const (
	balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1"
	target   = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
	listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/1/2"
	group    = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:uuid:autoScalingGroupName/web"
)

// region has what calls name.
type region struct{ lost bool }

// shifted is the balancer with the keys of calls that shift it.
const shifted = balancer + " arc-zonal-shift:resourceidentifier=" + balancer + " aws:resourcetag/stack=a elasticloadbalancing:resourcetag/stack=a"

const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"

func (g region) Ask(_ context.Context, _ string, q Question) (Answer, error) {
	if g.lost {
		return Answer{}, errors.New("it is lost")
	}
	things := map[string]Thing{
		"vpc-00000001": {Tags: map[string]string{"stack": "a"}}, "subnet-00000001": {Tags: map[string]string{"stack": "a"}},
		"rtbassoc-00000001": {Of: []string{"rtb-00000001", "subnet-00000001"}}, "rtb-00000001": {Tags: map[string]string{"stack": "a"}},
		"key-00000001": {ARN: "arn:aws:ec2:us-east-1:123456789012:key-pair/mine"}, "lt-00000001": {}, "ami-00000001": {}, "sg-00000001": {},
		"i-00000001": {Tags: map[string]string{"aws:autoscaling:groupName": "web"}},
		balancer:     {Tags: map[string]string{"stack": "a"}}, target: {}, listener: {},
		"zonalshift/00000001": {ARN: balancer, Of: []string{balancer}},
		certificate:           {Tags: map[string]string{"stack": "a"}},
		"parameter/web/size":  {Tags: map[string]string{"stack": "a"}},
		groupName + "web":     {ARN: group, Tags: map[string]string{"stack": "a"}},
	}
	a := Answer{Things: map[string]Thing{}}
	for _, n := range q.Names {
		if t, ok := things[n]; ok {
			a.Things[n] = t
			for _, of := range t.Of {
				a.Things[of] = things[of]
			}
		}
	}
	if q.Template != nil {
		a.TemplateID, a.Things["lt-00000001"] = "lt-00000001", Thing{}
		a.Template = &ec2types.RequestLaunchTemplateData{
			ImageId: new("ami-00000001"), SecurityGroupIds: []string{"sg-00000001"}, KeyName: new("mine"),
			IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: new("web")},
			TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{
				{ResourceType: "instance", Tags: []ec2types.Tag{{Key: new("stack"), Value: new("a")}}},
			},
		}
	}
	return a, nil
}

// people is an IAM of one user, ann, with the policies that a test gives.
type people struct {
	given, bound, session []string
	serviceRole, trusted  bool
}

func read(texts []string) (all []policy.Document, err error) {
	for _, t := range texts {
		d, err := policy.Identity(t)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

func (p people) PoliciesOf(c door.Caller) (all policy.Policies, about policy.Context, err error) {
	about = policy.Context{}
	about.Set("aws:PrincipalArn", c.ARN)
	var errs [3]error
	all.Identity, errs[0] = read(p.given)
	all.Boundary, errs[1] = read(p.bound)
	all.Session, errs[2] = read(p.session)
	return all, about, errors.Join(errs[:]...)
}

func (people) ARNOf(kind, name string) (string, bool) {
	return "arn:aws:iam::123456789012:" + kind + "/path/" + name, name != "nobody"
}

func (people) RoleOf(profile string) (string, bool) {
	return "arn:aws:iam::123456789012:role/of-" + profile, profile != ""
}
func (p people) HasServiceRole(string) bool     { return p.serviceRole }
func (p people) Names(string, door.Caller) bool { return p.trusted }
func (p people) asked() Principals              { return p }

var ann = door.Caller{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/ann", User: "ann"}

// call has the SDK's client make a request, and reads it as the front door does.
func call(t *testing.T, s *wire.Service, do func(aws.Config) error) door.Asked {
	t.Helper()
	var a door.Asked
	err := do(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://cloud"), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""),
		HTTPClient: client(func(r *http.Request) (*http.Response, error) {
			var body []byte
			var err error
			if r.Body != nil {
				body, err = io.ReadAll(r.Body)
			}
			in := httptest.NewRequest(r.Method, r.URL.String(), bytes.NewReader(body))
			in.Header, in.RemoteAddr = r.Header, "127.0.0.1:4444"
			a = door.Asked{Service: s, Request: in, Body: body, Operation: s.OperationOf(in, body)}
			if !s.Global() {
				a.Region = "us-east-1"
			}
			return nil, errors.Join(err, errors.New("recorded"))
		}),
	})
	if a.Operation == "" {
		t.Fatalf("no request was made: %v", err)
	}
	return a
}

type client func(*http.Request) (*http.Response, error)

func (c client) Do(r *http.Request) (*http.Response, error) { return c(r) }

func specs(kind string) []ec2types.TagSpecification {
	return []ec2types.TagSpecification{{ResourceType: ec2types.ResourceType(kind), Tags: []ec2types.Tag{{Key: new("stack"), Value: new("a")}}}}
}

// What calls need: each action, its resource, and the keys that tell of tags and of what else the resource is narrowed by.
func TestNeeds(t *testing.T) {
	ctx := t.Context()
	const own, ec2ARN = "arn:aws:iam::123456789012:", "arn:aws:ec2:us-east-1:123456789012:"
	const said, has = " aws:requesttag/stack=a aws:tagkeys=stack", " aws:resourcetag/stack=a ec2:resourcetag/stack=a"
	for what, c := range map[string]struct {
		service *wire.Service
		do      func(aws.Config) error
		want    []string
	}{
		"describe": {wire.EC2, func(c aws.Config) error {
			_, err := ec2.NewFromConfig(c).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-00000001"}})
			return err
		}, []string{"ec2:DescribeVpcs *"}},
		"make with tags": {wire.EC2, func(c aws.Config) error {
			_, err := ec2.NewFromConfig(c).CreateSubnet(ctx, &ec2.CreateSubnetInput{
				VpcId: new("vpc-00000001"), CidrBlock: new("10.0.0.0/24"), TagSpecifications: specs("subnet"),
			})
			return err
		}, []string{
			"ec2:CreateSubnet " + ec2ARN + "subnet/*" + said, "ec2:CreateSubnet " + ec2ARN + "vpc/vpc-00000001" + has,
			"ec2:CreateTags " + ec2ARN + "subnet/*" + said + " ec2:createaction=CreateSubnet",
		}},
		"tag": {wire.EC2, func(c aws.Config) error {
			_, err := ec2.NewFromConfig(c).CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{"vpc-00000001", "vpc-00000009"}, Tags: specs("")[0].Tags})
			return err
		}, []string{
			"ec2:CreateTags " + ec2ARN + "vpc/vpc-00000001 aws:requesttag/stack=a aws:resourcetag/stack=a aws:tagkeys=stack ec2:resourcetag/stack=a",
			"ec2:CreateTags " + ec2ARN + "vpc/vpc-00000009" + said,
		}},
		"an association": {wire.EC2, func(c aws.Config) error {
			_, err := ec2.NewFromConfig(c).DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: new("rtbassoc-00000001")})
			return err
		}, []string{
			"ec2:DisassociateRouteTable " + ec2ARN + "route-table/rtb-00000001" + has, "ec2:DisassociateRouteTable " + ec2ARN + "subnet/subnet-00000001" + has,
		}},
		"a key pair's id": {wire.EC2, func(c aws.Config) error {
			_, err := ec2.NewFromConfig(c).DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyPairId: new("key-00000001")})
			return err
		}, []string{"ec2:DeleteKeyPair " + ec2ARN + "key-pair/mine"}},
		"launch from a template": {wire.EC2, func(c aws.Config) error {
			_, err := ec2.NewFromConfig(c).RunInstances(ctx, &ec2.RunInstancesInput{
				LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateName: new("web")}, SubnetId: new("subnet-00000001"),
				MinCount: new(int32(1)), MaxCount: new(int32(1)),
			})
			return err
		}, []string{
			"ec2:CreateTags " + ec2ARN + "instance/*" + said + " ec2:createaction=RunInstances",
			"ec2:RunInstances " + ec2ARN + "instance/*" + said, "ec2:RunInstances " + ec2ARN + "key-pair/mine",
			"ec2:RunInstances " + ec2ARN + "launch-template/lt-00000001", "ec2:RunInstances " + ec2ARN + "network-interface/*",
			"ec2:RunInstances " + ec2ARN + "security-group/sg-00000001", "ec2:RunInstances " + ec2ARN + "subnet/subnet-00000001" + has,
			"ec2:RunInstances " + ec2ARN + "volume/*", "ec2:RunInstances arn:aws:ec2:us-east-1::image/ami-00000001",
			"iam:PassRole " + own + "role/of-web iam:passedtoservice=ec2.amazonaws.com",
		}},
		"a load balancer": {wire.ELBv2, func(c aws.Config) error {
			_, err := elb.NewFromConfig(c).CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
				Name: new("web"), Tags: []elbtypes.Tag{{Key: new("stack"), Value: new("a")}},
			})
			return err
		}, []string{
			"elasticloadbalancing:AddTags arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/*" + said +
				" elasticloadbalancing:createaction=CreateLoadBalancer",
			"elasticloadbalancing:CreateLoadBalancer arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/*" + said,
			"iam:CreateServiceLinkedRole " + own + "role/aws-service-role/elasticloadbalancing.amazonaws.com/* iam:awsservicename=elasticloadbalancing.amazonaws.com",
		}},
		"a listener, not the target group of its action": {wire.ELBv2, func(c aws.Config) error {
			_, err := elb.NewFromConfig(c).CreateListener(ctx, &elb.CreateListenerInput{
				LoadBalancerArn: new(balancer), DefaultActions: []elbtypes.Action{{Type: "forward", TargetGroupArn: new(target)}},
			})
			return err
		}, []string{"elasticloadbalancing:CreateListener " + balancer + " aws:resourcetag/stack=a elasticloadbalancing:resourcetag/stack=a"}},
		"a group": {wire.AutoScaling, func(c aws.Config) error {
			_, err := autoscaling.NewFromConfig(c).SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{
				AutoScalingGroupName: new("web"), DesiredCapacity: new(int32(1)),
			})
			return err
		}, []string{"autoscaling:SetDesiredCapacity " + group + " autoscaling:resourcetag/stack=a aws:resourcetag/stack=a"}},
		"an instance's group": {wire.AutoScaling, func(c aws.Config) error {
			_, err := autoscaling.NewFromConfig(c).TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{
				InstanceId: new("i-00000001"), ShouldDecrementDesiredCapacity: new(true),
			})
			return err
		}, []string{"autoscaling:TerminateInstanceInAutoScalingGroup " + group + " autoscaling:resourcetag/stack=a aws:resourcetag/stack=a"}},
		"records": {wire.Route53, func(c aws.Config) error {
			_, err := route53.NewFromConfig(c).ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
				HostedZoneId: new("Z1"), ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{
					{Action: "UPSERT", ResourceRecordSet: &r53types.ResourceRecordSet{Name: new("WWW.a.test."), Type: "A"}},
				}},
			})
			return err
		}, []string{"route53:ChangeResourceRecordSets arn:aws:route53:::hostedzone/Z1 route53:changeresourcerecordsetsactions=UPSERT " +
			"route53:changeresourcerecordsetsnormalizedrecordnames=www.a.test route53:changeresourcerecordsetsrecordtypes=A"}},
		"tags of a check": {wire.Route53, func(c aws.Config) error {
			_, err := route53.NewFromConfig(c).ListTagsForResource(ctx, &route53.ListTagsForResourceInput{ResourceType: "healthcheck", ResourceId: new("h1")})
			return err
		}, []string{"route53:ListTagsForResource arn:aws:route53:::healthcheck/h1"}},
		"oneself": {wire.IAM, func(c aws.Config) error {
			_, err := iam.NewFromConfig(c).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{})
			return err
		}, []string{"iam:CreateAccessKey " + own + "user/ann"}},
		"a new user": {wire.IAM, func(c aws.Config) error {
			_, err := iam.NewFromConfig(c).CreateUser(ctx, &iam.CreateUserInput{UserName: new("bob"), Path: new("/new/")})
			return err
		}, []string{"iam:CreateUser " + own + "user/new/bob"}},
		"a role": {wire.STS, func(c aws.Config) error {
			_, err := sts.NewFromConfig(c).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new(own + "role/web"), RoleSessionName: new("s")})
			return err
		}, []string{"sts:AssumeRole " + own + "role/web"}},
		"parameters": {wire.SSM, func(c aws.Config) error {
			_, err := ssm.NewFromConfig(c).GetParameters(ctx, &ssm.GetParametersInput{Names: []string{
				"/web/size:3", "plain", "/aws/service/image", "arn:aws:ssm:us-east-1:123456789012:parameter/far/off",
			}})
			return err
		}, []string{
			"ssm:GetParameters arn:aws:ssm:us-east-1:123456789012:parameter/far/off", "ssm:GetParameters arn:aws:ssm:us-east-1:123456789012:parameter/plain",
			"ssm:GetParameters arn:aws:ssm:us-east-1:123456789012:parameter/web/size aws:resourcetag/stack=a ssm:resourcetag/stack=a",
			"ssm:GetParameters arn:aws:ssm:us-east-1::parameter/aws/service/image",
		}},
		"a hierarchy of parameters": {wire.SSM, func(c aws.Config) error {
			_, err := ssm.NewFromConfig(c).GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: new("/web"), Recursive: new(true)})
			return err
		}, []string{"ssm:GetParametersByPath arn:aws:ssm:us-east-1:123456789012:parameter/web ssm:recursive=true"}},
		"a new parameter": {wire.SSM, func(c aws.Config) error {
			_, err := ssm.NewFromConfig(c).PutParameter(ctx, &ssm.PutParameterInput{
				Name: new("/web/new"), Value: new("1"), Tags: []ssmtypes.Tag{{Key: new("stack"), Value: new("a")}}, Overwrite: new(false),
			})
			return err
		}, []string{"ssm:PutParameter arn:aws:ssm:us-east-1:123456789012:parameter/web/new" + said + " ssm:overwrite=false"}},
		"a parameter's tags": {wire.SSM, func(c aws.Config) error {
			_, err := ssm.NewFromConfig(c).RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{
				ResourceType: "Parameter", ResourceId: new("/web/size"), TagKeys: []string{"stack"},
			})
			return err
		}, []string{
			"ssm:RemoveTagsFromResource arn:aws:ssm:us-east-1:123456789012:parameter/web/size aws:resourcetag/stack=a aws:tagkeys=stack ssm:resourcetag/stack=a",
		}},
		"all parameters": {wire.SSM, func(c aws.Config) error {
			_, err := ssm.NewFromConfig(c).DescribeParameters(ctx, &ssm.DescribeParametersInput{})
			return err
		}, []string{"ssm:DescribeParameters *"}},
		"a certificate": {wire.ACM, func(c aws.Config) error {
			_, err := acm.NewFromConfig(c).DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: new(certificate)})
			return err
		}, []string{"acm:DeleteCertificate " + certificate + " aws:resourcetag/stack=a"}},
		"a new certificate": {wire.ACM, func(c aws.Config) error {
			_, err := acm.NewFromConfig(c).ImportCertificate(ctx, &acm.ImportCertificateInput{
				Certificate: []byte("a"), PrivateKey: []byte("b"), Tags: []acmtypes.Tag{{Key: new("stack"), Value: new("a")}},
			})
			return err
		}, []string{"acm:ImportCertificate arn:aws:acm:us-east-1:123456789012:certificate/*" + said}},
		"all certificates": {wire.ACM, func(c aws.Config) error {
			_, err := acm.NewFromConfig(c).ListCertificates(ctx, &acm.ListCertificatesInput{})
			return err
		}, []string{"acm:ListCertificates *"}},
		"a zonal shift's start": {wire.ZonalShift, func(c aws.Config) error {
			_, err := arczonalshift.NewFromConfig(c).StartZonalShift(ctx, &arczonalshift.StartZonalShiftInput{
				ResourceIdentifier: new(balancer), AwayFrom: new("use1-az1"), ExpiresIn: new("1h"), Comment: new(""),
			})
			return err
		}, []string{"arc-zonal-shift:StartZonalShift " + shifted}},
		"a zonal shift": {wire.ZonalShift, func(c aws.Config) error {
			_, err := arczonalshift.NewFromConfig(c).CancelZonalShift(ctx, &arczonalshift.CancelZonalShiftInput{ZonalShiftId: new("00000001")})
			return err
		}, []string{"arc-zonal-shift:CancelZonalShift " + shifted}},
		"no zonal shift": {wire.ZonalShift, func(c aws.Config) error {
			_, err := arczonalshift.NewFromConfig(c).UpdateZonalShift(ctx, &arczonalshift.UpdateZonalShiftInput{ZonalShiftId: new("00000002")})
			return err
		}, []string{"arc-zonal-shift:UpdateZonalShift *"}},
		"a managed resource": {wire.ZonalShift, func(c aws.Config) error {
			_, err := arczonalshift.NewFromConfig(c).GetManagedResource(ctx, &arczonalshift.GetManagedResourceInput{ResourceIdentifier: new(balancer)})
			return err
		}, []string{"arc-zonal-shift:GetManagedResource " + shifted}},
		"all managed resources": {wire.ZonalShift, func(c aws.Config) error {
			_, err := arczonalshift.NewFromConfig(c).ListManagedResources(ctx, &arczonalshift.ListManagedResourcesInput{})
			return err
		}, []string{"arc-zonal-shift:ListManagedResources *"}},
		"a new topic": {wire.SNS, func(c aws.Config) error {
			_, err := sns.NewFromConfig(c).CreateTopic(ctx, &sns.CreateTopicInput{Name: new("t"), Tags: []snstypes.Tag{{Key: new("stack"), Value: new("a")}}})
			return err
		}, []string{"sns:CreateTopic arn:aws:sns:us-east-1:123456789012:t" + said, "sns:TagResource arn:aws:sns:us-east-1:123456789012:t" + said}},
		"a topic": {wire.SNS, func(c aws.Config) error {
			_, err := sns.NewFromConfig(c).Publish(ctx, &sns.PublishInput{TopicArn: new("arn:aws:sns:us-east-1:123456789012:t"), Message: new("m")})
			return err
		}, []string{"sns:Publish arn:aws:sns:us-east-1:123456789012:t"}},
		"a subscription's topic": {wire.SNS, func(c aws.Config) error {
			_, err := sns.NewFromConfig(c).Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: new("arn:aws:sns:us-east-1:123456789012:t:0001")})
			return err
		}, []string{"sns:Unsubscribe arn:aws:sns:us-east-1:123456789012:t"}},
		"all topics": {wire.SNS, func(c aws.Config) error {
			_, err := sns.NewFromConfig(c).ListTopics(ctx, &sns.ListTopicsInput{})
			return err
		}, []string{"sns:ListTopics *"}},
		"another service": {wire.CloudWatch, func(c aws.Config) error {
			_, err := cloudwatch.NewFromConfig(c).DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"a"}})
			return err
		}, []string{"cloudwatch:DeleteAlarms *"}},
	} {
		a := call(t, c.service, c.do)
		q := &question{
			Gate: &Gate{Account: "123456789012", Regions: region{}}, iam: people{}, Asked: a, ctx: ctx, caller: ann, form: a.Service.FormOf(a.Request, a.Body),
		}
		needs, err := q.needs()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range needs {
			text := n.Action + " " + n.Resource
			for _, k := range slices.Sorted(maps.Keys(n.Context)) {
				if k != "ec2:region" {
					text += " " + k + "=" + strings.Join(n.Context[k], ",")
				}
			}
			got = append(got, text)
		}
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(slices.Values(c.want)), got); diff != "" {
			t.Errorf("%s (want -, got +):\n%s", what, diff)
		}
	}
}

// A group is made from a template only by who may launch from it, in AWS's words for that.
func TestGroupNeedsWhatItsLaunchesNeed(t *testing.T) {
	create := func(c aws.Config) error {
		_, err := autoscaling.NewFromConfig(c).CreateAutoScalingGroup(t.Context(), &autoscaling.CreateAutoScalingGroupInput{
			AutoScalingGroupName: new("new"), MinSize: new(int32(1)), MaxSize: new(int32(1)), VPCZoneIdentifier: new("subnet-00000001"),
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: new("lt-00000001")},
		})
		return err
	}
	for want, statements := range map[string]string{
		"": `{"Effect":"Allow","Action":["autoscaling:*","ec2:RunInstances","ec2:CreateTags","iam:PassRole"],"Resource":"*"}`,
		"AccessDenied: You are not authorized to use launch template: lt-00000001 (User: arn:aws:iam::123456789012:user/ann is not authorized to perform: " +
			"iam:PassRole on resource: arn:aws:iam::123456789012:role/of-web because no identity-based policy allows the iam:PassRole action)": `
			{"Effect":"Allow","Action":["autoscaling:*","ec2:RunInstances","ec2:CreateTags"],"Resource":"*"}`,
	} {
		g := &Gate{Account: "123456789012", Regions: region{}, Principals: people{given: []string{document(statements)}, serviceRole: true}.asked}
		got := ""
		if err := g.Admit(t.Context(), ann, call(t, wire.AutoScaling, create)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func document(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

// The words of each denial, by the kind of policy and the service ("Troubleshoot access denied error messages").
func TestDenials(t *testing.T) {
	vpc := func(c aws.Config) error {
		_, err := ec2.NewFromConfig(c).CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16")})
		return err
	}
	names := func(c aws.Config) error {
		_, err := route53.NewFromConfig(c).GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: new("Z1")})
		return err
	}
	all := document(`{"Effect":"Allow","Action":"*","Resource":"*"}`)
	none := document(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	only := func(condition string) string {
		return document(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{` + condition + `}}`)
	}
	const vpcUser = "UnauthorizedOperation: You are not authorized to perform this operation. " +
		"User: arn:aws:iam::123456789012:user/ann is not authorized to perform: " +
		"ec2:CreateVpc on resource: arn:aws:ec2:us-east-1:123456789012:vpc/*"
	for _, c := range []struct {
		what    string
		people  people
		service *wire.Service
		do      func(aws.Config) error
		want    string
	}{
		{"allowed", people{given: []string{all}}, wire.EC2, vpc, ""},
		{"nothing", people{}, wire.EC2, vpc, vpcUser + " because no identity-based policy allows the ec2:CreateVpc action"},
		{"boundary", people{given: []string{all}, bound: []string{none}}, wire.EC2,
			vpc, vpcUser + " because no permissions boundary allows the ec2:CreateVpc action"},
		{"session", people{given: []string{all}, session: []string{none}}, wire.EC2, vpc, vpcUser + " because no session policy allows the ec2:CreateVpc action"},
		{
			"denied", people{given: []string{all, document(`{"Effect":"Deny","Action":"ec2:CreateVpc","Resource":"*"}`)}}, wire.EC2, vpc,
			vpcUser + " with an explicit deny in an identity-based policy",
		},
		{"region", people{given: []string{only(`"StringEquals":{"aws:RequestedRegion":"us-east-1"}`)}}, wire.EC2, vpc, ""},
		{
			"another region", people{given: []string{only(`"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`)}}, wire.EC2, vpc,
			vpcUser + " because no identity-based policy allows the ec2:CreateVpc action",
		},
		{"address", people{given: []string{only(`"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}`)}}, wire.EC2, vpc, ""},
		{"who", people{given: []string{only(`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/ann"}`)}}, wire.EC2, vpc, ""},
		{"time", people{given: []string{only(`"DateLessThan":{"aws:CurrentTime":"2026-11-27T00:00:00Z"}`)}}, wire.Route53, names, ""},
		{
			"home region", people{given: []string{only(`"StringEquals":{"aws:RequestedRegion":"us-west-2"}`)}}, wire.Route53, names,
			"AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: route53:GetHostedZone on resource: " +
				"arn:aws:route53:::hostedzone/Z1 because no identity-based policy allows the route53:GetHostedZone action",
		},
	} {
		g := &Gate{
			Account: "123456789012", Regions: region{}, Principals: c.people.asked,
			Now: func() time.Time { return time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC) },
		}
		got := ""
		if err := g.Admit(t.Context(), ann, call(t, c.service, c.do)); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.what, got, c.want)
		}
	}
}

// By an interface endpoint a call comes from its VPC and from no public address, and no further than its policy lets it: also the
// root user's.
func TestEndpointsPolicyLetsThrough(t *testing.T) {
	vpc := func(c aws.Config) error {
		_, err := ec2.NewFromConfig(c).CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: new("10.0.0.0/16")})
		return err
	}
	root := door.Caller{Account: "123456789012", ARN: "arn:aws:iam::123456789012:root", UserID: "123456789012"}
	session := door.Caller{Account: "123456789012", ARN: "arn:aws:sts::123456789012:assumed-role/web/i-1", Role: "web", RoleID: "AROA1"}
	const all = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	only := func(condition string) string {
		return `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{` + condition + `}}`
	}
	from := func(principal string) string {
		return `{"Effect":"Allow","Principal":` + principal + `,"Action":"ec2:*","Resource":"*"}`
	}
	const implicit, explicit = " because no VPC endpoint policy allows the ec2:CreateVpc action", " with an explicit deny in a VPC endpoint policy"
	for _, c := range []struct {
		what             string
		who              door.Caller
		given, endpoints string
		want             string
	}{
		{"open", ann, all, from(`"*"`), ""},
		{"in the VPC", ann, only(`"StringEquals":{"aws:SourceVpc":"vpc-1","aws:SourceVpce":"vpce-1"},"IpAddress":{"aws:VpcSourceIp":"127.0.0.1"}`), from(`"*"`), ""},
		{"by no public address", ann, only(`"Null":{"aws:SourceIp":"true"},"ArnLike":{"aws:SourceVpcArn":"arn:aws:ec2:eu-west-1:*:vpc/vpc-1"}`), from(`"*"`), ""},
		{"named", ann, all, from(`{"AWS":"arn:aws:iam::123456789012:user/ann"}`), ""},
		{"its account", ann, all, from(`{"AWS":"123456789012"}`), ""},
		{"its role", session, all, from(`{"AWS":"arn:aws:iam::123456789012:role/path/web"}`), ""},
		{"another", ann, all, from(`{"AWS":"arn:aws:iam::123456789012:user/bob"}`), implicit},
		{"denied", ann, all, from(`"*"`) + `,{"Effect":"Deny","Principal":"*","Action":"ec2:CreateVpc","Resource":"*"}`, explicit},
		{"the root user", root, "", from(`{"AWS":"arn:aws:iam::123456789012:root"}`), ""},
		{"the root user, denied", root, "", `{"Effect":"Allow","Principal":"*","Action":"ec2:Describe*","Resource":"*"}`, implicit},
	} {
		d, err := policy.Endpoint(document(c.endpoints))
		if err != nil {
			t.Fatal(err)
		}
		p := people{}
		if c.given != "" {
			p.given = []string{document(c.given)}
		}
		ctx := door.WithWay(t.Context(), door.Way{Endpoint: "vpce-1", VPC: "vpc-1", Region: "eu-west-1", Service: "ec2", Policy: &d})
		g := &Gate{Account: "123456789012", Regions: region{}, Principals: p.asked}
		got := ""
		if err := g.Admit(ctx, c.who, call(t, wire.EC2, vpc)); err != nil {
			got = err.Error()
		}
		if (c.want == "") != (got == "") || !strings.HasSuffix(got, c.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.what, got, c.want)
		}
	}
}

// Nobody is let in, or refused, by what a lost region would tell of tags.
func TestLostRegion(t *testing.T) {
	del := call(t, wire.EC2, func(c aws.Config) error {
		_, err := ec2.NewFromConfig(c).DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: new("vpc-00000001")})
		return err
	})
	all := []string{document(`{"Effect":"Allow","Action":"*","Resource":"*"}`)}
	g := &Gate{Account: "123456789012", Regions: region{lost: true}, Principals: people{given: all}.asked}
	if err := g.Admit(t.Context(), ann, del); err == nil || err.Code != "ServiceUnavailable" {
		t.Errorf("got %v", err)
	}
	root := door.Caller{Account: "123456789012", ARN: "arn:aws:iam::123456789012:root"}
	if err := g.Admit(t.Context(), root, del); err != nil {
		t.Errorf("the root user: %v", err)
	}
}
