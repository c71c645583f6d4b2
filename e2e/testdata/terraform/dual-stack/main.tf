# A dual-stack network load balancer before an instance that is reached by IPv6.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "changed" {
  type    = bool
  default = false
}

provider "aws" {
  region = "us-east-1"
}

locals {
  zones = ["us-east-1a", "us-east-1b"]
}

resource "aws_vpc" "this" {
  cidr_block                       = "10.30.0.0/16"
  assign_generated_ipv6_cidr_block = true
  tags                             = { Name = "dual" }
}

resource "aws_subnet" "this" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)
  ipv6_cidr_block   = cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, count.index)
  availability_zone = local.zones[count.index]
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_security_group" "front" {
  name   = "front"
  vpc_id = aws_vpc.this.id
  ingress {
    from_port        = 80
    to_port          = 80
    protocol         = "tcp"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
}

resource "aws_network_interface" "target" {
  subnet_id           = aws_subnet.this[0].id
  ipv6_address_count  = 1
  enable_primary_ipv6 = true
}

resource "aws_lb" "this" {
  name               = "dual"
  load_balancer_type = "network"
  ip_address_type    = var.changed ? "dualstack" : "ipv4"
  security_groups    = [aws_security_group.front.id]
  subnets            = aws_subnet.this[*].id
  depends_on         = [aws_internet_gateway.this]
}

resource "aws_lb" "chosen" {
  name                             = "chosen"
  load_balancer_type               = "network"
  ip_address_type                  = "dualstack"
  enable_cross_zone_load_balancing = var.changed
  subnet_mapping {
    subnet_id    = aws_subnet.this[0].id
    ipv6_address = cidrhost(aws_subnet.this[0].ipv6_cidr_block, 119)
  }
  depends_on = [aws_internet_gateway.this]
}

resource "aws_lb_target_group" "this" {
  name               = "dual"
  vpc_id             = aws_vpc.this.id
  port               = 80
  protocol           = "TCP"
  target_type        = "ip"
  ip_address_type    = "ipv6"
  preserve_client_ip = var.changed
}

resource "aws_lb_target_group_attachment" "this" {
  target_group_arn = aws_lb_target_group.this.arn
  target_id        = one(aws_network_interface.target.ipv6_addresses)
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.chosen.arn
  port              = var.changed ? 81 : 80
  protocol          = "TCP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}
