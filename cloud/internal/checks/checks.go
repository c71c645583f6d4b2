package checks

import (
	"context"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

const (
	// Quota is the quota of health checks of an account.
	Quota = 200
	// referenceKept is how long a deleted health check's reference stays taken. AWS says "some days".
	referenceKept = 72 * time.Hour
)

// CreateHealthCheck makes a health check, or answers with the one that the same reference and settings
// made before (API reference, CreateHealthCheck).
func (a *Checks) CreateHealthCheck(ctx context.Context, in *route53.CreateHealthCheckInput) (*route53.CreateHealthCheckOutput, error) {
	reference := aws.ToString(in.CallerReference)
	if err := request.Length("callerReference", reference, 1, 64); err != nil {
		return nil, err
	}
	if in.HealthCheckConfig == nil {
		return nil, request.BadInput("Invalid XML ; the content of element 'CreateHealthCheckRequest' is not complete: HealthCheckConfig is expected.")
	}
	config, err := complete(*in.HealthCheckConfig)
	if err != nil {
		return nil, err
	}
	made, fresh := Check{ID: room.NewUUID(), Reference: reference, Version: 1, Config: config}, true
	var unknown error // told only where a check is made
	made.Alarm, unknown = a.sourceOf(ctx, config)
	err = a.UpdateThen(func(tx *store.Tx) error {
		all := a.tables.Checks.AllTx(tx)
		for _, other := range all {
			if other.Reference != reference {
				continue
			}
			if !reflect.DeepEqual(other.Config, config) {
				return request.Conflict("HealthCheckAlreadyExists", "A health check with the caller reference %s and different settings already exists.", reference)
			}
			made, fresh = other, false
			return nil
		}
		if at, ok := a.tables.Deleted.GetTx(tx, reference); ok && a.now().Sub(at) < referenceKept {
			return request.Conflict("HealthCheckAlreadyExists", "A health check with the caller reference %s was deleted recently.", reference)
		}
		if len(all) >= Quota {
			return wire.Errorf("TooManyHealthChecks", "Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more than %d health checks.", Quota)
		}
		if err := a.checkChildren(tx, config); err != nil {
			return err
		}
		if unknown != nil {
			return unknown
		}
		return a.tables.Checks.Put(tx, made.ID, made)
	}, func() {
		if fresh {
			a.engine.Watch(made.ID, made.Alarm)
			a.engine.Set(made.ID, made.Config)
		}
	})
	if err != nil {
		return nil, err
	}
	return &route53.CreateHealthCheckOutput{HealthCheck: made.describe(), Location: aws.String(request.Endpoint + "/healthcheck/" + made.ID)}, nil
}

// checkChildren refuses children that do not exist or are calculated themselves.
func (a *Checks) checkChildren(tx *store.Tx, config r53types.HealthCheckConfig) error {
	for _, id := range config.ChildHealthChecks {
		child, ok := a.tables.Checks.GetTx(tx, id)
		if !ok {
			return request.BadInput("Invalid parameter : The health check with ID %s does not exist.", id)
		}
		if child.Config.Type == r53types.HealthCheckTypeCalculated {
			return request.BadInput("Invalid parameter : The child health check %s may not be of type CALCULATED.", id)
		}
	}
	return nil
}

func (c Check) describe() *r53types.HealthCheck {
	config := c.Config
	h := &r53types.HealthCheck{
		Id:                 aws.String(c.ID),
		CallerReference:    aws.String(c.Reference),
		HealthCheckVersion: aws.Int64(c.Version),
		HealthCheckConfig:  &config,
	}
	if c.Alarm != nil {
		h.CloudWatchAlarmConfiguration = &c.Alarm.Settings
	}
	return h
}

func (a *Checks) getHealthCheck(_ context.Context, in *route53.GetHealthCheckInput) (*route53.GetHealthCheckOutput, error) {
	c, err := a.tables.Check(nil, aws.ToString(in.HealthCheckId))
	if err != nil {
		return nil, err
	}
	return &route53.GetHealthCheckOutput{HealthCheck: c.describe()}, nil
}

// DeleteHealthCheck deletes a check, also where record sets still name it, as AWS does.
func (a *Checks) DeleteHealthCheck(_ context.Context, in *route53.DeleteHealthCheckInput) (*route53.DeleteHealthCheckOutput, error) {
	id := aws.ToString(in.HealthCheckId)
	return &route53.DeleteHealthCheckOutput{}, a.UpdateThen(func(tx *store.Tx) error {
		c, err := a.tables.Check(tx, id)
		if err != nil {
			return err
		}
		if err := a.tables.Deleted.Put(tx, c.Reference, a.now().UTC()); err != nil {
			return err
		}
		if err := a.untag(tx, id); err != nil {
			return err
		}
		return a.tables.Checks.Delete(tx, id)
	}, func() { a.engine.Remove(id) })
}

func (a *Checks) listHealthChecks(_ context.Context, in *route53.ListHealthChecksInput) (*route53.ListHealthChecksOutput, error) {
	n, err := request.Size(in.MaxItems, 1000)
	if err != nil {
		return nil, err
	}
	rows, next := request.Page(a.tables.Checks.All(), func(c Check) string { return c.ID }, aws.ToString(in.Marker), n)
	out := &route53.ListHealthChecksOutput{IsTruncated: next != nil, MaxItems: aws.Int32(int32(n)), Marker: aws.String(aws.ToString(in.Marker)), NextMarker: next}
	for _, c := range rows {
		out.HealthChecks = append(out.HealthChecks, *c.describe())
	}
	return out, nil
}

func (a *Checks) getHealthCheckCount(context.Context, *route53.GetHealthCheckCountInput) (*route53.GetHealthCheckCountOutput, error) {
	return &route53.GetHealthCheckCountOutput{HealthCheckCount: aws.Int64(int64(a.tables.Checks.Len()))}, nil
}

func (a *Checks) getHealthCheckStatus(_ context.Context, in *route53.GetHealthCheckStatusInput) (*route53.GetHealthCheckStatusOutput, error) {
	c, err := a.endpointCheck(in.HealthCheckId)
	if err != nil {
		return nil, err
	}
	return &route53.GetHealthCheckStatusOutput{HealthCheckObservations: a.engine.Observations(c.ID)}, nil
}

func (a *Checks) getLastFailure(_ context.Context, in *route53.GetHealthCheckLastFailureReasonInput) (*route53.GetHealthCheckLastFailureReasonOutput, error) {
	c, err := a.endpointCheck(in.HealthCheckId)
	if err != nil {
		return nil, err
	}
	return &route53.GetHealthCheckLastFailureReasonOutput{HealthCheckObservations: a.engine.LastFailure(c.ID)}, nil
}

// endpointCheck finds a check that has checkers: a calculated one has none to report.
func (a *Checks) endpointCheck(id *string) (Check, error) {
	c, err := a.tables.Check(nil, aws.ToString(id))
	switch c.Config.Type {
	case r53types.HealthCheckTypeCalculated, r53types.HealthCheckTypeCloudwatchMetric, r53types.HealthCheckTypeRecoveryControl:
		err = request.BadInput("Invalid parameter : The status of a health check of type %s is not reported by checkers.", c.Config.Type)
	}
	return c, err
}

// getCheckerRanges answers with the parts of the internet's own ranges that hold the health checkers.
func (a *Checks) getCheckerRanges(context.Context, *route53.GetCheckerIpRangesInput) (*route53.GetCheckerIpRangesOutput, error) {
	return &route53.GetCheckerIpRangesOutput{CheckerIpRanges: []string{address.Checker(0).String() + "/26", address.CheckersIPv6.String()}}, nil
}

func notFound(id string) error {
	return request.NotFound("NoSuchHealthCheck", "No health check exists with the specified ID. (%s)", id)
}
