# Every operation of CloudWatch that the cloud has, by boto3. $ENDPOINT is the cloud.
import datetime
import os

import boto3

cw = boto3.client("cloudwatch", endpoint_url=os.environ["ENDPOINT"])
now = datetime.datetime.now(datetime.timezone.utc)
hours = datetime.timedelta(hours=3)
metric = dict(Namespace="Py", MetricName="Load", Dimensions=[dict(Name="A", Value="b")])

cw.put_metric_data(Namespace="Py", MetricData=[
    dict(MetricName="Load", Dimensions=metric["Dimensions"], Timestamp=now, StatisticValues=dict(SampleCount=2, Sum=6, Minimum=2, Maximum=4))])
assert [m["MetricName"] for m in cw.list_metrics(Namespace="Py")["Metrics"]] == ["Load"]
points = cw.get_metric_statistics(**metric, StartTime=now - hours, EndTime=now + hours, Period=3600, Statistics=["Sum", "SampleCount"])["Datapoints"]
assert len(points) == 1 and points[0]["Sum"] == 6 and points[0]["SampleCount"] == 2, points
query = dict(Id="q", MetricStat=dict(Metric=metric, Period=3600, Stat="Maximum"))
pages = cw.get_paginator("get_metric_data").paginate(MetricDataQueries=[query], StartTime=now - hours, EndTime=now + hours)
assert [r["Values"] for p in pages for r in p["MetricDataResults"]] == [[4.0]]

for i in range(3):
    cw.put_metric_alarm(AlarmName=f"py{i}", **metric, ExtendedStatistic="p90", Period=10, EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=1,
                        ComparisonOperator="GreaterThanOrEqualToThreshold", ActionsEnabled=False, AlarmActions=["arn:aws:lambda:us-east-1:111122223333:function:f"])
pages = cw.get_paginator("describe_alarms").paginate(AlarmNamePrefix="py", PaginationConfig=dict(PageSize=2))
alarms = [a for p in pages for a in p["MetricAlarms"]]
assert [a["AlarmName"] for a in alarms] == ["py0", "py1", "py2"] and alarms[0]["DatapointsToAlarm"] == 2, alarms
assert len(cw.describe_alarms_for_metric(**metric)["MetricAlarms"]) == 3
cw.set_alarm_state(AlarmName="py0", StateValue="OK", StateReason="r", StateReasonData="{}")
cw.disable_alarm_actions(AlarmNames=["py0"])
try:
    cw.enable_alarm_actions(AlarmNames=["py0"])
    raise SystemExit("actions that nobody carries out were enabled")
except cw.exceptions.ClientError as e:
    assert e.response["Error"]["Code"] == "UnsupportedOperation", e
items = [i for p in cw.get_paginator("describe_alarm_history").paginate(AlarmName="py0", PaginationConfig=dict(PageSize=1)) for i in p["AlarmHistoryItems"]]
assert [i["HistoryItemType"] for i in items] == ["StateUpdate", "ConfigurationUpdate"], items
arn = alarms[1]["AlarmArn"]
cw.tag_resource(ResourceARN=arn, Tags=[dict(Key="k", Value="v")])
assert cw.list_tags_for_resource(ResourceARN=arn)["Tags"] == [dict(Key="k", Value="v")]
cw.untag_resource(ResourceARN=arn, TagKeys=["k"])
cw.delete_alarms(AlarmNames=["py0", "py1", "py2"])
try:
    cw.delete_alarms(AlarmNames=["py0"])
    raise SystemExit("a missing alarm was deleted")
except cw.exceptions.ResourceNotFound:
    pass
