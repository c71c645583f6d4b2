resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.changed ? "${var.name}-network" : var.name }
}

resource "aws_subnet" "public" {
  count                   = 2
  vpc_id                  = aws_vpc.this.id
  cidr_block              = cidrsubnet(var.cidr, 8, count.index)
  availability_zone       = local.zones[count.index]
  map_public_ip_on_launch = true
  tags                    = { Name = "${var.name}-public-${count.index}", Tier = "public" }
}

resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet(var.cidr, 8, count.index + 10)
  availability_zone = local.zones[count.index]
  tags              = { Name = "${var.name}-private-${count.index}", Tier = "private" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
  tags = { Name = "${var.name}-public" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.changed ? "${var.name}-inside" : "${var.name}-private" }
}

resource "aws_route_table_association" "public" {
  count          = 2
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  count          = 2
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

# Rules inside, as most tutorials write them.
resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "The door of the users"
  vpc_id      = aws_vpc.this.id
  ingress {
    description = var.changed ? "HTTP for everyone" : "HTTP"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  dynamic "ingress" {
    for_each = var.changed ? [8080, 8081] : [8080]
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = [var.cidr]
      self        = true
    }
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
  tags = { Name = "${var.name}-balancer" }
  lifecycle { create_before_destroy = true }
}

resource "aws_security_group" "web" {
  name_prefix            = "${var.name}-web-"
  vpc_id                 = aws_vpc.this.id
  revoke_rules_on_delete = true
  tags                   = { Name = "${var.name}-web" }
  lifecycle { create_before_destroy = true }
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  security_group_id            = aws_security_group.web.id
  referenced_security_group_id = aws_security_group.balancer.id
  from_port                    = 8080
  to_port                      = var.changed ? 8081 : 8080
  ip_protocol                  = "tcp"
  description                  = var.changed ? "from the balancer, both ports" : "from the balancer"
  tags                         = { Name = "balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "ping" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4         = var.cidr
  from_port         = 8
  to_port           = -1
  ip_protocol       = "icmp"
}

resource "aws_vpc_security_group_egress_rule" "web" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_security_group" "fleet" {
  name        = "${var.name}-fleet"
  description = "The fleet"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group_rule" "fleet_in" {
  type                     = "ingress"
  security_group_id        = aws_security_group.fleet.id
  source_security_group_id = aws_security_group.balancer.id
  from_port                = 8080
  to_port                  = 8080
  protocol                 = "tcp"
  description              = var.changed ? "from the balancer" : "balancer"
}

resource "aws_security_group_rule" "fleet_self" {
  type              = "ingress"
  security_group_id = aws_security_group.fleet.id
  self              = true
  from_port         = 0
  to_port           = var.changed ? 1024 : 65535
  protocol          = "udp"
}

resource "aws_security_group_rule" "fleet_out" {
  type              = "egress"
  security_group_id = aws_security_group.fleet.id
  cidr_blocks       = ["0.0.0.0/0", "198.51.100.0/24"]
  from_port         = 0
  to_port           = 0
  protocol          = "-1"
}

data "aws_vpc" "this" {
  id = aws_vpc.this.id
}

data "aws_subnets" "public" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.this.id]
  }
  tags       = { Tier = "public" }
  depends_on = [aws_subnet.public]
}
