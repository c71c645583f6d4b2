package compute

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/rootfs"
	"github.com/understudy/understudy/cloud/internal/store"
)

// Instance is an instance. Its state is what the instance's own worker acts on, see tender.go.
type Instance struct {
	ID, Reservation, Image, Subnet, VPC, Zone, Interface string
	LaunchIndex                                          int32
	Type                                                 ec2types.InstanceType
	Architecture                                         ec2types.ArchitectureValues
	State                                                ec2types.InstanceStateName
	Reason                                               *ec2types.StateReason
	Transition                                           string // "User initiated (2006-01-02 15:04:05 GMT)"
	Launched                                             time.Time
	Started                                              time.Time // when it last became running
	Ended                                                time.Time // when it became terminated
	UserData                                             string    // base64
	KeyName, PublicKey                                   string    // the key pair's, as they were at the launch
	Token                                                string
	Layers                                               []string        // digests, the topmost first
	Service                                              *rootfs.Service // its image's; nil for none
	Volume                                               string
	VolumeMade                                           time.Time
	Disk                                                 disk
	Encrypted, AutoIO                                    bool   // the root volume
	KeepRoot                                             bool   // the root volume outlives it
	VolumeSnapshot                                       string // that the volume was made of, which the image may not outlive
	Boot                                                 int    // rises with each reboot
	Held                                                 bool   // its processes rest while an image is made of it
	ProtectTermination, ProtectStop                      bool
	EbsOptimized, Monitoring                             bool
	Credits                                              string // of a burstable type: standard or unlimited
	Recovery                                             ec2types.InstanceAutoRecoveryState
	ShutdownTerminates                                   bool
	Metadata                                             ec2types.InstanceMetadataOptionsResponse
	Profile                                              *profileRow // nil for none
	PlacementGroup                                       string      // its id
	Partition                                            int32       // of a group that has some
}

var (
	instanceKind = kinds.Add(resource.Kind[*Room]{
		Prefix: "i", Tagged: ec2types.ResourceTypeInstance, Missing: missingInstance,
		Exists: resource.Within(func(r *Room) *store.Table[Instance] { return r.instances }),
	})
	reservationKind = kinds.Add(resource.Kind[*Room]{Prefix: "r"})
)

func missingInstance(id string) error {
	return resource.Missing("i-", id, "InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist")
}

// instanceListing knows instances by their ids.
var instanceListing = resource.Listing[Instance]{
	ID: func(i Instance) string { return i.ID }, Missing: missingInstance, Several: "The instance IDs '%s' do not exist",
}

// Instance returns an instance. A nil tx reads what is committed.
func (r *Room) Instance(tx *store.Tx, id string) (Instance, bool) { return r.instances.GetTx(tx, id) }

// stateCodes are the numbers of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html.
var stateCodes = map[ec2types.InstanceStateName]int32{pending: 0, running: 16, shuttingDown: 32, terminated: 48, stopping: 64, stopped: 80}

func showState(s ec2types.InstanceStateName) *ec2types.InstanceState {
	return &ec2types.InstanceState{Name: s, Code: new(stateCodes[s])}
}

const rootDevice = "/dev/xvda"

