package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/understudy/understudy/account"
)

// The codes of the quotas that only Service Quotas tells.
const (
	codeVPCs     = "L-F678F1CE"
	codeGateways = "L-A4707A72"
	codeElastics = "L-0263D0A3"

	codeNATs      = "L-FE5A380F" // of each zone
	codeEndpoints = "L-1B52E74A" // those that are gateways
	codeAlarms    = "L-2FF78D7B"
)

// asked are the quotas that the declared stack may run into.
func (q asker) asked() (all []struct{ service, code string }) {
	add := func(service, code string) { all = append(all, struct{ service, code string }{service, code}) }
	add("ec2", familyOf(q.declared.InstanceType(q.side)).code)
	add("ec2", familyOf(q.declared.HostType(q.side)).code)
	add("vpc", codeVPCs)
	add("vpc", codeGateways)
	add("ec2", codeElastics)
	if len(q.declared.Regions[q.side].NATs()) > 0 {
		add("vpc", codeNATs)
	}
	if gatewayEndpoints(q.declared.Regions[q.side]) > 0 {
		add("vpc", codeEndpoints)
	}
	if alarmsNeeded(q.declared, q.side) > 0 {
		add("monitoring", codeAlarms)
	}
	return all
}

// limits asks Service Quotas. A code that neither call knows is left out.
func (q asker) limits(ctx context.Context) (map[string]int, error) {
	all := map[string]int{}
	for _, l := range q.asked() {
		most, err := q.limit(ctx, l.service, l.code)
		switch {
		case account.IsNotFound(err):
		case err != nil:
			return nil, err
		default:
			all[l.code] = most
		}
	}
	return all, nil
}

// limit asks for the value that is applied to the account, and, as Service Quotas does not have that of every quota, for AWS's default
// (GetServiceQuota in its API Reference).
func (q asker) limit(ctx context.Context, service, code string) (int, error) {
	out, err := q.Quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: &service, QuotaCode: &code})
	if err == nil {
		return int(aws.ToFloat64(out.Quota.Value)), nil
	}
	if !account.IsNotFound(err) {
		return 0, err
	}
	usual, err := q.Quotas.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: &service, QuotaCode: &code})
	if err != nil {
		return 0, err
	}
	return int(aws.ToFloat64(usual.Quota.Value)), nil
}

func (q asker) networks(ctx context.Context) (n networks, err error) {
	vpcs := ec2.NewDescribeVpcsPaginator(q.EC2, &ec2.DescribeVpcsInput{})
	for vpcs.HasMorePages() {
		page, err := vpcs.NextPage(ctx)
		if err != nil {
			return n, err
		}
		n.vpcs += len(page.Vpcs)
	}
	gateways := ec2.NewDescribeInternetGatewaysPaginator(q.EC2, &ec2.DescribeInternetGatewaysInput{})
	for gateways.HasMorePages() {
		page, err := gateways.NextPage(ctx)
		if err != nil {
			return n, err
		}
		n.gateways += len(page.InternetGateways)
	}
	return n, nil
}

// elastics counts the Elastic IP addresses, which come in one page.
func (q asker) elastics(ctx context.Context) (n counted, err error) {
	out, err := q.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return n, err
	}
	for _, a := range out.Addresses {
		n = n.add(q.owns(a.Tags))
	}
	return n, nil
}

// running counts the vCPUs of on-demand instances of the declared type's family. Spot instances and those on dedicated hosts have quotas of
// their own.
func (q asker) running(ctx context.Context) (n running, err error) {
	pages := ec2.NewDescribeInstancesPaginator(q.EC2, &ec2.DescribeInstancesInput{
		Filters: []ec2types.Filter{account.Filter("instance-state-name", "pending", "running")},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, err
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				n.add(i, q.declared.InstanceType(q.side), q.declared.Name)
			}
		}
	}
	return n, nil
}

func (n *running) add(i ec2types.Instance, instanceType, stack string) {
	hosted := i.Placement != nil && i.Placement.Tenancy == ec2types.TenancyHost
	if i.CpuOptions == nil || i.InstanceLifecycle == ec2types.InstanceLifecycleTypeSpot || hosted || familyOf(string(i.InstanceType)) != familyOf(instanceType) {
		return
	}
	vcpus := int(aws.ToInt32(i.CpuOptions.CoreCount) * aws.ToInt32(i.CpuOptions.ThreadsPerCore))
	n.all += vcpus
	if account.OfEC2(i.Tags)[account.TagStack] == stack {
		n.own += vcpus
	}
}
