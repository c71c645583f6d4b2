package balancing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

const delayAttribute = "deregistration_delay.timeout_seconds"

// TargetGroup is where a load balancer sends requests, with the health check that decides which targets get them.
type TargetGroup struct {
	resource.Scope
	VPC       *network.VPC
	Further   *understudy.TargetGroup // nil of the service's
	Lead      *TargetGroup            // of a further one: the service's, whose generation it is of
	Followers []*TargetGroup          // of the service's: the further ones that are declared

	Number  int // of its generation
	Port    int // that it was found with
	Probed  int // the port that it was found to probe; 0 is the same
	within  string
	ARN     string
	Seen    []resource.Field
	members []*TargetGroup // the further ones that were found in its generation
	used    bool           // whether it was found behind a load balancer
	Earlier []*TargetGroup // the stack's that cannot become as declared
	Others  []int          // the generations in networks of others
}

func (t *TargetGroup) Identity() string         { return t.ARN }
func (t *TargetGroup) Actual() []resource.Field { return t.Seen }

func (t *TargetGroup) Desired() []resource.Field {
	check, port := t.how()
	return []resource.Field{
		{Name: "vpc", Value: resource.Known(t.VPC.ID), Fixed: true},
		{Name: "protocol", Value: check.Protocol, Fixed: true},
		{Name: "version", Value: check.Version, Fixed: true},
		{Name: "port", Value: resource.Number(port), Fixed: true},
		{Name: "targets are", Value: string(elbtypes.TargetTypeEnumInstance), Fixed: true},
		{Name: "check protocol", Value: check.CheckProtocol},
		{Name: "check port", Value: t.checkPort()},
		{Name: "path", Value: check.Path},
		{Name: "matcher", Value: check.Matcher},
		{Name: "interval", Value: resource.Number(check.Interval)},
		{Name: "timeout", Value: resource.Number(check.Timeout)},
		{Name: "healthy", Value: resource.Number(check.Healthy)},
		{Name: "unhealthy", Value: resource.Number(check.Unhealthy)},
		{Name: "deregistration delay", Value: resource.Number(check.DeregistrationDelay)},
		{Name: "attributes", Value: targetAttributes(t.wants())},
		t.Tagged(t.role()),
	}
}

// trafficPort is the health check's port where it is the targets' own.
const trafficPort = "traffic-port"

func (t *TargetGroup) checkPort() string {
	check, requests := t.how()
	if port := check.CheckPort(requests); port != 0 {
		return resource.Number(port)
	}
	return trafficPort
}

// Find looks through the stack's generations for the one that is as declared, or can become so. One in another VPC is left to
// be refused: all else would have to follow it.
func (t *TargetGroup) Find(ctx context.Context) (bool, error) {
	if t.Lead != nil {
		return t.join(), nil
	}
	all, err := t.all(ctx)
	if err != nil {
		return false, err
	}
	*t = TargetGroup{Scope: t.Scope, VPC: t.VPC, Followers: t.Followers}
	var taken []int
	for _, one := range all {
		taken = append(taken, one.Number)
		if t.VPC.Beyond(one.within) {
			t.Others = append(t.Others, one.Number)
			continue
		}
		if t.outgrows(one) || t.ARN != "" {
			t.Earlier = append(t.Earlier, one)
			continue
		}
		t.take(one)
	}
	if t.ARN == "" {
		t.Number, err = vacant(t.Scope, taken)
	}
	return t.ARN != "", err
}

// outgrows tells whether another target group has to be made in this one's place.
func (t *TargetGroup) outgrows(one *TargetGroup) bool {
	return one.ARN == "" || cannotBecome(t, one) || t.outgrowsMembers(one)
}

// all reads the stack's target groups, by their generations.
func (t *TargetGroup) all(ctx context.Context) ([]*TargetGroup, error) {
	groups, err := allTargetGroups(ctx, t.Scope)
	if err != nil {
		return nil, err
	}
	var all, members []*TargetGroup
	for _, found := range groups {
		one := &TargetGroup{Scope: t.Scope, VPC: t.VPC, within: aws.ToString(found.VpcId)}
		var name string
		if one.Number, name = partOf(t.Scope, aws.ToString(found.TargetGroupName)); name != "" {
			one.Further = &understudy.TargetGroup{Name: name}
		}
		if !t.VPC.Beyond(one.within) {
			if err := one.read(ctx, found); err != nil {
				return nil, err
			}
		}
		if name != "" {
			members = append(members, one)
			continue
		}
		all = append(all, one)
	}
	all = t.assemble(all, members)
	slices.SortFunc(all, func(a, b *TargetGroup) int { return cmp.Compare(a.Number, b.Number) })
	return all, nil
}

