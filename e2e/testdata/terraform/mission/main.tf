# A service in two regions, and the failover between them: what people write by hand for this.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

# Whether the second state of everything is wanted.
variable "changed" {
  type    = bool
  default = false
}

variable "webhook" {
  type    = string
  default = "http://127.0.0.1:9/"
}

provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = {
      Project = "mission"
      Owner   = var.changed ? "operations" : "build"
    }
  }
}

provider "aws" {
  alias  = "standby"
  region = "us-west-2"
  default_tags {
    tags = { Project = "mission" }
  }
}

module "primary" {
  source  = "./region"
  name    = "mission"
  cidr    = "10.20.0.0/16"
  changed = var.changed
  webhook = var.webhook
  profile = aws_iam_instance_profile.web.name
}

module "standby" {
  source    = "./region"
  providers = { aws = aws.standby }
  name      = "mission"
  cidr      = "10.21.0.0/16"
  changed   = var.changed
  webhook   = var.webhook
  profile   = aws_iam_instance_profile.web.name
}

output "address" {
  value = module.primary.dns_name
}
