package discover

import (
	"context"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// readAlarms reads the alarms of a stack of this program's, by their names. Which of an account's other alarms are of a service nobody says.
func (s *Site) readAlarms(ctx context.Context) error {
	if s.own() == "" {
		return nil
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(s.CloudWatch, &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String(s.alarmName("")), AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		s.Alarms = append(s.Alarms, page.MetricAlarms...)
	}
	return nil
}

// alarmName is the name of an alarm of the stack whose the site is.
func (s *Site) alarmName(role string) string {
	return (&understudy.Declaration{Name: s.own()}).AlarmName(role)
}

// kindOf returns which of a stack's alarms has a name.
func (s *Site) kindOf(name string) (understudy.AlarmKind, bool) {
	for _, kind := range understudy.AlarmKinds {
		for _, of := range understudy.Sides {
			if name == s.alarmName(understudy.AlarmRole(kind.Name, of)) {
				return kind, s.own() != ""
			}
		}
	}
	return understudy.AlarmKind{}, false
}

// alarms describes the alarms of both regions, and whom they tell.
func (d *Declared) alarms(first, second *Site) {
	if first.own() == "" || first.own() != second.own() {
		d.untold(othersAlarms)
		return
	}
	said := map[string]map[string]any{}
	for side, site := range map[understudy.Side]*Site{understudy.Primary: first, understudy.Secondary: second} {
		for _, a := range site.Alarms {
			kind, ok := site.kindOf(aws.ToString(a.AlarmName))
			if !ok {
				continue
			}
			if said[kind.Name] == nil || side == understudy.Primary {
				said[kind.Name] = site.alarm(kind, a)
			}
			if len(a.AlarmActions) > 0 {
				d.Values["alarms.notify."+string(side)] = a.AlarmActions
			}
		}
	}
	var on []map[string]any
	for _, kind := range understudy.AlarmKinds {
		if one := said[kind.Name]; one != nil {
			on = append(on, one)
		}
	}
	if on != nil {
		d.Values["alarms.on"] = on
	}
}

// alarm says what is otherwise than where nothing is said.
func (s *Site) alarm(kind understudy.AlarmKind, a cwtypes.MetricAlarm) map[string]any {
	one := map[string]any{"alarm": kind.Name}
	usual := kind.Threshold
	if kind.Name == understudy.AlarmFleetSize && len(s.Fleets) > 0 {
		usual = int(aws.ToInt32(s.Fleets[0].MinSize))
	}
	for _, v := range []struct {
		key        string
		has, usual int
	}{
		{"threshold", int(math.Round(aws.ToFloat64(a.Threshold) * float64(kind.Divisor))), usual},
		{"period", int(aws.ToInt32(a.Period)), 60},
		{"evaluation_periods", int(aws.ToInt32(a.EvaluationPeriods)), kind.Periods},
	} {
		if v.has != v.usual {
			one[v.key] = v.has
		}
	}
	return one
}

// following says of a check that it follows an alarm of the stack's, where it does.
func (s *Site) following(c *r53types.HealthCheckConfig) (says map[string]any, ok bool) {
	if s == nil || c.AlarmIdentifier == nil || string(c.AlarmIdentifier.Region) != s.Region {
		return nil, false
	}
	kind, ok := s.kindOf(aws.ToString(c.AlarmIdentifier.Name))
	says = map[string]any{"alarm": kind.Name}
	for said, status := range account.NoDataStatus {
		if said != understudy.NoDataLastKnown && c.InsufficientDataHealthStatus == status {
			says["no_data"] = string(said)
		}
	}
	return says, ok
}

// asksNothing tells whether a check follows an alarm.
func (a ask) asksNothing() bool { return a.says["alarm"] != nil }

// asking are the checks that ask for something.
func asking(all []ask) []ask { return slices.DeleteFunc(slices.Clone(all), ask.asksNothing) }
