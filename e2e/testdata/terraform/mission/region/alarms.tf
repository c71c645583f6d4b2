resource "aws_sns_topic" "alarms" {
  name         = "${var.name}-alarms"
  display_name = var.changed ? "Alarms of the mission" : "Alarms"
}

resource "aws_sns_topic_subscription" "webhook" {
  topic_arn              = aws_sns_topic.alarms.arn
  protocol               = "http"
  endpoint               = var.webhook
  endpoint_auto_confirms = false
  raw_message_delivery   = var.changed
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  alarm_name          = "${var.name}-unhealthy"
  alarm_description   = var.changed ? "Targets that do not serve" : "Unhealthy targets"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.changed ? 1 : 0
  period              = 60
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  dimensions = {
    LoadBalancer = aws_lb.this.arn_suffix
    TargetGroup  = aws_lb_target_group.web.arn_suffix
  }
  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "busy" {
  alarm_name          = "${var.name}-busy"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 90
  evaluation_periods  = 1
  alarm_actions       = [aws_autoscaling_policy.step.arn]
  metric_query {
    id          = "rate"
    expression  = "requests / 60"
    label       = "Requests a second"
    return_data = true
  }
  metric_query {
    id = "requests"
    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "RequestCount"
      period      = 60
      stat        = "Sum"
      dimensions  = { LoadBalancer = aws_lb.this.arn_suffix }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "any" {
  alarm_name    = "${var.name}-any"
  alarm_rule    = "ALARM(${aws_cloudwatch_metric_alarm.unhealthy.alarm_name}) ${var.changed ? "AND" : "OR"} ALARM(${aws_cloudwatch_metric_alarm.busy.alarm_name})"
  alarm_actions = [aws_sns_topic.alarms.arn]
}
