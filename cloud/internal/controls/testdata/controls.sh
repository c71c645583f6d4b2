# Every operation of routing control that the cloud has, by the AWS CLI. $ENDPOINT is the cloud.
set -euo pipefail
run() { /usr/bin/aws --endpoint-url "$ENDPOINT" --region us-west-2 --output text "$@"; }
config() { run route53-recovery-control-config "$@"; }
cluster() { run route53-recovery-cluster "$@"; }
want() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'" >&2; exit 1; }; }
refused() { ! said=$("${@:2}" 2>&1) && [[ $said == *"$1"* ]] || { echo "not $1: $said" >&2; exit 1; }; }

c=$(config create-cluster --cluster-name cli --query Cluster.ClusterArn)
want "$(config describe-cluster --cluster-arn "$c" --query 'Cluster.[Status,length(ClusterEndpoints)]')" "DEPLOYED	5"
want "$(config list-clusters --query 'Clusters[].Name')" cli
p=$(config create-control-panel --cluster-arn "$c" --control-panel-name panel --query ControlPanel.ControlPanelArn)
config update-control-panel --control-panel-arn "$p" --control-panel-name other >/dev/null
want "$(config describe-control-panel --control-panel-arn "$p" --query 'ControlPanel.[Name,DefaultControlPanel]')" "other	False"
want "$(config list-control-panels --cluster-arn "$c" --query 'length(ControlPanels)')" 2
a=$(config create-routing-control --cluster-arn "$c" --control-panel-arn "$p" --routing-control-name a --query RoutingControl.RoutingControlArn)
b=$(config create-routing-control --cluster-arn "$c" --control-panel-arn "$p" --routing-control-name b --query RoutingControl.RoutingControlArn)
config update-routing-control --routing-control-arn "$b" --routing-control-name bb >/dev/null
want "$(config describe-routing-control --routing-control-arn "$b" --query RoutingControl.Name)" bb
want "$(config list-routing-controls --control-panel-arn "$p" --query 'length(RoutingControls)')" 2
config list-associated-route53-health-checks --routing-control-arn "$a" >/dev/null
r=$(config create-safety-rule --query AssertionRule.SafetyRuleArn --assertion-rule \
	"Name=one,ControlPanelArn=$p,AssertedControls=[$a,$b],WaitPeriodMs=0,RuleConfig={Type=ATLEAST,Threshold=1,Inverted=false}")
config update-safety-rule --assertion-rule-update "SafetyRuleArn=$r,Name=one-at-least,WaitPeriodMs=0" >/dev/null
want "$(config describe-safety-rule --safety-rule-arn "$r" --query 'AssertionRule.[Name,RuleConfig.Threshold]')" "one-at-least	1"
want "$(config list-safety-rules --control-panel-arn "$p" --query 'SafetyRules[].ASSERTION.Status')" DEPLOYED

cluster update-routing-control-state --routing-control-arn "$a" --routing-control-state On
want "$(cluster get-routing-control-state --routing-control-arn "$a" --query RoutingControlState)" On
refused ConflictException cluster update-routing-control-state --routing-control-arn "$a" --routing-control-state Off
cluster update-routing-control-states --update-routing-control-state-entries \
	"RoutingControlArn=$a,RoutingControlState=Off" "RoutingControlArn=$b,RoutingControlState=On"
want "$(cluster list-routing-controls --control-panel-arn "$p" --query 'sort_by(RoutingControls,&RoutingControlName)[].RoutingControlState')" "Off	On"
cluster update-routing-control-state --routing-control-arn "$b" --routing-control-state Off --safety-rules-to-override "$r"

config tag-resource --resource-arn "$p" --tags k=v,l=w
config untag-resource --resource-arn "$p" --tag-keys k
want "$(config list-tags-for-resource --resource-arn "$p" --query 'Tags.l')" w
refused ConflictException config delete-routing-control --routing-control-arn "$a"
config delete-safety-rule --safety-rule-arn "$r"
config delete-routing-control --routing-control-arn "$a"
config delete-routing-control --routing-control-arn "$b"
config delete-control-panel --control-panel-arn "$p"
config delete-cluster --cluster-arn "$c"
refused ResourceNotFoundException config describe-cluster --cluster-arn "$c"
