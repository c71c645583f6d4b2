terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "cidr" { type = string }
variable "changed" { type = bool }
variable "webhook" { type = string }
variable "profile" { type = string }

data "aws_region" "this" {}
data "aws_default_tags" "this" {}
data "aws_availability_zones" "this" {
  state = "available"
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}
data "aws_elb_service_account" "this" {}

locals {
  zones = slice(data.aws_availability_zones.this.names, 0, 2)
}

output "dns_name" { value = aws_lb.this.dns_name }
output "zone_id" { value = aws_lb.this.zone_id }
output "alarm" { value = aws_cloudwatch_metric_alarm.unhealthy.alarm_name }
output "read" {
  value = {
    vpc      = data.aws_vpc.this.cidr_block
    subnets  = data.aws_subnets.public.ids
    lb       = data.aws_lb.this.dns_name
    type     = data.aws_ec2_instance_type.small.default_vcpus
    types    = data.aws_ec2_instance_types.t3.instance_types
    accounts = data.aws_elb_service_account.this.arn
    tags     = data.aws_default_tags.this.tags
  }
}
