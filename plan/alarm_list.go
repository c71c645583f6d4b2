package plan

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/account"
)

// alarmLists are the alarms whose names begin as the stack's do, by region, for finds that share them.
type alarmLists struct {
	mu sync.Mutex
	of map[string]*alarmList
}

type alarmList struct {
	once sync.Once
	all  map[string]cwtypes.MetricAlarm // by their names
	err  error
}

type alarmListsKey struct{}

func withAlarmLists(ctx context.Context) context.Context {
	return context.WithValue(ctx, alarmListsKey{}, &alarmLists{of: map[string]*alarmList{}})
}

// foundAlarms lists the alarms of a region whose names begin as the stack's do.
func foundAlarms(ctx context.Context, s scope) (map[string]cwtypes.MetricAlarm, error) {
	lists, shared := ctx.Value(alarmListsKey{}).(*alarmLists)
	if !shared {
		return listAlarms(ctx, s)
	}
	lists.mu.Lock()
	l := lists.of[s.Region]
	if l == nil {
		l = &alarmList{}
		lists.of[s.Region] = l
	}
	lists.mu.Unlock()
	l.once.Do(func() { l.all, l.err = listAlarms(ctx, s) })
	return l.all, l.err
}

// listAlarms finds nothing for a caller who may not look and declares no alarm: without the permission none was made.
func listAlarms(ctx context.Context, s scope) (map[string]cwtypes.MetricAlarm, error) {
	all := map[string]cwtypes.MetricAlarm{}
	pages := cloudwatch.NewDescribeAlarmsPaginator(s.CloudWatch, &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String(s.declared.AlarmName("")), AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if account.IsCode(err, "AccessDenied") && len(s.declared.Alarms.On) == 0 {
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