// read reads what belongs to a target group that was found.
func (t *TargetGroup) read(ctx context.Context, found elbtypes.TargetGroup) error {
	arn := aws.ToString(found.TargetGroupArn)
	tags, _, attributes, err := t.OwnedWith(ctx, arn, t.role(), aws.ToString(found.VpcId), t.VPC.ID, t.TargetGroupAttributes)
	if err != nil {
		return err
	}
	t.ARN, t.Port, t.used = arn, int(aws.ToInt32(found.Port)), len(found.LoadBalancerArns) > 0
	t.Probed, _ = strconv.Atoi(aws.ToString(found.HealthCheckPort)) // 0 for "traffic-port"
	t.Seen = append(CheckOf(found), resource.Field{Name: "deregistration delay", Value: attributes[delayAttribute]},
		resource.Field{Name: "attributes", Value: targetAttributes(attributes)}, tags)
	return nil
}

// EarlierPorts returns the ports of the others, which stay open while they are there.
func (t *TargetGroup) EarlierPorts() (ports []int) {
	for _, generation := range t.Earlier {
		for _, one := range generation.together() {
			ports = append(ports, one.Port)
			if one.Probed != 0 {
				ports = append(ports, one.Probed)
			}
		}
	}
	return ports
}

// Remnants tells whether there are others than the declared one.
func (t *TargetGroup) Remnants() bool { return len(t.Earlier) > 0 }

func CheckOf(t elbtypes.TargetGroup) []resource.Field {
	var matcher string
	if t.Matcher != nil {
		matcher = aws.ToString(t.Matcher.HttpCode)
	}
	return []resource.Field{
		{Name: "vpc", Value: aws.ToString(t.VpcId)},
		{Name: "protocol", Value: string(t.Protocol)},
		{Name: "version", Value: aws.ToString(t.ProtocolVersion)},
		{Name: "port", Value: resource.Number(aws.ToInt32(t.Port))},
		{Name: "targets are", Value: string(t.TargetType)},
		{Name: "check protocol", Value: string(t.HealthCheckProtocol)},
		{Name: "check port", Value: aws.ToString(t.HealthCheckPort)},
		{Name: "path", Value: aws.ToString(t.HealthCheckPath)},
		{Name: "matcher", Value: matcher},
		{Name: "interval", Value: resource.Number(aws.ToInt32(t.HealthCheckIntervalSeconds))},
		{Name: "timeout", Value: resource.Number(aws.ToInt32(t.HealthCheckTimeoutSeconds))},
		{Name: "healthy", Value: resource.Number(aws.ToInt32(t.HealthyThresholdCount))},
		{Name: "unhealthy", Value: resource.Number(aws.ToInt32(t.UnhealthyThresholdCount))},
	}
}

func (t *TargetGroup) Create(ctx context.Context) error {
	check, port := t.how()
	out, err := t.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name:                       aws.String(t.GroupName()),
		Protocol:                   elbtypes.ProtocolEnum(check.Protocol),
		ProtocolVersion:            orNil(check.Version),
		Port:                       aws.Int32(int32(port)),
		VpcId:                      &t.VPC.ID,
		TargetType:                 elbtypes.TargetTypeEnumInstance,
		HealthCheckProtocol:        elbtypes.ProtocolEnum(check.CheckProtocol),
		HealthCheckPort:            aws.String(t.checkPort()),
		HealthCheckPath:            orNil(check.Path),
		HealthCheckIntervalSeconds: aws.Int32(int32(check.Interval)),
		HealthCheckTimeoutSeconds:  aws.Int32(int32(check.Timeout)),
		HealthyThresholdCount:      aws.Int32(int32(check.Healthy)),
		UnhealthyThresholdCount:    aws.Int32(int32(check.Unhealthy)),
		Matcher:                    matcherOf(check),
		Tags:                       t.Mark(t.role()).ELB(),
	})
	if err != nil {
		return fmt.Errorf("create target group: %w", err)
	}
	t.ARN = aws.ToString(out.TargetGroups[0].TargetGroupArn)
	return t.setAttributes(ctx, nil)
}

