resource "aws_route53_zone" "this" {
  name          = "mission.test"
  comment       = var.changed ? "the mission" : "the mission's zone"
  force_destroy = true
}

data "aws_route53_zone" "this" {
  name       = aws_route53_zone.this.name
  depends_on = [aws_route53_zone.this]
}

resource "aws_route53_health_check" "side" {
  for_each          = { primary = module.primary.dns_name, standby = module.standby.dns_name }
  fqdn              = each.value
  type              = "HTTP"
  port              = 80
  resource_path     = var.changed ? "/health" : "/"
  request_interval  = 10
  failure_threshold = var.changed ? 2 : 3
  measure_latency   = true
  regions           = ["us-east-1", "us-west-2", "eu-west-1"]
  tags              = { Name = "mission-${each.key}" }
}

resource "aws_route53_health_check" "calculated" {
  type                   = "CALCULATED"
  child_health_threshold = var.changed ? 2 : 1
  child_healthchecks     = [for c in aws_route53_health_check.side : c.id]
  tags                   = { Name = "mission-any" }
}

resource "aws_route53_health_check" "alarm" {
  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = module.primary.alarm
  cloudwatch_alarm_region         = "us-east-1"
  insufficient_data_health_status = var.changed ? "LastKnownStatus" : "Healthy"
}

resource "aws_route53_record" "primary" {
  zone_id         = aws_route53_zone.this.zone_id
  name            = "www"
  type            = "A"
  set_identifier  = "primary"
  health_check_id = aws_route53_health_check.side["primary"].id
  failover_routing_policy { type = "PRIMARY" }
  alias {
    name                   = module.primary.dns_name
    zone_id                = module.primary.zone_id
    evaluate_target_health = true
  }
}

resource "aws_route53_record" "standby" {
  zone_id        = aws_route53_zone.this.zone_id
  name           = "www"
  type           = "A"
  set_identifier = "standby"
  failover_routing_policy { type = "SECONDARY" }
  alias {
    name                   = module.standby.dns_name
    zone_id                = module.standby.zone_id
    evaluate_target_health = !var.changed
  }
}

resource "aws_route53_record" "apex" {
  zone_id = data.aws_route53_zone.this.zone_id
  name    = "mission.test"
  type    = "TXT"
  ttl     = var.changed ? 60 : 300
  records = var.changed ? ["v=spf1 -all", "changed"] : ["v=spf1 -all"]
}
