# Every operation of CloudWatch that the cloud has, by the AWS CLI. $ENDPOINT is the cloud, $AWS the CLI.
set -euo pipefail
# Some releases print 4.0 where others print 4.
cw() { "$AWS" --endpoint-url "$ENDPOINT" --output text cloudwatch "$@" | sed 's/\.0\>//g'; }
refused() { ! said=$("${@:2}" 2>&1) && [[ $said == *"$1"* ]]; }
want() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'" >&2; exit 1; }; }
alarm() {
	cw put-metric-alarm --alarm-name cli --namespace Cli --metric-name Load --dimensions Name=A,Value=b --statistic Average --period 60 \
		--evaluation-periods 2 --threshold 1.5 --comparison-operator LessThanThreshold --treat-missing-data breaching "$@"
}
arn=arn:aws:cloudwatch:us-east-1:111122223333:alarm:cli

cw put-metric-data --namespace Cli --metric-name Load --dimensions A=b --value 2 --unit Percent
cw put-metric-data --namespace Cli --metric-data 'MetricName=Load,Dimensions=[{Name=A,Value=b}],Values=[4,6],Counts=[1,1],Unit=Percent'
want "$(cw list-metrics --namespace Cli --query 'Metrics[].MetricName')" Load
start=$(date -u -d '-3 hours' +%FT%TZ) end=$(date -u -d '+3 hours' +%FT%TZ)
want "$(cw get-metric-statistics --namespace Cli --metric-name Load --dimensions Name=A,Value=b --start-time "$start" --end-time "$end" --period 3600 \
	--statistics Average Maximum --query 'Datapoints[0].[Average,Maximum,Unit]')" "4	6	Percent"
want "$(cw get-metric-statistics --namespace Cli --metric-name Load --dimensions Name=A,Value=b --start-time "$start" --end-time "$end" --period 3600 \
	--extended-statistics p50 --query 'Datapoints[0].ExtendedStatistics.p50')" 4
want "$(cw get-metric-data --start-time "$start" --end-time "$end" --metric-data-queries \
	'[{"Id":"a","MetricStat":{"Metric":{"Namespace":"Cli","MetricName":"Load","Dimensions":[{"Name":"A","Value":"b"}]},"Period":3600,"Stat":"Sum"}}]' \
	--query 'MetricDataResults[0].[Values[0],length(Timestamps)]')" "12	1"
alarm --tags Key=k,Value=v
want "$(cw describe-alarms --alarm-names cli --query 'MetricAlarms[].[StateValue,Threshold,TreatMissingData,AlarmArn]')" "INSUFFICIENT_DATA	1.5	breaching	$arn"
want "$(cw describe-alarms-for-metric --namespace Cli --metric-name Load --dimensions Name=A,Value=b --query 'MetricAlarms[].AlarmName')" cli
cw set-alarm-state --alarm-name cli --state-value ALARM --state-reason because
want "$(cw describe-alarms --state-value ALARM --query 'MetricAlarms[].StateReason')" because
want "$(cw describe-alarm-history --alarm-name cli --history-item-type StateUpdate --query 'AlarmHistoryItems[].HistorySummary')" "Alarm updated from INSUFFICIENT_DATA to ALARM"
cw disable-alarm-actions --alarm-names cli
want "$(cw describe-alarms --alarm-names cli --query 'MetricAlarms[].ActionsEnabled')" False
cw enable-alarm-actions --alarm-names cli
cw tag-resource --resource-arn $arn --tags Key=l,Value=w
cw untag-resource --resource-arn $arn --tag-keys k
want "$(cw list-tags-for-resource --resource-arn $arn --query 'Tags[].[Key,Value]')" "l	w"
refused UnsupportedOperation alarm --alarm-actions arn:aws:lambda:us-east-1:111122223333:function:f
cw delete-alarms --alarm-names cli
refused ResourceNotFound cw delete-alarms --alarm-names cli
cw put-dashboard --dashboard-name d --dashboard-body '{"widgets":[]}'
want "$(cw list-dashboards --query 'DashboardEntries[].DashboardName')" d
want "$(cw get-dashboard --dashboard-name d --query DashboardBody)" '{"widgets":[]}'
cw delete-dashboards --dashboard-names d
refused ResourceNotFound cw get-dashboard --dashboard-name d
cw put-composite-alarm --alarm-name c --alarm-rule TRUE
cw delete-alarms --alarm-names c
refused UnsupportedOperation cw put-anomaly-detector --namespace App --metric-name Errors --stat Sum
