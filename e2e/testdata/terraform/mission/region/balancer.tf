resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.balancer.id]
  subnets                    = aws_subnet.public[*].id
  idle_timeout               = var.changed ? 30 : 60
  enable_deletion_protection = false
  drop_invalid_header_fields = var.changed
  tags                       = { Name = "${var.name}-balancer" }
}

resource "aws_lb_target_group" "web" {
  name                 = "${var.name}-web"
  port                 = 8080
  protocol             = "HTTP"
  vpc_id               = aws_vpc.this.id
  deregistration_delay = var.changed ? 10 : 20
  slow_start           = var.changed ? 30 : 0
  health_check {
    path                = "/health"
    matcher             = var.changed ? "200-204" : "200"
    interval            = var.changed ? 15 : 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
  stickiness {
    type            = "lb_cookie"
    cookie_duration = var.changed ? 600 : 300
    enabled         = var.changed
  }
}

resource "aws_lb_target_group" "fleet" {
  name_prefix                   = "fleet-"
  port                          = 8080
  protocol                      = "HTTP"
  vpc_id                        = aws_vpc.this.id
  load_balancing_algorithm_type = var.changed ? "least_outstanding_requests" : "round_robin"
  health_check {
    path = "/"
  }
  lifecycle { create_before_destroy = true }
}

resource "aws_lb_target_group_attachment" "web" {
  count            = 4
  target_group_arn = aws_lb_target_group.web.arn
  target_id        = aws_instance.web[count.index].id
  port             = 8080
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
  tags = { Name = "http" }
}

resource "aws_lb_listener" "internal" {
  load_balancer_arn = aws_lb.this.arn
  port              = var.changed ? 8081 : 8080
  protocol          = "HTTP"
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = var.changed ? "not here any more" : "not here"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "fleet" {
  listener_arn = aws_lb_listener.http.arn
  priority     = var.changed ? 20 : 10
  action {
    type = "forward"
    forward {
      target_group {
        arn    = aws_lb_target_group.fleet.arn
        weight = var.changed ? 60 : 80
      }
      target_group {
        arn    = aws_lb_target_group.web.arn
        weight = 20
      }
      stickiness {
        enabled  = true
        duration = 60
      }
    }
  }
  condition {
    path_pattern {
      values = var.changed ? ["/fleet/*", "/fleet"] : ["/fleet/*"]
    }
  }
  condition {
    http_header {
      http_header_name = "X-Way"
      values           = ["fleet*"]
    }
  }
  tags = { Name = "fleet" }
}

resource "aws_lb_listener_rule" "redirect" {
  listener_arn = aws_lb_listener.http.arn
  priority     = 30
  action {
    type = "redirect"
    redirect {
      host        = "#{host}"
      path        = var.changed ? "/now/#{path}" : "/new/#{path}"
      port        = "#{port}"
      protocol    = "#{protocol}"
      status_code = "HTTP_302"
    }
  }
  condition {
    host_header { values = ["old.mission.test"] }
  }
  condition {
    query_string {
      key   = "way"
      value = "old"
    }
  }
}

resource "aws_lb_listener_rule" "teapot" {
  listener_arn = aws_lb_listener.internal.arn
  action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      status_code  = "418"
    }
  }
  condition {
    http_request_method { values = ["POST"] }
  }
  condition {
    source_ip { values = [var.cidr] }
  }
}

data "aws_lb" "this" {
  arn = aws_lb.this.arn
}
