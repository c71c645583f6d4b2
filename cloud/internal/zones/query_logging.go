package zones

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func (q queryLogging) describe() *r53types.QueryLoggingConfig {
	return &r53types.QueryLoggingConfig{Id: &q.ID, HostedZoneId: &q.ZoneID, CloudWatchLogsLogGroupArn: &q.Group}
}

// logGroup is the ARN of a log group of CloudWatch Logs in us-east-1, where Route 53 wants it (API reference,
// CreateQueryLoggingConfig), and its name, which has mostLogGroup characters at most.
var logGroup = regexp.MustCompile(`^arn:aws:logs:us-east-1:[0-9]{12}:log-group:([0-9A-Za-z_/.#-]+)(:\*)?$`)

const mostLogGroup = 512

func noQueryLogging(id string) error {
	return request.NotFound("NoSuchQueryLoggingConfig", "There is no DNS query logging configuration with ID %s.", id)
}

func (r *Room) queryLog(tx *store.Tx, id string) (queryLogging, error) {
	return room.Find(tx, r.queryLogs, id, noQueryLogging)
}

func (r *Room) createQueryLogging(_ context.Context, in *route53.CreateQueryLoggingConfigInput) (*route53.CreateQueryLoggingConfigOutput, error) {
	made := queryLogging{ID: room.NewUUID(), ZoneID: request.Bare(aws.ToString(in.HostedZoneId)), Group: aws.ToString(in.CloudWatchLogsLogGroupArn)}
	if group := logGroup.FindStringSubmatch(made.Group); group == nil || len(group[1]) > mostLogGroup {
		return nil, request.BadInput("The ARN %s isn't that of a CloudWatch Logs log group in us-east-1.", made.Group)
	}
	err := r.commit(func(tx *store.Tx) error {
		z, err := r.zone(tx, made.ZoneID)
		switch {
		case err != nil:
			return err
		case z.private():
			return request.BadInput("The hosted zone %s is private: query logging is for public hosted zones.", z.ID)
		case slices.ContainsFunc(r.queryLogs.AllTx(tx), func(q queryLogging) bool { return q.ZoneID == z.ID }):
			return request.Conflict("QueryLoggingConfigAlreadyExists", "A query logging configuration already exists for hosted zone %s.", z.ID)
		}
		return r.queryLogs.Put(tx, made.ID, made)
	})
	if err != nil {
		return nil, err
	}
	return &route53.CreateQueryLoggingConfigOutput{
		QueryLoggingConfig: made.describe(),
		Location:           aws.String(request.Endpoint + "/queryloggingconfig/" + made.ID),
	}, nil
}

func (r *Room) getQueryLogging(_ context.Context, in *route53.GetQueryLoggingConfigInput) (*route53.GetQueryLoggingConfigOutput, error) {
	q, err := r.queryLog(nil, aws.ToString(in.Id))
	if err != nil {
		return nil, err
	}
	return &route53.GetQueryLoggingConfigOutput{QueryLoggingConfig: q.describe()}, nil
}

func (r *Room) deleteQueryLogging(_ context.Context, in *route53.DeleteQueryLoggingConfigInput) (*route53.DeleteQueryLoggingConfigOutput, error) {
	id := aws.ToString(in.Id)
	return &route53.DeleteQueryLoggingConfigOutput{}, r.commit(func(tx *store.Tx) error {
		if _, err := r.queryLog(tx, id); err != nil {
			return err
		}
		return r.queryLogs.Delete(tx, id)
	})
}

func (r *Room) listQueryLogging(_ context.Context, in *route53.ListQueryLoggingConfigsInput) (*route53.ListQueryLoggingConfigsOutput, error) {
	n, err := results(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	if token := aws.ToString(in.NextToken); token != "" && !queryKey.MatchString(token) {
		return nil, wire.Errorf("InvalidPaginationToken", "The value %s for NextToken is invalid.", token)
	}
	rows := r.queryLogs.All()
	if in.HostedZoneId != nil {
		id := request.Bare(*in.HostedZoneId)
		if _, err := r.zone(nil, id); err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(rows, func(q queryLogging) bool { return q.ZoneID != id })
	}
	start, err := pageToken(in.NextToken, queryKey)
	if err != nil {
		return nil, err
	}
	rows, next := request.Page(rows, func(q queryLogging) string { return q.ID }, start, n)
	out := &route53.ListQueryLoggingConfigsOutput{QueryLoggingConfigs: []r53types.QueryLoggingConfig{}, NextToken: next}
	for _, q := range rows {
		out.QueryLoggingConfigs = append(out.QueryLoggingConfigs, *q.describe())
	}
	return out, nil
}

// deleteQueryLogs deletes the query logging of a zone that is deleted.
func (r *Room) deleteQueryLogs(tx *store.Tx, zone string) error {
	for _, q := range r.queryLogs.AllTx(tx) {
		if q.ZoneID == zone {
			return r.queryLogs.Delete(tx, q.ID)
		}
	}
	return nil
}
