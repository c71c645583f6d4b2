package compute

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/nets"
	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
)

// checked is when the first status checks of a started instance have been made: they run every minute.
func (r *Room) checked(i Instance) bool {
	return time.Since(i.Started) >= r.Speed.Of(time.Minute)
}

func (r *Room) showStatus(i Instance) ec2types.InstanceStatus {
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
	out := ec2types.InstanceStatus{
		Events:     []ec2types.InstanceStatusEvent{},
		InstanceId: new(i.ID), AvailabilityZone: new(i.Zone), AvailabilityZoneId: new(nets.ZoneID(i.Zone)),
		InstanceState: showState(i.State), InstanceStatus: show(), SystemStatus: show(),
	}
	// Attached volumes are checked of instances on the Nitro System
	// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html).
	if kind, _ := findType(string(i.Type)); kind.hypervisor == ec2types.InstanceTypeHypervisorNitro {
		out.AttachedEbsStatus = &ec2types.EbsStatusSummary{Status: summary}
		if detail != "" {
			out.AttachedEbsStatus.Details = []ec2types.EbsStatusDetails{{Name: ec2types.StatusNameReachability, Status: detail}}
		}
	}
	return out
}

// DescribeInstanceStatus lists the status checks of running instances, or of all.
func (r *Room) DescribeInstanceStatus(ctx context.Context, in *ec2.DescribeInstanceStatusInput) (*ec2.DescribeInstanceStatusOutput, error) {
	if err := room.Only(in, "Filters", "IncludeAllInstances", "IncludeManagedResources", "InstanceIds", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	if err := resource.NotPaged("instancesSet", in.InstanceIds, in.MaxResults); err != nil {
		return nil, err
	}
	status := func(pick func(ec2types.InstanceStatus) *ec2types.InstanceStatusSummary) func(Instance) []string {
		return resource.One(func(i Instance) string { return string(pick(r.showStatus(i)).Status) })
	}
	all := r.instanceFields()
	none := func(Instance) []string { return nil } // no events are ever scheduled
	reachability := func(i Instance) (values []string) {
		for _, d := range r.showStatus(i).SystemStatus.Details {
			values = append(values, string(d.Status))
		}
		return values
	}
	l := instanceListing
	l.Fields = resource.Fields[Instance]{
		"availability-zone": all["availability-zone"], "instance-state-name": all["instance-state-name"], "instance-state-code": all["instance-state-code"],
		"instance-status.status":       status(func(s ec2types.InstanceStatus) *ec2types.InstanceStatusSummary { return s.InstanceStatus }),
		"availability-zone-id":         all["availability-zone-id"],
		"instance-status.reachability": reachability, "system-status.reachability": reachability,
		"event.code": none, "event.description": none, "event.instance-event-id": none, "event.not-after": none, "event.not-before": none,
		"event.not-before-deadline":        none,
		"attached-ebs-status.reachability": resource.Shown(r.showStatus, "AttachedEbsStatus.Details.Status"),
		"attached-ebs-status.status":       resource.Shown(r.showStatus, "AttachedEbsStatus.Status"),
		"operator.managed":                 none, "operator.principal": none,
		"system-status.status": status(func(s ec2types.InstanceStatus) *ec2types.InstanceStatusSummary { return s.SystemStatus }),
	}
	if err := l.Know(r.instances.All(), in.InstanceIds); err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(r.instances.All(), func(i Instance) bool {
		named := len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, i.ID)
		return !named || i.State != running && !room.Deref(in.IncludeAllInstances)
	})
	rows, next, err := l.List(r.Registry, rows, nil, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstanceStatusOutput{NextToken: next}
	for _, row := range rows {
		out.InstanceStatuses = append(out.InstanceStatuses, r.showStatus(row))
	}
	return out, nil
}
