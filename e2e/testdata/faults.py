"""Sees a cloud's faults as a program with boto3 does: faults.py STEP. Prints nothing when all is as it must be."""
import os
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def client(service, attempts=1):
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
    return boto3.client(service, endpoint_url=ENDPOINT, region_name="us-east-1", config=config)


def fails(code, call, **parameters):
    """Expects an error of this code, and returns its message."""
    try:
        call(**parameters)
    except ClientError as e:
        if e.response["Error"]["Code"] != code:
            sys.exit(f"{call.__name__} {parameters}: {e}, want {code}")
        return e.response["Error"]["Message"]
    sys.exit(f"{call.__name__} {parameters}: no error, want {code}")


def throttled():
    fails("RequestLimitExceeded", client("ec2").describe_vpcs)
    fails("Throttling", client("elbv2").describe_load_balancers)
    fails("Throttling", client("autoscaling").describe_auto_scaling_groups)
    fails("Throttling", client("route53").list_hosted_zones)
    fails("Throttling", client("cloudwatch").describe_alarms)
    fails("ThrottlingException", client("route53-recovery-control-config").list_clusters)


def lost():
    try:
        client("ec2").create_vpc(CidrBlock="10.9.0.0/16")
    except ConnectionClosedError:
        return
    sys.exit("the answer was not lost")


def unseen():
    ec2, elb, groups, zones = client("ec2"), client("elbv2"), client("autoscaling"), client("route53")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    if vpc not in fails("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc]):
        sys.exit("the error does not name the VPC")
    fails("InvalidVpcID.NotFound", ec2.create_subnet, VpcId=vpc, CidrBlock="10.8.0.0/24")
    absent(vpc, ec2.describe_vpcs()["Vpcs"])
    wanted = dict(LaunchTemplateName="hidden", ClientToken="once", LaunchTemplateData={"InstanceType": "t3.micro"})
    template = ec2.create_launch_template(**wanted)["LaunchTemplate"]["LaunchTemplateId"]
    if ec2.create_launch_template(**wanted)["LaunchTemplate"]["LaunchTemplateId"] != template:
        sys.exit("a retry made a second launch template")
    fails("InvalidLaunchTemplateName.NotFoundException", ec2.describe_launch_templates, LaunchTemplateNames=["hidden"])
    target = elb.create_target_group(Name="hidden", TargetType="ip", Protocol="HTTP", Port=80, VpcId=default_vpc(ec2))
    target = target["TargetGroups"][0]["TargetGroupArn"]
    fails("TargetGroupNotFound", elb.describe_target_groups, TargetGroupArns=[target])
    absent(target, elb.describe_target_groups()["TargetGroups"])
    zone = zones.create_hosted_zone(Name="hidden.test", CallerReference="once")["HostedZone"]["Id"]
    fails("NoSuchHostedZone", zones.get_hosted_zone, Id=zone)
    absent(zone, zones.list_hosted_zones()["HostedZones"])
    zones.list_hosted_zones_by_name(DNSName="hidden.test")


def default_vpc(ec2):
    """Returns a VPC that was there before anything was hidden."""
    return ec2.describe_vpcs()["Vpcs"][0]["VpcId"]


def absent(text, things):
    if text in str(things):
        sys.exit(f"{text} is seen in {things}")


def seen():
    present("10.8.0.0/16", client("ec2").describe_vpcs()["Vpcs"])
    present("hidden", client("ec2").describe_launch_templates(LaunchTemplateNames=["hidden"]))
    present("hidden", client("elbv2").describe_target_groups()["TargetGroups"])
    present("hidden.test", client("route53").list_hosted_zones()["HostedZones"])


def late():
    ec2 = client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    while gateway not in str(ec2.describe_internet_gateways()["InternetGateways"]):
        time.sleep(0.05)


def present(text, things):
    if text not in str(things):
        sys.exit(f"{text} is not in {things}")


globals()[sys.argv[1]]()
