package watching

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers CloudWatch's handlers, one line each.
func (r *Room) Operations(m *wire.Mux) {
	lists(m)
	wire.Handle(m, wire.CloudWatch, "DeleteAlarms", r.DeleteAlarms)
	wire.Handle(m, wire.CloudWatch, "DeleteDashboards", r.DeleteDashboards)
	wire.Handle(m, wire.CloudWatch, "DescribeAlarmHistory", r.DescribeAlarmHistory)
	wire.Handle(m, wire.CloudWatch, "DescribeAlarms", r.DescribeAlarms)
	wire.Handle(m, wire.CloudWatch, "DescribeAlarmsForMetric", r.DescribeAlarmsForMetric)
	wire.Handle(m, wire.CloudWatch, "DisableAlarmActions", r.DisableAlarmActions)
	wire.Handle(m, wire.CloudWatch, "EnableAlarmActions", r.EnableAlarmActions)
	wire.Handle(m, wire.CloudWatch, "GetDashboard", r.GetDashboard)
	wire.Handle(m, wire.CloudWatch, "GetMetricData", r.GetMetricData)
	wire.Handle(m, wire.CloudWatch, "GetMetricStatistics", r.GetMetricStatistics)
	wire.Handle(m, wire.CloudWatch, "ListDashboards", r.ListDashboards)
	wire.Handle(m, wire.CloudWatch, "ListMetrics", r.ListMetrics)
	wire.Handle(m, wire.CloudWatch, "ListTagsForResource", r.ListTagsForResource)
	wire.Handle(m, wire.CloudWatch, "PutCompositeAlarm", r.PutCompositeAlarm)
	wire.Handle(m, wire.CloudWatch, "PutDashboard", r.PutDashboard)
	wire.Handle(m, wire.CloudWatch, "PutMetricAlarm", r.PutMetricAlarm)
	wire.Handle(m, wire.CloudWatch, "PutMetricData", r.PutMetricData)
	wire.Handle(m, wire.CloudWatch, "SetAlarmState", r.SetAlarmState)
	wire.Handle(m, wire.CloudWatch, "TagResource", r.TagResource)
	wire.Handle(m, wire.CloudWatch, "UntagResource", r.UntagResource)
}
