package compute

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// RunInstances launches instances and returns while they are pending.
func (r *Room) RunInstances(ctx context.Context, in *ec2.RunInstancesInput) (*ec2.RunInstancesOutput, error) {
	reservation, err := r.runInstances(in)
	if err != nil {
		return nil, err
	}
	shown := r.showReservation(reservation, r.reserved(reservation))
	return &ec2.RunInstancesOutput{
		ReservationId: shown.ReservationId, OwnerId: shown.OwnerId, Instances: shown.Instances, Groups: shown.Groups,
	}, nil
}

// Launch launches one instance, as Auto Scaling does, after a commit and not inside one.
func (r *Room) Launch(in *ec2.RunInstancesInput) (id string, err error) {
	reservation, err := r.runInstances(in)
	if err != nil {
		return "", err
	}
	return r.reserved(reservation)[0].ID, nil
}

// Launched finds the instance that was launched with a client token.
func (r *Room) Launched(token string) (id string, ok bool) {
	for _, i := range r.instances.All() {
		if i.Token == token {
			return i.ID, true
		}
	}
	return "", false
}

// runInstances launches instances and returns their reservation, whose rows reserved gives.
func (r *Room) runInstances(request *ec2.RunInstancesInput) (string, error) {
	in, from, err := r.withTemplate(request)
	if err != nil {
		return "", err
	}
	plan, err := r.planLaunch(in)
	if err != nil {
		return "", err
	}
	plan.from = from
	reservation, made := "", false
	err = r.Update(func(tx *store.Tx) (err error) {
		alive := func(id string) bool { return len(r.reservations.AllTx(tx, id)) > 0 }
		reservation, err = r.Once(tx, "RunInstances", in.ClientToken, request, alive, func() (string, error) {
			made = true
			id, err := r.reserve(tx, plan)
			if err != nil {
				return "", err
			}
			return id, room.DryRun(in)
		})
		return err
	})
	if err != nil || !made {
		return reservation, err
	}
	for _, i := range r.reserved(reservation) {
		for _, v := range r.volumesOf(nil, i.ID) {
			r.Spawn(func() { r.tendVolume(v.ID) })
		}
		r.Spawn(func() { r.tend(i.ID) })
	}
	return reservation, nil
}

// reserve writes all instances of a launch.
func (r *Room) reserve(tx *store.Tx, p launchPlan) (reservation string, err error) {
	reservation = reservationKind.NewID()
	for index := range *p.in.MaxCount {
		if err := r.launch(tx, p, reservation, index); err != nil {
			return "", err
		}
	}
	return reservation, nil
}

// reserved returns the instances of a reservation in the order of their launch.
func (r *Room) reserved(reservation string) []Instance {
	rows := r.reservations.AllTx(nil, reservation)
	slices.SortFunc(rows, func(a, b Instance) int { return int(a.LaunchIndex - b.LaunchIndex) })
	return rows
}

var launched = []ec2types.ResourceType{ec2types.ResourceTypeInstance, ec2types.ResourceTypeVolume, ec2types.ResourceTypeNetworkInterface}

// launch writes one pending instance with its interfaces.
func (r *Room) launch(tx *store.Tx, p launchPlan, reservation string, index int32) error {
	if err := r.checkVCPUs(tx, p.kind); err != nil {
		return err
	}
	row := p.instance(instanceKind.NewID())
	row.Reservation, row.LaunchIndex = reservation, index
	made, err := r.connect(tx, p, &row)
	if err != nil {
		return err
	}
	if err := r.place(tx, &row); err != nil {
		return err
	}
	if err := r.putVolumes(tx, p, row); err != nil {
		return err
	}
	if err := r.tagLaunched(tx, p, append(made, row.ID, row.Volume), row); err != nil {
		return err
	}
	return r.instances.Put(tx, row.ID, row)
}

// instance is the row of an instance that is launched by a plan.
func (p launchPlan) instance(id string) Instance {
	now := time.Now().UTC()
	row := Instance{
		ID: id, Image: p.image.ID, Subnet: p.subnet.ID, VPC: p.subnet.VPC, Zone: p.subnet.Zone,
		Type: p.in.InstanceType, Architecture: p.image.Architecture, State: pending, Launched: now,
		UserData: room.Deref(p.in.UserData), KeyName: p.key.Name, PublicKey: p.key.Public,
		Token: room.Deref(p.in.ClientToken), Layers: p.image.Layers, Service: p.image.Service,
		Volume: volumeKind.NewID(), VolumeMade: now, VolumeSnapshot: p.image.Snapshot, Disk: p.root, KeepRoot: p.keep,
		Encrypted:   p.encrypted,
		ProtectStop: room.Deref(p.in.DisableApiStop), Credits: p.credits,
		ProtectTermination: room.Deref(p.in.DisableApiTermination), EbsOptimized: room.Deref(p.in.EbsOptimized),
		ShutdownTerminates: p.in.InstanceInitiatedShutdownBehavior == ec2types.ShutdownBehaviorTerminate,
		Metadata:           p.metadata,
		Profile:            p.profile.associated(now),
		PlacementGroup:     p.placement, Partition: p.partition,
	}
	if m := p.in.Monitoring; m != nil {
		row.Monitoring = room.Deref(m.Enabled)
	}
	if m := p.in.MaintenanceOptions; m != nil {
		row.Recovery = m.AutoRecovery
	}
	return row
}

// tagLaunched tags a new instance and what came with it: with the request's tags, and the template that it was launched from.
func (r *Room) tagLaunched(tx *store.Tx, p launchPlan, made []string, row Instance) error {
	if p.from != nil {
		own := []ec2types.Tag{
			{Key: new("aws:ec2launchtemplate:id"), Value: new(p.from.ID)},
			{Key: new("aws:ec2launchtemplate:version"), Value: new(strconv.FormatInt(p.from.Version, 10))},
		}
		if err := r.PutTags(tx, row.ID, own); err != nil {
			return err
		}
	}
	for _, v := range r.volumesOf(tx, row.ID) {
		made = append(made, v.ID)
	}
	for _, id := range made {
		if err := r.TagNew(tx, p.in.TagSpecifications, id); err != nil {
			return err
		}
	}
	return nil
}
