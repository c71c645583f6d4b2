data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-x86_64"]
  }
  filter {
    name   = "virtualization-type"
    values = ["hvm"]
  }
  filter {
    name   = "root-device-type"
    values = ["ebs"]
  }
}

data "aws_ssm_parameter" "linux" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

data "aws_ec2_instance_type" "small" {
  instance_type = "t3.small"
}

data "aws_ec2_instance_types" "t3" {
  filter {
    name   = "instance-type"
    values = ["t3.*"]
  }
  filter {
    name   = "current-generation"
    values = ["true"]
  }
}

locals {
  serve = <<-E
    #!/bin/bash
    mkdir -p /srv/www && cd /srv/www && echo ok > index.html && echo ok > health
    nohup python3 -m http.server 8080 &
  E
}

resource "aws_ssm_parameter" "greeting" {
  name        = "/${var.name}/greeting"
  type        = "String"
  description = "What the page says"
  value       = var.changed ? "good day" : "hello"
}

resource "aws_instance" "web" {
  count                  = 4
  ami                    = data.aws_ami.linux.id
  instance_type          = var.changed ? "t3.small" : "t3.micro"
  subnet_id              = count.index < 2 ? aws_subnet.public[count.index].id : aws_subnet.private[count.index - 2].id
  vpc_security_group_ids = var.changed ? [aws_security_group.web.id, aws_security_group.fleet.id] : [aws_security_group.web.id]
  iam_instance_profile   = var.profile
  user_data              = local.serve
  monitoring             = var.changed
  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }
  root_block_device {
    volume_size = var.changed ? 12 : 10
    volume_type = "gp3"
    encrypted   = true
  }
  credit_specification {
    cpu_credits = var.changed ? "standard" : "unlimited"
  }
  tags        = { Name = "${var.name}-web-${count.index}", Changed = tostring(var.changed) }
  volume_tags = { Name = "${var.name}-web-${count.index}" }
}

resource "aws_ami_from_instance" "golden" {
  name               = "${var.name}-golden"
  source_instance_id = aws_instance.web[0].id
  tags               = { Name = "${var.name}-golden", Changed = tostring(var.changed) }
}

resource "aws_launch_template" "fleet" {
  name_prefix            = "${var.name}-"
  description            = "The fleet's machines"
  image_id               = aws_ami_from_instance.golden.id
  instance_type          = var.changed ? "t3.small" : "t3.micro"
  update_default_version = true
  user_data              = base64encode(local.serve)
  ebs_optimized          = true
  iam_instance_profile { name = var.profile }
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size           = var.changed ? 16 : 14
      volume_type           = "gp3"
      delete_on_termination = true
    }
  }
  network_interfaces {
    associate_public_ip_address = true
    security_groups             = [aws_security_group.fleet.id]
  }
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
    instance_metadata_tags      = "enabled"
  }
  monitoring { enabled = true }
  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-fleet" }
  }
  tag_specifications {
    resource_type = "volume"
    tags          = { Name = "${var.name}-fleet" }
  }
}

resource "aws_autoscaling_group" "fleet" {
  name                      = "${var.name}-fleet"
  min_size                  = 1
  max_size                  = var.changed ? 5 : 4
  desired_capacity          = 2
  vpc_zone_identifier       = aws_subnet.public[*].id
  target_group_arns         = [aws_lb_target_group.fleet.arn]
  health_check_type         = "ELB"
  health_check_grace_period = var.changed ? 200 : 300
  default_cooldown          = 60
  default_instance_warmup   = 30
  enabled_metrics           = var.changed ? ["GroupInServiceInstances"] : ["GroupInServiceInstances", "GroupDesiredCapacity"]
  termination_policies      = ["OldestLaunchTemplate", "Default"]
  max_instance_lifetime     = 604800
  capacity_rebalance        = var.changed
  launch_template {
    id      = aws_launch_template.fleet.id
    version = aws_launch_template.fleet.latest_version
  }
  instance_refresh {
    strategy = "Rolling"
    preferences {
      min_healthy_percentage = 50
      instance_warmup        = 30
      auto_rollback          = true
    }
    triggers = ["tag"]
  }
  instance_maintenance_policy {
    min_healthy_percentage = 90
    max_healthy_percentage = 120
  }
  tag {
    key                 = "Name"
    value               = "${var.name}-fleet"
    propagate_at_launch = true
  }
  dynamic "tag" {
    for_each = data.aws_default_tags.this.tags
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
  tag {
    key                 = var.changed ? "Wave" : "Generation"
    value               = "1"
    propagate_at_launch = false
  }
  lifecycle {
    ignore_changes = [desired_capacity]
  }
}

resource "aws_autoscaling_policy" "cpu" {
  name                      = "cpu"
  autoscaling_group_name    = aws_autoscaling_group.fleet.name
  policy_type               = "TargetTrackingScaling"
  estimated_instance_warmup = 60
  target_tracking_configuration {
    predefined_metric_specification { predefined_metric_type = "ASGAverageCPUUtilization" }
    target_value     = var.changed ? 60 : 50
    disable_scale_in = true
  }
}

resource "aws_autoscaling_policy" "requests" {
  name                   = "requests"
  autoscaling_group_name = aws_autoscaling_group.fleet.name
  policy_type            = "TargetTrackingScaling"
  target_tracking_configuration {
    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.this.arn_suffix}/${aws_lb_target_group.fleet.arn_suffix}"
    }
    target_value     = 1000
    disable_scale_in = true
  }
  depends_on = [aws_lb_listener_rule.fleet]
}

resource "aws_autoscaling_policy" "step" {
  name                   = "step"
  autoscaling_group_name = aws_autoscaling_group.fleet.name
  policy_type            = "StepScaling"
  adjustment_type        = "ChangeInCapacity"
  step_adjustment {
    scaling_adjustment          = var.changed ? 2 : 1
    metric_interval_lower_bound = 0
    metric_interval_upper_bound = 10
  }
  step_adjustment {
    scaling_adjustment          = 2
    metric_interval_lower_bound = 10
  }
}

resource "aws_autoscaling_schedule" "night" {
  scheduled_action_name  = "night"
  autoscaling_group_name = aws_autoscaling_group.fleet.name
  min_size               = 1
  max_size               = -1
  desired_capacity       = -1
  recurrence             = var.changed ? "0 23 * * *" : "0 22 * * *"
  time_zone              = "Etc/UTC"
}

resource "aws_autoscaling_lifecycle_hook" "drain" {
  name                   = "drain"
  autoscaling_group_name = aws_autoscaling_group.fleet.name
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_TERMINATING"
  heartbeat_timeout      = var.changed ? 60 : 30
  default_result         = "CONTINUE"
}

resource "aws_autoscaling_notification" "fleet" {
  group_names   = [aws_autoscaling_group.fleet.name]
  notifications = concat(["autoscaling:EC2_INSTANCE_LAUNCH"], var.changed ? ["autoscaling:EC2_INSTANCE_TERMINATE"] : [])
  topic_arn     = aws_sns_topic.alarms.arn
}
