package compute

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// DescribeInstanceCreditSpecifications tells how burstable instances are credited: those named, or all that are unlimited.
func (r *Room) DescribeInstanceCreditSpecifications(
	ctx context.Context, in *ec2.DescribeInstanceCreditSpecificationsInput,
) (*ec2.DescribeInstanceCreditSpecificationsOutput, error) {
	if err := room.Only(in, "Filters", "InstanceIds", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	if err := resource.NotPaged("instancesSet", in.InstanceIds, in.MaxResults); err != nil {
		return nil, err
	}
	for _, id := range in.InstanceIds {
		if i, ok := r.instances.Get(id); ok && i.Credits == "" {
			return nil, notBurstable(i)
		}
	}
	rows := slices.DeleteFunc(r.instances.All(), func(i Instance) bool {
		return len(in.InstanceIds) == 0 && (i.Credits != unlimitedCredits || i.State == terminated)
	})
	l := resource.Listing[Instance]{
		ID: func(i Instance) string { return i.ID }, Missing: missingInstance,
		Fields: resource.Fields[Instance]{"instance-id": resource.One(func(i Instance) string { return i.ID })},
	}
	rows, next, err := l.List(r.Registry, rows, in.InstanceIds, in.Filters, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstanceCreditSpecificationsOutput{NextToken: next}
	for _, i := range rows {
		out.InstanceCreditSpecifications = append(out.InstanceCreditSpecifications, ec2types.InstanceCreditSpecification{
			InstanceId: new(i.ID), CpuCredits: new(i.Credits),
		})
	}
	return out, nil
}

func notBurstable(i Instance) error {
	return wire.Errorf("InvalidParameterValue", "The instance '%s' is of type %s, which is not a burstable performance instance type.", i.ID, i.Type)
}

// ModifyInstanceCreditSpecification changes how instances are credited, one by one; each that cannot be is told with its reason.
func (r *Room) ModifyInstanceCreditSpecification(
	ctx context.Context, in *ec2.ModifyInstanceCreditSpecificationInput,
) (*ec2.ModifyInstanceCreditSpecificationOutput, error) {
	// A client token needs no memory: the same call again changes nothing.
	if err := room.Only(in, "ClientToken", "InstanceCreditSpecifications"); err != nil {
		return nil, err
	}
	if len(in.InstanceCreditSpecifications) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter InstanceCreditSpecification")
	}
	out := &ec2.ModifyInstanceCreditSpecificationOutput{}
	refuse := func(id string, code ec2types.UnsuccessfulInstanceCreditSpecificationErrorCode, message string) {
		out.UnsuccessfulInstanceCreditSpecifications = append(out.UnsuccessfulInstanceCreditSpecifications,
			ec2types.UnsuccessfulInstanceCreditSpecificationItem{
				InstanceId: &id, Error: &ec2types.UnsuccessfulInstanceCreditSpecificationItemError{Code: code, Message: &message},
			})
	}
	err := r.Update(func(tx *store.Tx) error {
		for _, spec := range in.InstanceCreditSpecifications {
			id, credits := room.Deref(spec.InstanceId), room.Deref(spec.CpuCredits)
			if !slices.Contains([]string{standardCredits, unlimitedCredits}, credits) {
				return badValue(credits, "CpuCredits")
			}
			i, ok := r.instances.GetTx(tx, id)
			switch {
			case !ok:
				refuse(id, ec2types.UnsuccessfulInstanceCreditSpecificationErrorCodeInstanceNotFound, missingInstance(id).Error())
				continue
			case i.Credits == "":
				refuse(id, ec2types.UnsuccessfulInstanceCreditSpecificationErrorCodeInstanceCreditSpecificationNotSupported, notBurstable(i).Error())
				continue
			case i.State != running && i.State != stopped:
				refuse(id, ec2types.UnsuccessfulInstanceCreditSpecificationErrorCodeIncorrectInstanceState,
					"The instance '"+id+"' is not in the 'running' or 'stopped' state.")
				continue
			}
			i.Credits = credits
			if err := r.instances.Put(tx, id, i); err != nil {
				return err
			}
			out.SuccessfulInstanceCreditSpecifications = append(out.SuccessfulInstanceCreditSpecifications,
				ec2types.SuccessfulInstanceCreditSpecificationItem{InstanceId: &id})
		}
		return room.DryRun(in)
	})
	return out, err
}