func (r *Room) showInstance(i Instance) ec2types.Instance {
	monitoring := ec2types.MonitoringStateDisabled
	if i.Monitoring {
		monitoring = ec2types.MonitoringStateEnabled
	}
	kind, ok := findType(string(i.Type))
	if !ok {
		kind.threads = 1
	}
	out := ec2types.Instance{
		InstanceId: new(i.ID), ImageId: new(i.Image), InstanceType: i.Type, Architecture: i.Architecture, AmiLaunchIndex: new(i.LaunchIndex),
		State: showState(i.State), StateReason: i.Reason, StateTransitionReason: new(i.Transition), LaunchTime: new(i.Launched),
		ClientToken: new(i.Token), KeyName: room.Some(i.KeyName), EbsOptimized: new(i.EbsOptimized), EnaSupport: new(true), Hypervisor: ec2types.HypervisorTypeXen,
		VirtualizationType: ec2types.VirtualizationTypeHvm, RootDeviceName: new(rootDevice), RootDeviceType: ec2types.DeviceTypeEbs,
		Monitoring: &ec2types.Monitoring{State: monitoring}, MetadataOptions: &i.Metadata, Tags: r.Tags(i.ID),
		Placement:  r.showPlacement(i),
		CpuOptions: &ec2types.CpuOptions{CoreCount: new(kind.vcpus / kind.threads), ThreadsPerCore: new(kind.threads)},
		CapacityReservationSpecification: &ec2types.CapacityReservationSpecificationResponse{
			CapacityReservationPreference: ec2types.CapacityReservationPreferenceOpen,
		},
		EnclaveOptions: &ec2types.EnclaveOptions{Enabled: new(false)}, HibernationOptions: &ec2types.HibernationOptions{Configured: new(false)},
		MaintenanceOptions: &ec2types.InstanceMaintenanceOptions{AutoRecovery: cmp.Or(i.Recovery, ec2types.InstanceAutoRecoveryStateDefault)},
		PrivateDnsNameOptions: &ec2types.PrivateDnsNameOptionsResponse{
			HostnameType: ec2types.HostnameTypeIpName, EnableResourceNameDnsARecord: new(false), EnableResourceNameDnsAAAARecord: new(false),
		},
		PlatformDetails: new("Linux/UNIX"), UsageOperation: new("RunInstances"), UsageOperationUpdateTime: new(i.VolumeMade),
		PrivateDnsName: new(""), PublicDnsName: new(""), ProductCodes: []ec2types.ProductCode{},
		BlockDeviceMappings: []ec2types.InstanceBlockDeviceMapping{}, NetworkInterfaces: []ec2types.InstanceNetworkInterface{},
		SecurityGroups: []ec2types.GroupIdentifier{},
	}
	if i.State == terminated {
		return out
	}
	out.IamInstanceProfile = i.Profile.show()
	out.SubnetId, out.VpcId, out.SourceDestCheck = new(i.Subnet), new(i.VPC), new(true)
	out.BlockDeviceMappings = []ec2types.InstanceBlockDeviceMapping{{
		DeviceName: new(rootDevice),
		Ebs: &ec2types.EbsInstanceBlockDevice{
			VolumeId:            new(i.Volume),
			AttachTime:          new(i.VolumeMade),
			DeleteOnTermination: new(!i.KeepRoot),
			Status:              ec2types.AttachmentStatusAttached,
		},
	}}
	for _, v := range r.volumesOf(nil, i.ID) {
		out.BlockDeviceMappings = append(out.BlockDeviceMappings, ec2types.InstanceBlockDeviceMapping{
			DeviceName: new(v.Attachment.Device),
			Ebs: &ec2types.EbsInstanceBlockDevice{
				VolumeId: new(v.ID), AttachTime: new(v.Attachment.At), DeleteOnTermination: new(v.Attachment.DeleteOnTermination),
				Status: v.Attachment.status(),
			},
		})
	}
	for _, eni := range r.nets.InterfacesOf(nil, i.ID) {
		out.NetworkInterfaces = append(out.NetworkInterfaces, r.showDevice(eni))
	}
	if len(out.NetworkInterfaces) > 0 {
		showFirst(&out)
	}
	return out
}

func (r *Room) showReservation(id string, rows []Instance) ec2types.Reservation {
	out := ec2types.Reservation{ReservationId: new(id), OwnerId: new(r.Account), Groups: []ec2types.GroupIdentifier{}}
	for _, i := range rows {
		out.Instances = append(out.Instances, r.showInstance(i))
	}
	return out
}

// DescribeInstances lists instances by reservation.
func (r *Room) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput) (*ec2.DescribeInstancesOutput, error) {
	if err := room.Only(in, "Filters", "IncludeManagedResources", "InstanceIds", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	if err := resource.NotPaged("instancesSet", in.InstanceIds, in.MaxResults); err != nil {
		return nil, err
	}
	l := instanceListing
	l.Fields = r.instanceFields()
	rows, next, err := l.List(r.Registry, r.instances.All(), in.InstanceIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstancesOutput{NextToken: next}
	of := map[string][]Instance{}
	var order []string
	for _, row := range rows {
		if of[row.Reservation] == nil {
			order = append(order, row.Reservation)
		}
		of[row.Reservation] = append(of[row.Reservation], row)
	}
	for _, id := range order {
		slices.SortFunc(of[id], func(a, b Instance) int { return int(a.LaunchIndex - b.LaunchIndex) })
		out.Reservations = append(out.Reservations, r.showReservation(id, of[id]))
	}
	return out, nil
}