func (t *TargetGroup) Change(ctx context.Context, differences []resource.Difference) error {
	if resource.Differs(differences, "tagged") {
		if err := t.RetagELB(ctx, t.ARN, t.role()); err != nil || len(differences) == 1 {
			return err
		}
	}
	both := 0
	for _, name := range []string{"deregistration delay", "attributes"} {
		if resource.Differs(differences, name) {
			both++
		}
	}
	if both > 0 {
		now, err := t.TargetGroupAttributes(ctx, t.ARN)
		if err == nil {
			err = t.setAttributes(ctx, now)
		}
		if err != nil || len(differences) == both {
			return err
		}
	}
	check, _ := t.how()
	_, err := t.ELB.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{
		TargetGroupArn:             &t.ARN,
		HealthCheckProtocol:        elbtypes.ProtocolEnum(check.CheckProtocol),
		HealthCheckPort:            aws.String(t.checkPort()),
		HealthCheckPath:            orNil(check.Path),
		HealthCheckIntervalSeconds: aws.Int32(int32(check.Interval)),
		HealthCheckTimeoutSeconds:  aws.Int32(int32(check.Timeout)),
		HealthyThresholdCount:      aws.Int32(int32(check.Healthy)),
		UnhealthyThresholdCount:    aws.Int32(int32(check.Unhealthy)),
		Matcher:                    matcherOf(check),
	})
	if err != nil {
		return fmt.Errorf("change health check of %s: %w", t.ARN, err)
	}
	return nil
}

// matcherOf returns the codes that pass: none of a check that only connects.
func matcherOf(check understudy.Target) *elbtypes.Matcher {
	if check.Matcher == "" {
		return nil
	}
	return &elbtypes.Matcher{HttpCode: &check.Matcher}
}

// orNil returns nothing for an empty text, which is no setting.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// setAttributes sets the declared delay, and the attributes that are now otherwise than declared. Nil are those of a new target group.
func (t *TargetGroup) setAttributes(ctx context.Context, now map[string]string) error {
	check, _ := t.how()
	in := &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &t.ARN, Attributes: []elbtypes.TargetGroupAttribute{{
		Key: aws.String(delayAttribute), Value: aws.String(strconv.Itoa(check.DeregistrationDelay)),
	}}}
	for key, value := range toSet(t.wants(), now, targetDefaults) {
		in.Attributes = append(in.Attributes, elbtypes.TargetGroupAttribute{Key: aws.String(key), Value: aws.String(value)})
	}
	if _, err := t.ELB.ModifyTargetGroupAttributes(ctx, in); err != nil {
		return fmt.Errorf("set attributes of %s: %w", t.ARN, err)
	}
	return nil
}

func (t *TargetGroup) Remove(ctx context.Context) error {
	all := []*TargetGroup{t}
	for _, one := range t.Earlier {
		all = append(all, one.together()...)
	}
	for _, one := range all {
		if one.ARN == "" {
			continue
		}
		_, err := t.ELB.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &one.ARN})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete %s: %w", one.ARN, err)
		}
	}
	return nil
}

var _ resource.Resource = (*TargetGroup)(nil)

func (t *TargetGroup) Succeeds() string {
	var texts []string
	for _, one := range t.Earlier {
		texts = append(texts, fmt.Sprintf("%s of port %d", one.GroupName(), one.Port))
	}
	if len(texts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s by %s of port %d: its fleet first serves, then requests move, then the old goes", strings.Join(texts, " and "),
		t.GroupName(), t.Declared.Service.Port)
}

// Delete deletes a generation's target groups.
func (t *TargetGroup) Delete(ctx context.Context) error {
	for _, one := range append(slices.Clone(t.Followers), t.together()...) {
		if err := one.deleteAlone(ctx); err != nil {
			return err
		}
	}
	return nil
}

// deleteAlone deletes this target group alone. A listener is known to have let go of it only after a moment.
func (t *TargetGroup) deleteAlone(ctx context.Context) error {
	if t.ARN == "" {
		return nil
	}
	return account.Poll(ctx, "the end of "+t.GroupName(), resource.ShortTime, func(ctx context.Context) (bool, error) {
		_, err := t.ELB.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &t.ARN})
		switch {
		case err == nil || account.IsNotFound(err):
			return true, nil
		case account.IsInUse(err):
			return false, nil
		}
		return false, fmt.Errorf("delete %s: %w", t.ARN, err)
	})
}
