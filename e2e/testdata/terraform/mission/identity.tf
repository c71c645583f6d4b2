data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.${data.aws_partition.this.dns_suffix}"]
    }
  }
}

data "aws_iam_policy_document" "web" {
  statement {
    sid       = "Look"
    actions   = var.changed ? ["ec2:DescribeInstances", "ec2:DescribeTags"] : ["ec2:DescribeInstances"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "web" {
  name                 = "mission-web"
  path                 = "/service/"
  description          = var.changed ? "what the web servers may" : "web servers"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  max_session_duration = var.changed ? 7200 : 3600
  tags                 = { Name = "mission-web" }
}

resource "aws_iam_policy" "web" {
  name        = "mission-web"
  description = "What the web servers look at"
  policy      = data.aws_iam_policy_document.web.json
}

resource "aws_iam_role_policy_attachment" "web" {
  role       = aws_iam_role.web.name
  policy_arn = aws_iam_policy.web.arn
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.web.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy" "parameters" {
  name = "parameters"
  role = aws_iam_role.web.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = var.changed ? ["ssm:GetParameter", "ssm:GetParameters"] : ["ssm:GetParameter"]
      Resource = "arn:aws:ssm:*:${data.aws_caller_identity.this.account_id}:parameter/mission/*"
    }]
  })
}

resource "aws_iam_instance_profile" "web" {
  name = "mission-web"
  role = aws_iam_role.web.name
  tags = { Changed = tostring(var.changed) }
}
