package parity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

// place is where an audit reads: a side of a declared stack, or what is behind a load balancer that a record names.
type place struct {
	*account.Account
	side     understudy.Side
	declared *understudy.Declaration // nil where this tool did not build it
	balancer string                  // the DNS name, where nothing is declared
	tags     bool                    // compare the tags of others, too
}

// stack is the value of the stack's tag, empty where nothing is declared.
func (p place) stack() string {
	if p.declared == nil {
		return ""
	}
	return p.declared.Name
}

// facts is what one region's API tells, as it tells it.
type facts struct {
	vpc           *ec2types.Vpc     // nil where there is none
	given         map[string]string // id -> the part of the VPC and of its subnets, where somebody else keeps them
	vpcAttributes map[ec2types.VpcAttributeName]string
	subnets       []ec2types.Subnet
	gateways      []ec2types.InternetGateway
	tables        []ec2types.RouteTable
	groups        []ec2types.SecurityGroup
	acls          []ec2types.NetworkAcl
	nats          []ec2types.NatGateway
	endpoints     []ec2types.VpcEndpoint
	interfaces    []ec2types.NetworkInterface // that somebody has made by themselves
	instances     []ec2types.Instance
	attributes    map[string]map[string]string // instance id -> attribute -> value
	templates     []ec2types.LaunchTemplate
	versions      map[string][]ec2types.LaunchTemplateVersion // template id -> $Default, $Latest and those in use
	images        []ec2types.Image
	parameters    map[string]string // the types of the service's, by their names
	base          *ec2types.Image   // the one that the declaration selects here now
	targetGroups  []elbtypes.TargetGroup
	groupSettings map[string][]elbtypes.TargetGroupAttribute    // ARN -> attributes
	targets       map[string][]elbtypes.TargetHealthDescription // ARN of the target group -> its targets
	balancers     []elbtypes.LoadBalancer
	lbSettings    map[string][]elbtypes.LoadBalancerAttribute // ARN -> attributes
	listeners     map[string][]elbtypes.Listener              // ARN of the load balancer -> its listeners
	forgets       map[string][]elbtypes.ListenerAttribute     // ARN of a listener of TCP -> its attributes
	rules         map[string][]elbtypes.Rule                  // ARN of the listener -> its rules
	elbTags       map[string]map[string]string                // ARN -> tags
	fleets        []asgtypes.AutoScalingGroup
	refreshes     map[string]asgtypes.InstanceRefresh // group -> the one under way
	policies      []asgtypes.ScalingPolicy            // of any group
	actions       []asgtypes.ScheduledUpdateGroupAction
	alarms        []cwtypes.MetricAlarm
	alarmTags     map[string]map[string]string // ARN -> tags
	limits        map[string]int               // quota -> its value
}

// fetcher reads facts. What does not need each other is read at once: an audit takes as long as its longest chain of calls.
type fetcher struct {
	place
	mu    sync.Mutex // over the maps and notes
	f     facts
	notes []Note

	beside bool // there is another network of the stack's, which is to take this one's place or has taken it
}

type reading struct {
	what string
	read func(context.Context) error
}

