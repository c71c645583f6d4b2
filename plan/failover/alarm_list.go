package failover

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// foundAlarms are the alarms of a region whose names begin as the stack's do, by their names. Finds share the list.
func foundAlarms(ctx context.Context, s resource.Scope) (map[string]cwtypes.MetricAlarm, error) {
	return resource.Listed(ctx, "alarms of "+s.Region, func() (map[string]cwtypes.MetricAlarm, error) { return listAlarms(ctx, s) })
}

// listAlarms finds nothing for a caller who may not look and declares no alarm: without the permission none was made.
func listAlarms(ctx context.Context, s resource.Scope) (map[string]cwtypes.MetricAlarm, error) {
	all := map[string]cwtypes.MetricAlarm{}
	pages := cloudwatch.NewDescribeAlarmsPaginator(s.CloudWatch, &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String(s.Declared.AlarmName("")), AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if account.IsCode(err, "AccessDenied") && len(s.Declared.Alarms.On) == 0 {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("describe alarms: %w", err)
		}
		for _, a := range page.MetricAlarms {
			all[aws.ToString(a.AlarmName)] = a
		}
	}
	return all, nil
}
