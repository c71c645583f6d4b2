package region

import (
	"context"
	"encoding/base64"
	"net/netip"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func missingInstance(id string) error {
	if !wellFormed("i-", id) {
		return wire.Errorf("InvalidInstanceID.Malformed", "Invalid id: \"%s\"", id)
	}
	return wire.Errorf("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id)
}

// instance returns an instance by its id.
func (r *Region) instance(id string) (instanceRow, bool) { return r.instances.Get(id) }

// stateCodes are the numbers of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html.
var stateCodes = map[ec2types.InstanceStateName]int32{pending: 0, running: 16, shuttingDown: 32, terminated: 48, stopping: 64, stopped: 80}

func showState(s ec2types.InstanceStateName) *ec2types.InstanceState {
	return &ec2types.InstanceState{Name: s, Code: new(stateCodes[s])}
}

const rootDevice = "/dev/xvda"

func (r *Region) showInstance(i instanceRow) ec2types.Instance {
	monitoring := ec2types.MonitoringStateDisabled
	if i.Monitoring {
		monitoring = ec2types.MonitoringStateEnabled
	}
	kind, _ := findType(string(i.Type))
	out := ec2types.Instance{
		InstanceId: new(i.ID), ImageId: new(i.Image), InstanceType: i.Type, Architecture: i.Architecture, AmiLaunchIndex: new(i.LaunchIndex),
		State: showState(i.State), StateReason: i.Reason, StateTransitionReason: new(i.Transition), LaunchTime: new(i.Launched),
		ClientToken: new(i.Token), EbsOptimized: new(i.EbsOptimized), EnaSupport: new(true), Hypervisor: ec2types.HypervisorTypeXen,
		VirtualizationType: ec2types.VirtualizationTypeHvm, RootDeviceName: new(rootDevice), RootDeviceType: ec2types.DeviceTypeEbs,
		Monitoring: &ec2types.Monitoring{State: monitoring}, MetadataOptions: &i.Metadata, Tags: r.tags(i.ID),
		Placement:       &ec2types.Placement{AvailabilityZone: new(i.Zone), Tenancy: ec2types.TenancyDefault, GroupName: new("")},
		CpuOptions:      &ec2types.CpuOptions{CoreCount: new(max(1, kind.vcpus/2)), ThreadsPerCore: new(min(2, kind.vcpus))},
		PlatformDetails: new("Linux/UNIX"), UsageOperation: new("RunInstances"), UsageOperationUpdateTime: new(i.VolumeMade),
		PrivateDnsName: new(""), PublicDnsName: new(""), ProductCodes: []ec2types.ProductCode{},
		BlockDeviceMappings: []ec2types.InstanceBlockDeviceMapping{}, NetworkInterfaces: []ec2types.InstanceNetworkInterface{},
		SecurityGroups: []ec2types.GroupIdentifier{},
	}
	if i.State == terminated {
		return out
	}
	out.SubnetId, out.VpcId, out.SourceDestCheck = new(i.Subnet), new(i.VPC), new(true)
	out.BlockDeviceMappings = []ec2types.InstanceBlockDeviceMapping{{
		DeviceName: new(rootDevice),
		Ebs: &ec2types.EbsInstanceBlockDevice{
			VolumeId:            new(i.Volume),
			AttachTime:          new(i.VolumeMade),
			DeleteOnTermination: new(true),
			Status:              ec2types.AttachmentStatusAttached,
		},
	}}
	if eni, ok := r.interfaces.Get(i.Interface); ok {
		r.showAddresses(&out, eni)
	}
	return out
}

func (r *Region) showAddresses(out *ec2types.Instance, eni interfaceRow) {
	out.SecurityGroups = r.identifiers(eni.Groups)
	out.PrivateIpAddress, out.PrivateDnsName = new(eni.Address.String()), new(r.privateName(eni.Address))
	nic := ec2types.InstanceNetworkInterface{
		NetworkInterfaceId: new(eni.ID), SubnetId: new(eni.Subnet), VpcId: new(eni.VPC), MacAddress: new(eni.MAC), Description: new(eni.Description),
		OwnerId: new(r.Account), PrivateIpAddress: out.PrivateIpAddress, PrivateDnsName: out.PrivateDnsName, Groups: out.SecurityGroups,
		SourceDestCheck: new(true), Status: ec2types.NetworkInterfaceStatusInUse, InterfaceType: new("interface"), Ipv6Addresses: []ec2types.InstanceIpv6Address{},
		Attachment: &ec2types.InstanceNetworkInterfaceAttachment{
			AttachmentId: new(eni.Attachment), AttachTime: new(eni.Attached), DeleteOnTermination: new(true), DeviceIndex: new(int32(0)),
			Status: ec2types.AttachmentStatusAttached, NetworkCardIndex: new(int32(0)),
		},
	}
	private := ec2types.InstancePrivateIpAddress{Primary: new(true), PrivateIpAddress: out.PrivateIpAddress, PrivateDnsName: out.PrivateDnsName}
	if eni.Public.IsValid() {
		out.PublicIpAddress, out.PublicDnsName = new(eni.Public.String()), new(r.publicName(eni.VPC, eni.Public))
		nic.Association = &ec2types.InstanceNetworkInterfaceAssociation{PublicIp: out.PublicIpAddress, PublicDnsName: out.PublicDnsName, IpOwnerId: new("amazon")}
		private.Association = nic.Association
	}
	nic.PrivateIpAddresses = []ec2types.InstancePrivateIpAddress{private}
	out.NetworkInterfaces = []ec2types.InstanceNetworkInterface{nic}
}

func (r *Region) showReservation(id string, rows []instanceRow) ec2types.Reservation {
	out := ec2types.Reservation{ReservationId: new(id), OwnerId: new(r.Account), Groups: []ec2types.GroupIdentifier{}}
	for _, i := range rows {
		out.Instances = append(out.Instances, r.showInstance(i))
	}
	return out
}

// instanceFields are the filters of DescribeInstances.
func (r *Region) instanceFields() fields[instanceRow] {
	eni := func(f func(interfaceRow) []string) func(instanceRow) []string {
		return func(i instanceRow) []string {
			if x, ok := r.interfaces.Get(i.Interface); ok {
				return f(x)
			}
			return nil
		}
	}
	private := eni(func(x interfaceRow) []string { return []string{x.Address.String()} })
	public := eni(func(x interfaceRow) []string {
		if !x.Public.IsValid() {
			return nil
		}
		return []string{x.Public.String()}
	})
	groups := eni(func(x interfaceRow) []string { return x.Groups })
	names := eni(func(x interfaceRow) (all []string) {
		for _, g := range r.identifiers(x.Groups) {
			all = append(all, *g.GroupName)
		}
		return all
	})
	shown := func(f func(ec2types.Instance) *string) func(instanceRow) []string {
		return func(i instanceRow) []string { return []string{room.Deref(f(r.showInstance(i)))} }
	}
	vpc := one(func(i instanceRow) string { return i.VPC })
	subnet := one(func(i instanceRow) string { return i.Subnet })
	return fields[instanceRow]{
		"instance-id": one(func(i instanceRow) string { return i.ID }), "image-id": one(func(i instanceRow) string { return i.Image }),
		"instance-type": one(func(i instanceRow) string { return string(i.Type) }), "architecture": one(func(i instanceRow) string { return string(i.Architecture) }),
		"instance-state-name": one(func(i instanceRow) string { return string(i.State) }),
		"instance-state-code": one(func(i instanceRow) string { return itoa(stateCodes[i.State]) }),
		"vpc-id":              vpc, "subnet-id": subnet, "network-interface.vpc-id": vpc, "network-interface.subnet-id": subnet,
		"availability-zone":              one(func(i instanceRow) string { return i.Zone }),
		"availability-zone-id":           one(func(i instanceRow) string { return zoneID(i.Zone) }),
		"reservation-id":                 one(func(i instanceRow) string { return i.Reservation }),
		"client-token":                   one(func(i instanceRow) string { return i.Token }),
		"owner-id":                       one(func(instanceRow) string { return r.Account }),
		"launch-index":                   one(func(i instanceRow) string { return itoa(i.LaunchIndex) }),
		"launch-time":                    one(func(i instanceRow) string { return i.Launched.Format("2006-01-02T15:04:05.000Z") }),
		"root-device-type":               one(func(instanceRow) string { return "ebs" }),
		"root-device-name":               one(func(instanceRow) string { return rootDevice }),
		"tenancy":                        one(func(instanceRow) string { return "default" }),
		"block-device-mapping.volume-id": one(func(i instanceRow) string { return i.Volume }),
		"private-ip-address":             private, "network-interface.addresses.private-ip-address": private,
		"ip-address": public, "network-interface.addresses.association.public-ip": public, "network-interface.association.public-ip": public,
		"instance.group-id": groups, "group-id": groups, "network-interface.group-id": groups,
		"instance.group-name": names, "group-name": names,
		"network-interface.network-interface-id": one(func(i instanceRow) string { return i.Interface }),
		"private-dns-name":                       shown(func(i ec2types.Instance) *string { return i.PrivateDnsName }),
		"dns-name":                               shown(func(i ec2types.Instance) *string { return i.PublicDnsName }),
		"state-reason-code": func(i instanceRow) []string {
			if i.Reason == nil {
				return nil
			}
			return []string{room.Deref(i.Reason.Code)}
		},
	}
}

// DescribeInstances lists instances by reservation.
func (r *Region) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput) (*ec2.DescribeInstancesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "InstanceIds", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	if err := notPaged("instancesSet", in.InstanceIds, in.MaxResults); err != nil {
		return nil, err
	}
	l := listing[instanceRow]{id: func(i instanceRow) string { return i.ID }, missing: missingInstance, fields: r.instanceFields()}
	rows, next, err := l.list(r, r.instances.All(), in.InstanceIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstancesOutput{NextToken: next}
	of := map[string][]instanceRow{}
	var order []string
	for _, row := range rows {
		if of[row.Reservation] == nil {
			order = append(order, row.Reservation)
		}
		of[row.Reservation] = append(of[row.Reservation], row)
	}
	for _, id := range order {
		slices.SortFunc(of[id], func(a, b instanceRow) int { return int(a.LaunchIndex - b.LaunchIndex) })
		out.Reservations = append(out.Reservations, r.showReservation(id, of[id]))
	}
	return out, nil
}

// checked is when the first status checks of a started instance have been made: they run every minute.
func (r *Region) checked(i instanceRow) bool {
	return time.Since(i.Started) >= r.Speed.Of(time.Minute)
}

func (r *Region) showStatus(i instanceRow) ec2types.InstanceStatus {
	summary, detail := ec2types.SummaryStatusOk, ec2types.StatusTypePassed
	switch {
	case i.State != running:
		summary, detail = ec2types.SummaryStatusNotApplicable, ""
	case !r.checked(i):
		summary, detail = ec2types.SummaryStatusInitializing, ec2types.StatusTypeInitializing
	}
	show := func() *ec2types.InstanceStatusSummary {
		s := &ec2types.InstanceStatusSummary{Status: summary}
		if detail != "" {
			s.Details = []ec2types.InstanceStatusDetails{{Name: ec2types.StatusNameReachability, Status: detail}}
		}
		return s
	}
	return ec2types.InstanceStatus{
		InstanceId: new(i.ID), AvailabilityZone: new(i.Zone), InstanceState: showState(i.State), InstanceStatus: show(), SystemStatus: show(),
	}
}

// DescribeInstanceStatus lists the status checks of running instances, or of all.
func (r *Region) DescribeInstanceStatus(ctx context.Context, in *ec2.DescribeInstanceStatusInput) (*ec2.DescribeInstanceStatusOutput, error) {
	if err := room.Only(in, "Filters", "IncludeAllInstances", "IncludeManagedResources", "InstanceIds", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	if err := notPaged("instancesSet", in.InstanceIds, in.MaxResults); err != nil {
		return nil, err
	}
	status := func(pick func(ec2types.InstanceStatus) *ec2types.InstanceStatusSummary) func(instanceRow) []string {
		return one(func(i instanceRow) string { return string(pick(r.showStatus(i)).Status) })
	}
	all := r.instanceFields()
	l := listing[instanceRow]{
		id: func(i instanceRow) string { return i.ID }, missing: missingInstance,
		fields: fields[instanceRow]{
			"availability-zone": all["availability-zone"], "instance-state-name": all["instance-state-name"], "instance-state-code": all["instance-state-code"],
			"instance-status.status": status(func(s ec2types.InstanceStatus) *ec2types.InstanceStatusSummary { return s.InstanceStatus }),
			"system-status.status":   status(func(s ec2types.InstanceStatus) *ec2types.InstanceStatusSummary { return s.SystemStatus }),
		},
	}
	for _, id := range in.InstanceIds {
		if _, ok := r.instances.Get(id); !ok {
			return nil, missingInstance(id)
		}
	}
	rows := slices.DeleteFunc(r.instances.All(), func(i instanceRow) bool {
		named := len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, i.ID)
		return !named || i.State != running && !room.Deref(in.IncludeAllInstances)
	})
	rows, next, err := l.list(r, rows, nil, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstanceStatusOutput{NextToken: next}
	for _, row := range rows {
		out.InstanceStatuses = append(out.InstanceStatuses, r.showStatus(row))
	}
	return out, nil
}

// document is what the metadata service tells the instance behind an address of a VPC.
func (r *Region) document(vpc string, source netip.Addr) (machine.Document, bool) {
	for _, eni := range r.interfaces.All() {
		if eni.VPC != vpc || eni.Address != source || eni.Instance == "" {
			continue
		}
		i, ok := r.instances.Get(eni.Instance)
		return r.describeItself(i, eni), ok
	}
	return machine.Document{}, false
}

func (r *Region) describeItself(i instanceRow, eni interfaceRow) machine.Document {
	subnet, _ := r.subnets.Get(i.Subnet)
	userData, _ := base64.StdEncoding.DecodeString(i.UserData) // checked at launch
	doc := machine.Document{
		AccountID: r.Account, InstanceID: i.ID, ImageID: i.Image, InstanceType: string(i.Type), Region: r.Region, Zone: i.Zone,
		ZoneID: zoneID(i.Zone), Reservation: i.Reservation, LaunchIndex: int(i.LaunchIndex), Architecture: string(i.Architecture),
		LaunchTime: i.Launched, PrivateName: r.privateName(eni.Address), PrivateIP: eni.Address, PublicIP: eni.Public,
		PublicName: r.publicName(eni.VPC, eni.Public), MAC: eni.MAC, Interface: eni.ID, Subnet: subnet.ID, VPC: i.VPC, GroupIDs: eni.Groups,
		UserData: userData, TokensRequired: i.Metadata.HttpTokens == ec2types.HttpTokensStateRequired,
		Disabled: i.Metadata.HttpEndpoint == ec2types.InstanceMetadataEndpointStateDisabled,
	}
	doc.SubnetCIDR, _ = netip.ParsePrefix(subnet.CIDR)
	doc.VPCCIDR, _ = netip.ParsePrefix(r.vpcCIDR(i.VPC))
	for _, g := range r.identifiers(eni.Groups) {
		doc.Groups = append(doc.Groups, *g.GroupName)
	}
	if i.Metadata.InstanceMetadataTags == ec2types.InstanceMetadataTagsStateEnabled {
		doc.Tags = r.tagMap(i.ID)
	}
	return doc
}