// fetch reads one region.
func fetch(ctx context.Context, p place) (*facts, []Note, error) {
	r := &fetcher{place: p, f: facts{
		vpcAttributes: map[ec2types.VpcAttributeName]string{}, attributes: map[string]map[string]string{},
		versions: map[string][]ec2types.LaunchTemplateVersion{}, groupSettings: map[string][]elbtypes.TargetGroupAttribute{},
		targets: map[string][]elbtypes.TargetHealthDescription{}, lbSettings: map[string][]elbtypes.LoadBalancerAttribute{},
		listeners: map[string][]elbtypes.Listener{}, forgets: map[string][]elbtypes.ListenerAttribute{},
		rules: map[string][]elbtypes.Rule{}, elbTags: map[string]map[string]string{},
		refreshes: map[string]asgtypes.InstanceRefresh{}, limits: map[string]int{}, alarmTags: map[string]map[string]string{},
	}}
	if err := r.all(ctx, []reading{{"the VPC", r.readVPC}}); err != nil || r.f.vpc == nil {
		return &r.f, r.notes, err
	}
	first := []reading{
		{"subnets and auto scaling groups", inTurn(r.readSubnets, r.readFleets)}, {"internet gateways", r.readGateways}, {"route tables", r.readTables},
		{"security groups", r.readGroups}, {"network ACLs", r.optional("network ACLs", r.readACLs)},
		{"NAT gateways", r.optional("NAT gateways", r.readNATs)}, {"VPC endpoints", r.optional("VPC endpoints", r.readEndpoints)},
		{"network interfaces", r.optional("network interfaces", r.readInterfaces)},
		{"scaling policies", r.optional("scaling policies", r.readPolicies)},
		{"alarms", r.optional("alarms", r.readAlarms)},
		{"scheduled actions", r.optional("scheduled actions", r.readActions)},
		{"instances", inTurn(r.readInstances, r.readAttributes)},
		{"target groups", r.readTargetGroups}, {"load balancers", r.readBalancers},
		{"launch templates", r.readTemplates}, {"images", r.readImages}, {"the base image", r.readBase},
		{"parameters", r.optional("parameters", r.readParameters)},
	}
	for _, a := range []ec2types.VpcAttributeName{ec2types.VpcAttributeNameEnableDnsSupport, ec2types.VpcAttributeNameEnableDnsHostnames} {
		first = append(first, reading{"the VPC's attributes", func(ctx context.Context) error { return r.readVPCAttribute(ctx, a) }})
	}
	if err := r.all(ctx, append(first, r.quotas()...)); err != nil {
		return nil, nil, err
	}
	// What these refer to is known by now.
	if err := r.all(ctx, []reading{{"launch templates' versions", r.readVersions}}); err != nil {
		return nil, nil, err
	}
	return &r.f, r.notes, r.all(ctx, []reading{{"images in use", r.readUsedImages}})
}

