# Every operation of routing control that the cloud has, by boto3: CLUSTER PRIMARY SECONDARY. The endpoint is
# $AWS_ENDPOINT_URL, which this boto3 may be too old to know by itself.
import os
import sys

import boto3

cluster, primary, secondary = sys.argv[1:]
url = os.environ["AWS_ENDPOINT_URL"]
config = boto3.client("route53-recovery-control-config", endpoint_url=url, region_name="us-west-2")


def refused(code, call, **args):
    try:
        call(**args)
    except call.__self__.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return e.response
    raise SystemExit(f"{call.__name__} was not refused")


described = config.describe_cluster(ClusterArn=cluster)["Cluster"]
endpoints = {e["Region"]: e["Endpoint"] for e in described["ClusterEndpoints"]}
assert described["Status"] == "DEPLOYED" and len(endpoints) == 5, described

# As AWS's own example goes through the endpoints, one by one.
for region, endpoint in endpoints.items():
    data = boto3.client("route53-recovery-cluster", endpoint_url=endpoint, region_name=region)
    assert data.get_routing_control_state(RoutingControlArn=primary)["RoutingControlState"] == "Off"
states = {c["RoutingControlName"]: c["RoutingControlState"] for p in data.get_paginator("list_routing_controls").paginate(PaginationConfig=dict(PageSize=1)) for c in p["RoutingControls"]}
assert states == {"primary": "Off", "secondary": "On"}, states
refusal = refused("ConflictException", data.update_routing_control_state, RoutingControlArn=secondary, RoutingControlState="Off")
assert refusal["resourceId"].count("/safetyrule/") == 1, refusal
data.update_routing_control_states(UpdateRoutingControlStateEntries=[
    dict(RoutingControlArn=primary, RoutingControlState="On"), dict(RoutingControlArn=secondary, RoutingControlState="Off")])
rule = refusal["resourceId"]
data.update_routing_control_state(RoutingControlArn=secondary, RoutingControlState="On", SafetyRulesToOverride=[rule])
refused("ServiceLimitExceededException", data.update_routing_control_states,
        UpdateRoutingControlStateEntries=[dict(RoutingControlArn=primary, RoutingControlState="On")] * 11)

assert [c["ClusterArn"] for c in config.list_clusters()["Clusters"]] == [cluster]
panel = config.create_control_panel(ClusterArn=cluster, ControlPanelName="py", Tags={"k": "v"})["ControlPanel"]["ControlPanelArn"]
assert config.update_control_panel(ControlPanelArn=panel, ControlPanelName="py2")["ControlPanel"]["Name"] == "py2"
assert config.describe_control_panel(ControlPanelArn=panel)["ControlPanel"]["Status"] == "DEPLOYED"
assert len(config.list_control_panels(ClusterArn=cluster)["ControlPanels"]) == 2
make = lambda name: config.create_routing_control(ClusterArn=cluster, ControlPanelArn=panel, RoutingControlName=name)["RoutingControl"]["RoutingControlArn"]
gate, cell = make("gate"), make("cell")
assert config.update_routing_control(RoutingControlArn=cell, RoutingControlName="cell2")["RoutingControl"]["Name"] == "cell2"
assert config.describe_routing_control(RoutingControlArn=cell)["RoutingControl"]["Name"] == "cell2"
assert len(config.list_routing_controls(ControlPanelArn=panel)["RoutingControls"]) == 2
assert config.list_associated_route53_health_checks(RoutingControlArn=cell)["HealthCheckIds"] == []
assert len(config.list_associated_route53_health_checks(RoutingControlArn=primary)["HealthCheckIds"]) == 1
rule = config.create_safety_rule(GatingRule=dict(
    ControlPanelArn=panel, Name="g", GatingControls=[gate], TargetControls=[cell], WaitPeriodMs=0,
    RuleConfig=dict(Type="OR", Threshold=0, Inverted=False)))["GatingRule"]["SafetyRuleArn"]
refused("ConflictException", data.update_routing_control_state, RoutingControlArn=cell, RoutingControlState="On")
data.update_routing_control_state(RoutingControlArn=gate, RoutingControlState="On")
data.update_routing_control_state(RoutingControlArn=cell, RoutingControlState="On")
config.update_safety_rule(GatingRuleUpdate=dict(SafetyRuleArn=rule, Name="h", WaitPeriodMs=1))
assert config.describe_safety_rule(SafetyRuleArn=rule)["GatingRule"]["WaitPeriodMs"] == 1
assert [r["GATING"]["Name"] for r in config.list_safety_rules(ControlPanelArn=panel)["SafetyRules"]] == ["h"]
config.tag_resource(ResourceArn=panel, Tags={"l": "w"})
config.untag_resource(ResourceArn=panel, TagKeys=["k"])
assert config.list_tags_for_resource(ResourceArn=panel)["Tags"] == {"l": "w"}
refused("ConflictException", config.delete_control_panel, ControlPanelArn=panel)
refused("ConflictException", config.delete_cluster, ClusterArn=cluster)
config.delete_safety_rule(SafetyRuleArn=rule)
config.delete_routing_control(RoutingControlArn=gate)
config.delete_routing_control(RoutingControlArn=cell)
config.delete_control_panel(ControlPanelArn=panel)
other = config.create_cluster(ClusterName="other")["Cluster"]["ClusterArn"]
refused("ServiceQuotaExceededException", config.create_cluster, ClusterName="third")
config.delete_cluster(ClusterArn=other)
refused("ResourceNotFoundException", config.describe_cluster, ClusterArn=other)