// all runs readings side by side.
func (r *fetcher) all(ctx context.Context, readings []reading) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for _, one := range readings {
		g.Go(func() error {
			if err := one.read(ctx); err != nil {
				return fmt.Errorf("read %s of %s: %w", one.what, r.Region, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// inTurn makes one reading of two, of which the second needs what the first has read.
func inTurn(first, second func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := first(ctx); err != nil {
			return err
		}
		return second(ctx)
	}
}

// both does two things side by side.
func both(ctx context.Context, one, other func(context.Context) error) error {
	return each(ctx, []func(context.Context) error{one, other}, func(ctx context.Context, do func(context.Context) error) error { return do(ctx) })
}

// each does the same for many things, side by side.
func each[T any](ctx context.Context, things []T, do func(context.Context, T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, t := range things {
		g.Go(func() error { return do(ctx, t) })
	}
	return g.Wait()
}

// optional makes a note of what the endpoint has no operation for, or the caller no permission, where the rest is worth
// comparing without it.
func (r *fetcher) optional(what string, read func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := read(ctx)
		switch {
		case account.IsUnsupported(err):
			r.note(what+" of "+r.Region, "not compared: the endpoint has no such operation")
		case account.IsCode(err, "AccessDenied", "UnauthorizedOperation"):
			r.note(what+" of "+r.Region, "not compared: the caller may not read them ("+account.Code(err)+")")
		default:
			return err
		}
		return nil
	}
}

func (r *fetcher) note(about, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := (Note{about, text}); !slices.Contains(r.notes, n) {
		r.notes = append(r.notes, n)
	}
}

func (r *fetcher) within(name string) []ec2types.Filter {
	return []ec2types.Filter{account.Filter(name, aws.ToString(r.f.vpc.VpcId))}
}

func (r *fetcher) ofStack() []ec2types.Filter {
	return []ec2types.Filter{account.Filter("tag:"+account.TagStack, r.stack())}
}

func (r *fetcher) readSubnets(ctx context.Context) error {
	pages := ec2.NewDescribeSubnetsPaginator(r.EC2, &ec2.DescribeSubnetsInput{Filters: r.within("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.subnets = append(r.f.subnets, page.Subnets...)
	}
	return nil
}

func (r *fetcher) readGateways(ctx context.Context) error {
	pages := ec2.NewDescribeInternetGatewaysPaginator(r.EC2, &ec2.DescribeInternetGatewaysInput{Filters: r.within("attachment.vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.gateways = append(r.f.gateways, page.InternetGateways...)
	}
	return nil
}

func (r *fetcher) readTables(ctx context.Context) error {
	pages := ec2.NewDescribeRouteTablesPaginator(r.EC2, &ec2.DescribeRouteTablesInput{Filters: r.within("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.tables = append(r.f.tables, page.RouteTables...)
	}
	return nil
}

func (r *fetcher) readGroups(ctx context.Context) error {
	pages := ec2.NewDescribeSecurityGroupsPaginator(r.EC2, &ec2.DescribeSecurityGroupsInput{Filters: r.within("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.groups = append(r.f.groups, page.SecurityGroups...)
	}
	return nil
}

func (r *fetcher) readACLs(ctx context.Context) error {
	pages := ec2.NewDescribeNetworkAclsPaginator(r.EC2, &ec2.DescribeNetworkAclsInput{Filters: r.within("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.acls = append(r.f.acls, page.NetworkAcls...)
	}
	return nil
}

func (r *fetcher) readNATs(ctx context.Context) error {
	pages := ec2.NewDescribeNatGatewaysPaginator(r.EC2, &ec2.DescribeNatGatewaysInput{
		Filter: append(r.within("vpc-id"), account.Filter("state", "pending", "available")),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.nats = append(r.f.nats, page.NatGateways...)
	}
	return nil
}

func (r *fetcher) readEndpoints(ctx context.Context) error {
	pages := ec2.NewDescribeVpcEndpointsPaginator(r.EC2, &ec2.DescribeVpcEndpointsInput{Filters: r.within("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, e := range page.VpcEndpoints {
			if !strings.HasPrefix(strings.ToLower(string(e.State)), "delet") {
				r.f.endpoints = append(r.f.endpoints, e)
			}
		}
	}
	return nil
}

func (r *fetcher) readInterfaces(ctx context.Context) error {
	pages := ec2.NewDescribeNetworkInterfacesPaginator(r.EC2, &ec2.DescribeNetworkInterfacesInput{Filters: r.within("vpc-id")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, i := range page.NetworkInterfaces {
			if account.IsOwn(i) {
				r.f.interfaces = append(r.f.interfaces, i)
			}
		}
	}
	return nil
}

// readPolicies reads those of all groups: which are compared is not known yet.
func (r *fetcher) readPolicies(ctx context.Context) error {
	pages := autoscaling.NewDescribePoliciesPaginator(r.AutoScaling, &autoscaling.DescribePoliciesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.policies = append(r.f.policies, page.ScalingPolicies...)
	}
	return nil
}

func (r *fetcher) readActions(ctx context.Context) error {
	pages := autoscaling.NewDescribeScheduledActionsPaginator(r.AutoScaling, &autoscaling.DescribeScheduledActionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.actions = append(r.f.actions, page.ScheduledUpdateGroupActions...)
	}
	return nil
}

func (r *fetcher) readInstances(ctx context.Context) error {
	filters := append(r.within("vpc-id"), account.Filter("instance-state-name", "pending", "running", "stopping", "stopped", "shutting-down"))
	pages := ec2.NewDescribeInstancesPaginator(r.EC2, &ec2.DescribeInstancesInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, reservation := range page.Reservations {
			r.f.instances = append(r.f.instances, reservation.Instances...)
		}
	}
	return nil
}

// readAttributes reads what DescribeInstances does not tell, of the instances that no group replaces.
func (r *fetcher) readAttributes(ctx context.Context) error {
	return each(ctx, r.f.instances, func(ctx context.Context, i ec2types.Instance) error {
		if fleetOf(i) != "" || i.State.Name == ec2types.InstanceStateNameShuttingDown {
			return nil
		}
		names := []ec2types.InstanceAttributeName{
			ec2types.InstanceAttributeNameUserData, ec2types.InstanceAttributeNameDisableApiTermination,
			ec2types.InstanceAttributeNameInstanceInitiatedShutdownBehavior,
		}
		err := each(ctx, names, func(ctx context.Context, name ec2types.InstanceAttributeName) error {
			return r.readAttribute(ctx, aws.ToString(i.InstanceId), name)
		})
		if account.IsNotFound(err) { // it went in the meantime
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(r.f.attributes, aws.ToString(i.InstanceId))
			return nil
		}
		return err
	})
}

func (r *fetcher) readAttribute(ctx context.Context, id string, name ec2types.InstanceAttributeName) error {
	out, err := r.EC2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: name})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f.attributes[id] == nil {
		r.f.attributes[id] = map[string]string{}
	}
	r.f.attributes[id][string(name)] = attributeValue(out)
	return nil
}

func attributeValue(out *ec2.DescribeInstanceAttributeOutput) string {
	switch {
	case out.UserData != nil && aws.ToString(out.UserData.Value) != "":
		return digest(aws.ToString(out.UserData.Value))
	case out.DisableApiTermination != nil:
		return yes(out.DisableApiTermination.Value)
	case out.InstanceInitiatedShutdownBehavior != nil:
		return aws.ToString(out.InstanceInitiatedShutdownBehavior.Value)
	}
	return None
}

// readTemplates reads those that bear the stack's tag. readVersions adds those that groups use.
func (r *fetcher) readTemplates(ctx context.Context) error {
	if r.stack() == "" {
		return nil
	}
	pages := ec2.NewDescribeLaunchTemplatesPaginator(r.EC2, &ec2.DescribeLaunchTemplatesInput{Filters: r.ofStack()})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		r.f.templates = append(r.f.templates, page.LaunchTemplates...)
	}
	return nil
}

func (r *fetcher) readVersions(ctx context.Context) error {
	if err := r.readUsedTemplates(ctx); err != nil {
		return err
	}
	return each(ctx, r.f.templates, func(ctx context.Context, t ec2types.LaunchTemplate) error {
		wanted := []string{"$Default", "$Latest"}
		for _, g := range r.f.fleets {
			if s := discover.TemplateOf(g); s != nil && aws.ToString(s.LaunchTemplateId) == aws.ToString(t.LaunchTemplateId) {
				if v := aws.ToString(s.Version); v != "" && !slices.Contains(wanted, v) {
					wanted = append(wanted, v)
				}
			}
		}
		out, err := r.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
			LaunchTemplateId: t.LaunchTemplateId, Versions: wanted,
		})
		if err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.f.versions[aws.ToString(t.LaunchTemplateId)] = out.LaunchTemplateVersions
		return nil
	})
}

// readUsedTemplates reads what groups launch from, whatever its tags.
func (r *fetcher) readUsedTemplates(ctx context.Context) error {
	var missing []string
	for _, g := range r.f.fleets {
		s := discover.TemplateOf(g)
		if s == nil || s.LaunchTemplateId == nil || slices.Contains(missing, *s.LaunchTemplateId) {
			continue
		}
		if !slices.ContainsFunc(r.f.templates, func(t ec2types.LaunchTemplate) bool { return aws.ToString(t.LaunchTemplateId) == *s.LaunchTemplateId }) {
			missing = append(missing, *s.LaunchTemplateId)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	out, err := r.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: missing})
	if account.IsNotFound(err) {
		return nil // a group that refers to a deleted template: its reference is unknown, which is a finding
	}
	if err == nil {
		r.f.templates = append(r.f.templates, out.LaunchTemplates...)
	}
	return err
}

func (r *fetcher) readImages(ctx context.Context) error {
	if r.stack() == "" {
		return nil
	}
	out, err := r.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: r.ofStack()})
	if err == nil {
		r.f.images = out.Images
	}
	return err
}

// readUsedImages reads what templates and instances are of, whoever it belongs to.
func (r *fetcher) readUsedImages(ctx context.Context) error {
	used := map[string]bool{}
	for _, i := range r.f.instances {
		used[aws.ToString(i.ImageId)] = true
	}
	for _, versions := range r.f.versions {
		for _, v := range versions {
			if v.LaunchTemplateData != nil {
				used[aws.ToString(v.LaunchTemplateData.ImageId)] = true
			}
		}
	}
	for _, i := range r.f.images {
		delete(used, aws.ToString(i.ImageId))
	}
	delete(used, "")
	if len(used) == 0 {
		return nil
	}
	// By filter and not by ids: an image that was deregistered is no error.
	filter := account.Filter("image-id", sortedKeys(used)...)
	out, err := r.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{Filters: []ec2types.Filter{filter}})
	if err == nil {
		r.f.images = append(r.f.images, out.Images...)
	}
	return err
}

// readBase reads which image the declaration selects as the base here and now.
func (r *fetcher) readBase(ctx context.Context) (err error) {
	if r.declared != nil {
		r.f.base, err = r.BaseImage(ctx, r.declared.Origin(r.side))
	}
	return err
}

// readFleets reads the groups that bear the stack's tag, and those that launch into its subnets.
func (r *fetcher) readFleets(ctx context.Context) error {
	ours := map[string]bool{}
	for _, s := range r.f.subnets {
		ours[aws.ToString(s.SubnetId)] = true
	}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(r.AutoScaling, &autoscaling.DescribeAutoScalingGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, g := range page.AutoScalingGroups {
			here := slices.ContainsFunc(strings.Split(aws.ToString(g.VPCZoneIdentifier), ","), func(id string) bool { return ours[strings.TrimSpace(id)] })
			if here || !r.beside && r.stack() != "" && account.OfGroup(g.Tags)[account.TagStack] == r.stack() {
				r.f.fleets = append(r.f.fleets, g)
			}
		}
	}
	return each(ctx, r.f.fleets, r.readRefresh)
}

// readRefresh reads whether a group's instances are being replaced.
func (r *fetcher) readRefresh(ctx context.Context, g asgtypes.AutoScalingGroup) error {
	return r.optional("instance refreshes", func(ctx context.Context) error {
		out, err := r.AutoScaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{
			AutoScalingGroupName: g.AutoScalingGroupName, MaxRecords: aws.Int32(1), // the newest first
		})
		if err != nil {
			return err
		}
		for _, refresh := range out.InstanceRefreshes {
			switch refresh.Status {
			case asgtypes.InstanceRefreshStatusPending, asgtypes.InstanceRefreshStatusInProgress,
				asgtypes.InstanceRefreshStatusCancelling, asgtypes.InstanceRefreshStatusRollbackInProgress:
				r.mu.Lock()
				r.f.refreshes[aws.ToString(g.AutoScalingGroupName)] = refresh
				r.mu.Unlock()
			}
		}
		return nil
	})(ctx)
}

const tagFleet = "aws:autoscaling:groupName"

// fleetOf names the Auto Scaling group that an instance is of.
func fleetOf(i ec2types.Instance) string { return account.OfEC2(i.Tags)[tagFleet] }

// readVPC finds the VPC by the stack's tags, by what in it bears them, or by the load balancer that users reach.
func (r *fetcher) readVPC(ctx context.Context) error {
	if r.declared == nil {
		return r.readVPCOfBalancer(ctx)
	}
	if r.declared.Regions[r.side].Given() {
		return r.readGiven(ctx)
	}
	all, err := r.VPCs(ctx, r.stack())
	if err != nil {
		return err
	}
	if len(all) > 0 && replaced(all) {
		r.beside = true
		r.f.vpc, err = r.serving(ctx, all)
		return err
	}
	if len(all) > 0 {
		r.f.vpc = &all[0].Vpc
		return nil
	}
	id, err := r.vpcOfParts(ctx)
	if err != nil || id == "" {
		return err
	}
	return r.describeVPC(ctx, id)
}

// vpcOfParts returns the VPC in which the stack's subnets or security groups are.
func (r *fetcher) vpcOfParts(ctx context.Context) (string, error) {
	subnets, err := r.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: r.ofStack()})
	if err != nil {
		return "", err
	}
	for _, s := range subnets.Subnets {
		return aws.ToString(s.VpcId), nil
	}
	groups, err := r.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: r.ofStack()})
	if err != nil {
		return "", err
	}
	for _, g := range groups.SecurityGroups {
		return aws.ToString(g.VpcId), nil
	}
	return "", nil
}

func (r *fetcher) describeVPC(ctx context.Context, id string) error {
	out, err := r.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{id}})
	if err != nil {
		return err
	}
	if len(out.Vpcs) == 0 {
		return errors.New("the VPC " + id + " is not there")
	}
	r.f.vpc = &out.Vpcs[0]
	return nil
}

func (r *fetcher) readVPCAttribute(ctx context.Context, name ec2types.VpcAttributeName) error {
	out, err := r.EC2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: r.f.vpc.VpcId, Attribute: name})
	if err != nil {
		return err
	}
	value := None
	for _, v := range []*ec2types.AttributeBooleanValue{out.EnableDnsSupport, out.EnableDnsHostnames} {
		if v != nil {
			value = yes(v.Value)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.f.vpcAttributes[name] = value
	return nil
}
