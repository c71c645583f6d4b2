package e2e

import "github.com/understudy/understudy"

// drifts are what people do to one region by hand, in rounds: what is of one round does not touch the rest of it. A
// round is made, looked at and healed at once, for the time that it takes.
var drifts = [][]drift{settings, untagged, fleetTag, faults, losses}

// settings do not keep users from being served.
var settings = []drift{
	{
		what: "the VPC gives no DNS host names", side: understudy.Secondary,
		finding: "vpc vpc: dns hostnames", plan: "secondary/vpc: dns host names",
		do: []string{"aws ec2 modify-vpc-attribute --vpc-id {vpc} --enable-dns-hostnames Value=false"},
	},
	{
		what: "the VPC resolves no names", side: understudy.Primary,
		finding: "vpc vpc: dns support", plan: "primary/vpc: dns support",
		do: []string{"aws ec2 modify-vpc-attribute --vpc-id {vpc} --enable-dns-support Value=false"},
	},
	{
		what: "the VPC has lost its stack tag", side: understudy.Secondary,
		finding: "vpc vpc: tags", plan: "secondary/vpc: tagged",
		do: []string{"aws ec2 delete-tags --resources {vpc} --tags Key=understudy:stack"},
	},
	{
		what: "instances of a public subnet get no address", side: understudy.Primary,
		finding: "subnet public-b: public on start", plan: "primary/subnet public-b: public addresses",
		do: []string{"aws ec2 modify-subnet-attribute --subnet-id {subnet public-b} --no-map-public-ip-on-launch"},
	},
	{
		what: "instances of a private subnet get an address", side: understudy.Secondary,
		finding: "subnet private-a: public on start", plan: "secondary/subnet private-a: public addresses",
		do: []string{"aws ec2 modify-subnet-attribute --subnet-id {subnet private-a} --map-public-ip-on-launch"},
	},
	{
		what: "a subnet has lost its role tag", side: understudy.Primary,
		finding: "subnet private-b: tags", plan: "primary/subnet private-b: tagged",
		do: []string{"aws ec2 delete-tags --resources {subnet private-b} --tags Key=understudy:role"},
	},
	{
		what: "the internet gateway has lost its stack tag", side: understudy.Secondary,
		finding: "internet gateway gateway: tags", plan: "secondary/gateway: tagged",
		do: []string{"aws ec2 delete-tags --resources {gateway} --tags Key=understudy:stack"},
	},
	{
		what: "a route more in a table of the stack", side: understudy.Secondary,
		finding: "route table public-routes: route to 198.51.100.0/24", plan: "secondary/public routes: other routes",
		do: []string{"aws ec2 create-route --route-table-id {public routes} --destination-cidr-block 198.51.100.0/24 --gateway-id {gateway}"},
	},
	{
		what: "a route more in the VPC's main table", side: understudy.Primary,
		finding: "route table main: route to 0.0.0.0/0", plan: "note primary/neighbours: the VPC's main route table has routes",
		do: []string{
			"aws ec2 describe-route-tables --filters Name=vpc-id,Values={vpc} Name=association.main,Values=true --query RouteTables[].RouteTableId",
			"aws ec2 create-route --route-table-id {1} --destination-cidr-block 0.0.0.0/0 --gateway-id {gateway}",
		},
	},
	{
		what: "a foreign route table", side: understudy.Secondary,
		finding: "route table (without a role)", plan: "note secondary/neighbours: a route table",
		do: []string{"aws ec2 create-route-table --vpc-id {vpc}"},
	},
	{
		what: "a foreign network ACL", side: understudy.Secondary,
		finding: "network acl (without a role)", plan: "note secondary/neighbours: a network ACL",
		do: []string{"aws ec2 create-network-acl --vpc-id {vpc}"},
	},
	{
		what: "the VPC's default group lets SSH in", side: understudy.Primary,
		finding: "security group default: ingress tcp 22 from 0.0.0.0/0", plan: "note primary/neighbours: the VPC's default security group",
		do: []string{
			"aws ec2 describe-security-groups --filters Name=vpc-id,Values={vpc} Name=group-name,Values=default --query SecurityGroups[].GroupId",
			"aws ec2 authorize-security-group-ingress --group-id {1} --protocol tcp --port 22 --cidr 0.0.0.0/0",
		},
	},
	{
		what: "the VPC's default group lets nothing out", side: understudy.Secondary,
		finding: "security group default: egress everything to 0.0.0.0/0", plan: "note secondary/neighbours: the VPC's default security group",
		do: []string{
			"aws ec2 describe-security-groups --filters Name=vpc-id,Values={vpc} Name=group-name,Values=default --query SecurityGroups[].GroupId",
			"aws ec2 revoke-security-group-egress --group-id {1} --protocol all --cidr 0.0.0.0/0",
		},
	},
	{
		what: "a foreign security group", side: understudy.Primary,
		finding: "security group (without a role)", plan: "note primary/neighbours: a security group",
		do: []string{"aws ec2 create-security-group --group-name mine --description mine --vpc-id {vpc}"},
	},
	{
		what: "the internal group lets SSH in", side: understudy.Secondary,
		finding: "security group internal: ingress tcp 22 from 0.0.0.0/0", plan: "secondary/internal group: ingress",
		do: []string{"aws ec2 authorize-security-group-ingress --group-id {internal group} --protocol tcp --port 22 --cidr 0.0.0.0/0"},
	},
	{
		what: "the internal group lets pings in", side: understudy.Primary,
		finding: "security group internal: ingress icmp type 8 from 0.0.0.0/0", plan: "primary/internal group: ingress",
		do: []string{
			"aws ec2 authorize-security-group-ingress --group-id {internal group} --ip-permissions IpProtocol=icmp,FromPort=8,ToPort=-1,IpRanges=[{CidrIp=0.0.0.0/0}]",
		},
	},
	{
		what: "the internal group lets nothing out", side: understudy.Primary,
		finding: "security group internal: egress everything to 0.0.0.0/0", plan: "primary/internal group: egress",
		do: []string{"aws ec2 revoke-security-group-egress --group-id {internal group} --protocol all --cidr 0.0.0.0/0"},
	},
	{
		what: "the public-facing group lets more out", side: understudy.Secondary,
		finding: "security group public-facing: egress udp 53 to 10.0.0.0/8", plan: "secondary/public-facing group: egress",
		do: []string{"aws ec2 authorize-security-group-egress --group-id {public-facing group} --protocol udp --port 53 --cidr 10.0.0.0/8"},
	},
	{
		what: "a security group has lost its role tag", side: understudy.Primary,
		finding: "security group public-facing: tags", plan: "primary/public-facing group: tagged",
		do: []string{"aws ec2 delete-tags --resources {public-facing group} --tags Key=understudy:role"},
	},
	{
		what: "a newer version of the launch template, not the default", side: understudy.Secondary,
		finding: "launch template template: newest version", plan: "secondary/default version: later versions",
		do: []string{"aws ec2 create-launch-template-version --launch-template-id {launch template} --source-version 1 --launch-template-data InstanceType=t3.large"},
	},
	{
		what: "a foreign instance", side: understudy.Primary,
		finding: "instance (without a role)", plan: "note primary/neighbours: an instance",
		do: []string{"aws ec2 run-instances --image-id {image} --instance-type t3.micro --subnet-id {subnet public-b}"},
	},
	{
		what: "a foreign NAT gateway", side: understudy.Secondary,
		finding: "nat gateway (without a role)", plan: "note secondary/neighbours: a NAT gateway",
		do: []string{"aws ec2 create-nat-gateway --connectivity-type private --subnet-id {subnet private-b}"},
	},
	{
		what: "a foreign network interface", side: understudy.Primary,
		finding: "network interface (without a role)", plan: "note primary/neighbours: a network interface",
		do: []string{"aws ec2 create-network-interface --subnet-id {subnet private-a}"},
	},
	{
		what: "a host gives its metadata without a token", side: understudy.Secondary,
		finding: "instance host-b: metadata tokens", plan: "secondary/host b: metadata tokens",
		do: []string{"aws ec2 modify-instance-metadata-options --instance-id {host b} --http-tokens optional"},
	},
	{
		what: "a host is in another security group", side: understudy.Primary,
		finding: "instance host-b: groups", plan: "primary/host b: groups",
		do: []string{"aws ec2 modify-instance-attribute --instance-id {host b} --groups {internal group}"},
	},
	{
		what: "a host cannot be terminated", side: understudy.Primary,
		finding: "instance host-a: disable api termination", plan: "primary/host a: termination protection",
		do: []string{"aws ec2 modify-instance-attribute --instance-id {host a} --disable-api-termination"},
	},
	{
		what: "a host terminates when it shuts itself down", side: understudy.Secondary,
		finding: "instance host-a: instance initiated shutdown behavior", plan: "secondary/host a: shutdown behavior",
		do: []string{"aws ec2 modify-instance-attribute --instance-id {host a} --instance-initiated-shutdown-behavior terminate"},
	},
	{
		what: "one region's base image is newer", side: understudy.Secondary,
		finding: "base image of the declaration: name", plan: "note secondary/image: the newest base image",
		more: []string{"note primary/image: it was made from"}, // once the newer base is in the primary too
		do: []string{
			"aws ec2 describe-images --filters Name=name,Values=understudy-hello-* --owners amazon self --query Images[0].ImageId",
			"aws ec2 copy-image --source-region us-west-2 --source-image-id {1} --name understudy-hello-9.9.9",
		},
	},
	{
		what: "the load balancer's check asks another path", side: understudy.Secondary,
		finding: "target group target-group: health check path", plan: "secondary/target group: path",
		do: []string{"aws elbv2 modify-target-group --target-group-arn {target group} --health-check-path /"},
	},
	{
		what: "the load balancer's check asks a port of its own", side: understudy.Primary,
		finding: "target group target-group: health check port", plan: "primary/target group: check port",
		do: []string{"aws elbv2 modify-target-group --target-group-arn {target group} --health-check-port 8080"},
	},
	{
		what: "the load balancer's check takes other answers", side: understudy.Primary,
		finding: "target group target-group: matcher", plan: "primary/target group: matcher",
		do: []string{"aws elbv2 modify-target-group --target-group-arn {target group} --matcher HttpCode=200-399"},
	},
	{
		what: "the load balancer's check asks more seldom", side: understudy.Secondary,
		finding: "target group target-group: health check interval seconds", plan: "secondary/target group: interval",
		do: []string{"aws elbv2 modify-target-group --target-group-arn {target group} --health-check-interval-seconds 8"},
	},
	{
		what: "the load balancer's check waits longer", side: understudy.Primary,
		finding: "target group target-group: health check timeout seconds", plan: "primary/target group: timeout",
		do: []string{"aws elbv2 modify-target-group --target-group-arn {target group} --health-check-timeout-seconds 4"},
	},
	{
		what: "targets are well after more checks", side: understudy.Secondary,
		finding: "target group target-group: healthy threshold count", plan: "secondary/target group: healthy",
		do: []string{"aws elbv2 modify-target-group --target-group-arn {target group} --healthy-threshold-count 3"},
	},
	{
		what: "targets are ill after more checks", side: understudy.Primary,
		finding: "target group target-group: unhealthy threshold count", plan: "primary/target group: unhealthy",
		do: []string{"aws elbv2 modify-target-group --target-group-arn {target group} --unhealthy-threshold-count 4"},
	},
	{
		what: "targets leave more slowly", side: understudy.Secondary,
		finding: "target group target-group: attribute deregistration_delay.timeout_seconds", plan: "secondary/target group: deregistration delay",
		do: []string{"aws elbv2 modify-target-group-attributes --target-group-arn {target group} --attributes Key=deregistration_delay.timeout_seconds,Value=30"},
	},
	{
		what: "requests go to the target with the fewest", side: understudy.Secondary,
		finding: "target group target-group: attribute load_balancing.algorithm.type", plan: "secondary/target group: attributes",
		do: []string{
			"aws elbv2 modify-target-group-attributes --target-group-arn {target group} --attributes Key=load_balancing.algorithm.type,Value=least_outstanding_requests",
		},
	},
	{
		what: "the region is ill with more healthy targets", side: understudy.Primary,
		finding: "target group target-group: attribute target_group_health.dns_failover.minimum_healthy_targets.count", plan: "primary/target group: attributes",
		do: []string{
			"aws elbv2 modify-target-group-attributes --target-group-arn {target group} --attributes " +
				"Key=target_group_health.dns_failover.minimum_healthy_targets.count,Value=2",
		},
	},
	{
		what: "the target group has lost its stack tag", side: understudy.Secondary,
		finding: "target group target-group: tags", plan: "secondary/target group: tagged",
		do: []string{"aws elbv2 remove-tags --resource-arns {target group} --tag-keys understudy:stack"},
	},
	{
		what: "a foreign target group", side: understudy.Primary,
		finding: "target group (without a role)", plan: "note primary/neighbours: a target group",
		do: []string{"aws elbv2 create-target-group --name mine --protocol HTTP --port 80 --vpc-id {vpc}"},
	},
	{
		what: "a host is registered as a target", side: understudy.Secondary,
		finding: "target group target-group: target instance host-b port 8080", plan: "secondary/fleet: other targets",
		do: []string{"aws elbv2 register-targets --target-group-arn {target group} --targets Id={host b}"},
	},
	{
		what: "the load balancer cannot be deleted", side: understudy.Secondary,
		finding: "load balancer load-balancer: attribute deletion_protection.enabled", plan: "secondary/load balancer: attributes",
		do: []string{"aws elbv2 modify-load-balancer-attributes --load-balancer-arn {load balancer} --attributes Key=deletion_protection.enabled,Value=true"},
	},
	{
		what: "the load balancer keeps idle connections longer", side: understudy.Primary,
		finding: "load balancer load-balancer: attribute idle_timeout.timeout_seconds", plan: "primary/load balancer: attributes",
		do: []string{"aws elbv2 modify-load-balancer-attributes --load-balancer-arn {load balancer} --attributes Key=idle_timeout.timeout_seconds,Value=120"},
	},
	{
		what: "the load balancer has lost its role tag", side: understudy.Primary,
		finding: "load balancer load-balancer: tags", plan: "primary/load balancer: tagged",
		do: []string{"aws elbv2 remove-tags --resource-arns {load balancer} --tag-keys understudy:role"},
	},
	{
		what: "the load balancer is in another group, too", side: understudy.Secondary,
		finding: "load balancer load-balancer: groups", plan: "secondary/load balancer: groups",
		do: []string{"aws elbv2 set-security-groups --load-balancer-arn {load balancer} --security-groups {public-facing group} {internal group}"},
	},
	{
		what: "a foreign load balancer", side: understudy.Primary,
		finding: "load balancer (without a role)", plan: "note primary/neighbours: a load balancer",
		do: []string{"aws elbv2 create-load-balancer --name mine --scheme internal --subnets {subnet private-a} {subnet private-b}"},
	},
	{
		what: "a second listener", side: understudy.Secondary,
		finding: "listener port 81", plan: "secondary/listener: delete",
		do: []string{
			"aws elbv2 create-listener --load-balancer-arn {load balancer} --protocol HTTP --port 81 --default-actions Type=forward,TargetGroupArn={target group}",
		},
	},
	{
		what: "a rule of the listener", side: understudy.Primary,
		finding: "listener listener: rule 7", plan: "primary/listener: other rules",
		do: []string{
			"aws elbv2 create-rule --listener-arn {listener} --priority 7 --conditions Field=path-pattern,Values=/old/* " +
				"--actions Type=fixed-response,FixedResponseConfig={StatusCode=410}",
		},
	},
	{
		what: "the listener has lost its role tag", side: understudy.Primary,
		finding: "listener listener: tags", plan: "primary/listener: tagged",
		do: []string{"aws elbv2 remove-tags --resource-arns {listener} --tag-keys understudy:role"},
	},
	{
		what: "somebody else's scheduled action", side: understudy.Secondary,
		finding: "auto scaling group fleet: scheduled action night", plan: "note secondary/other scheduled actions: a scheduled action of understudy-hello",
		do: []string{"aws autoscaling put-scheduled-update-group-action --auto-scaling-group-name {fleet} --scheduled-action-name night " +
			"--recurrence '0 0 29 2 *' --min-size 1"},
	},
	{
		what: "the fleet may shrink further", side: understudy.Secondary,
		finding: "auto scaling group fleet: min", plan: "secondary/fleet: min",
		do: []string{"aws autoscaling update-auto-scaling-group --auto-scaling-group-name {fleet} --min-size 1"},
	},
	{
		what: "the fleet cannot grow as far", side: understudy.Secondary,
		finding: "auto scaling group fleet: max", plan: "secondary/fleet: max",
		do: []string{"aws autoscaling update-auto-scaling-group --auto-scaling-group-name {fleet} --max-size 2"},
	},
	{
		what: "the fleet's cooldown is shorter", side: understudy.Secondary,
		finding: "auto scaling group fleet: default cooldown", plan: "secondary/fleet: cooldown",
		do: []string{"aws autoscaling update-auto-scaling-group --auto-scaling-group-name {fleet} --default-cooldown 60"},
	},
	{
		what: "the fleet terminates the oldest first", side: understudy.Primary,
		finding: "auto scaling group fleet: termination policies", plan: "primary/fleet: termination policies",
		do: []string{"aws autoscaling update-auto-scaling-group --auto-scaling-group-name {fleet} --termination-policies OldestInstance"},
	},
	{
		what: "new instances are protected from scaling in", side: understudy.Secondary,
		finding: "auto scaling group fleet: new instances protected from scale in", plan: "secondary/fleet: protects new instances",
		do: []string{"aws autoscaling update-auto-scaling-group --auto-scaling-group-name {fleet} --new-instances-protected-from-scale-in"},
	},
	{
		what: "an instance is protected from scaling in", side: understudy.Primary,
		finding: "auto scaling group fleet: instances protected from scale in", plan: "primary/fleet: protected instances",
		do: []string{
			"aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names {fleet} --query AutoScalingGroups[0].Instances[0].InstanceId",
			"aws autoscaling set-instance-protection --auto-scaling-group-name {fleet} --instance-ids {1} --protected-from-scale-in",
		},
	},
	{
		what: "new instances have another grace period", side: understudy.Primary,
		finding: "auto scaling group fleet: grace period", plan: "primary/fleet: grace",
		do: []string{"aws autoscaling update-auto-scaling-group --auto-scaling-group-name {fleet} --health-check-grace-period 77"},
	},
	{
		what: "the fleet replaces the dead only, not those whose service is dead", side: understudy.Secondary,
		finding: "auto scaling group fleet: health check", plan: "secondary/fleet: health check",
		do: []string{"aws autoscaling update-auto-scaling-group --auto-scaling-group-name {fleet} --health-check-type EC2"},
	},
	{
		what: "the fleet launches no instances", side: understudy.Secondary,
		finding: "auto scaling group fleet: suspended Launch", plan: "secondary/fleet: suspended processes",
		do: []string{"aws autoscaling suspend-processes --auto-scaling-group-name {fleet} --scaling-processes Launch"},
	},
	{
		what: "the fleet does not balance its zones", side: understudy.Primary,
		finding: "auto scaling group fleet: suspended AZRebalance", plan: "primary/fleet: suspended processes",
		do: []string{"aws autoscaling suspend-processes --auto-scaling-group-name {fleet} --scaling-processes AZRebalance"},
	},
	{
		what: "the fleet launches the newest version of its template", side: understudy.Primary,
		finding: "auto scaling group fleet: template version", plan: "primary/fleet: template version",
		do: []string{"aws autoscaling update-auto-scaling-group --auto-scaling-group-name {fleet} " +
			"--launch-template 'LaunchTemplateId={launch template},Version=$Latest'"},
	},
	{
		what: "a foreign Auto Scaling group", side: understudy.Secondary,
		finding: "auto scaling group (without a role)", plan: "note secondary/neighbours: an Auto Scaling group",
		do: []string{
			"aws autoscaling create-auto-scaling-group --auto-scaling-group-name mine --launch-template LaunchTemplateId={launch template} " +
				"--min-size 0 --max-size 0 --vpc-zone-identifier {subnet private-a}",
		},
	},
	{
		what: "an AAAA record of the name", side: understudy.Primary,
		finding: "foreign record hello.test AAAA", plan: "note global/records: hello.test has an AAAA record",
		do: []string{
			"aws route53 change-resource-record-sets --hosted-zone-id {zone} --change-batch " +
				`'{"Changes": [{"Action": "CREATE", "ResourceRecordSet": ` +
				`{"Name": "hello.test", "Type": "AAAA", "TTL": 60, "ResourceRecords": [{"Value": "2001:db8::1"}]}}]}'`,
		},
	},
	{
		what: "the record does not ask for the targets' health", side: understudy.Primary,
		finding: "record hello.test A: evaluate target health", plan: "global/records: primary target health",
		record: func(own, _ record) { own["AliasTarget"].(map[string]any)["EvaluateTargetHealth"] = false },
	},
	{
		what: "the check asks another path", side: understudy.Primary,
		finding: "health check service: resource path", plan: "primary/health check: path",
		do: []string{"aws route53 update-health-check --health-check-id {health check} --resource-path /"},
	},
	{
		what: "the check takes longer to find out", side: understudy.Secondary,
		finding: "health check service: failure threshold", plan: "secondary/health check: threshold",
		do: []string{"aws route53 update-health-check --health-check-id {health check} --failure-threshold 5"},
	},
	{
		what: "the check asks from fewer places", side: understudy.Secondary,
		finding: "health check service: checkers", plan: "secondary/health check: checkers in",
		do: []string{"aws route53 update-health-check --health-check-id {health check} --regions us-east-1 us-west-2 eu-west-1"},
	},
	{
		what: "the check is disabled", side: understudy.Secondary,
		finding: "health check service: disabled", plan: "secondary/health check: disabled",
		do: []string{"aws route53 update-health-check --health-check-id {health check} --disabled"},
	},
	{
		what: "the check has lost its stack tag", side: understudy.Primary,
		finding: "health check service: tags", plan: "primary/health check: tagged",
		do: []string{"aws route53 change-tags-for-resource --resource-type healthcheck --resource-id {health check} --remove-tag-keys understudy:stack"},
	},
}

// faults take a moment to show.
var faults = []drift{
	{
		what: "a subnet under a foreign route table", side: understudy.Primary,
		finding: "route table private-routes: governs subnet private-a", plan: "primary/private routes: subnets",
		more: []string{"note primary/neighbours: a route table"},
		do: []string{
			"aws ec2 create-route-table --vpc-id {vpc} --query RouteTable.RouteTableId",
			"aws ec2 describe-route-tables --route-table-ids {private routes} --query " +
				"\"RouteTables[0].Associations[?SubnetId=='{subnet private-a}'].RouteTableAssociationId\"",
			"aws ec2 replace-route-table-association --route-table-id {1} --association-id {2}",
		},
	},
	{
		what: "the roles of the pair of records are swapped", side: understudy.Primary,
		finding: "record hello.test A: part", plan: "global/records: primary role",
		more:   []string{"global/records: secondary role"},
		record: func(own, other record) { own["Failover"], other["Failover"] = other["Failover"], own["Failover"] },
	},
	{
		what: "the fleet wants more instances", side: understudy.Primary,
		finding: "auto scaling group fleet: desired", plan: "note primary/fleet: wants 3 instances",
		more: []string{"note secondary/fleet: wants 3 instances"}, // so parity has it healed
		do:   []string{"aws autoscaling set-desired-capacity --auto-scaling-group-name {fleet} --desired-capacity 3"},
	},
	{
		what: "a host is stopped", side: understudy.Secondary,
		finding: "instance host-a: state", plan: "secondary/host a: running",
		do: []string{"aws ec2 stop-instances --instance-ids {host a}"},
	},
	{
		what: "a host is terminated", side: understudy.Primary,
		finding: "instance host-b", plan: "primary/host b: create",
		do: []string{"aws ec2 terminate-instances --instance-ids {host b}"},
	},
	{
		what: "another version of the launch template is the default", side: understudy.Secondary,
		finding: "launch template template: default version", plan: "secondary/default version: version",
		more: []string{"secondary/default version: later versions"},
		do: []string{
			"aws ec2 create-launch-template-version --launch-template-id {launch template} --source-version 1 --launch-template-data InstanceType=t3.large " +
				"--query LaunchTemplateVersion.VersionNumber",
			"aws ec2 modify-launch-template --launch-template-id {launch template} --default-version {1}",
		},
	},
}

// untagged are without what `up` knows them by, so that it may make them anew.
var untagged = []drift{
	{
		what: "the launch template has lost its stack tag", side: understudy.Primary,
		finding: "launch template template: tags", plan: "primary/launch template: tagged",
		do: []string{"aws ec2 delete-tags --resources {launch template} --tags Key=understudy:stack"},
	},
	{
		what: "the record's set identifier is renamed", side: understudy.Secondary,
		finding: "record hello.test A: set identifier", plan: "global/records: create",
		record: func(own, _ record) { own["SetIdentifier"] = "mine" },
	},
	{
		what: "the image has lost its role tag", side: understudy.Secondary,
		finding: "image image: tags", plan: "secondary/image: tagged",
		do: []string{"aws ec2 delete-tags --resources {image} --tags Key=understudy:role"},
	},
	{
		what: "a host has lost its role tag", side: understudy.Secondary,
		finding: "instance host-a: tags", plan: "secondary/host a: tagged",
		do: []string{"aws ec2 delete-tags --resources {host a} --tags Key=understudy:role"},
	},
	{
		what: "a route table has lost its role tag", side: understudy.Secondary,
		finding: "route table private-routes: tags", plan: "secondary/private routes: tagged",
		do: []string{"aws ec2 delete-tags --resources {private routes} --tags Key=understudy:role"},
	},
}

// fleetTag is a round for itself: what keeps the image from being known changes the fleet too.
var fleetTag = []drift{
	{
		what: "the fleet has lost its role tag", side: understudy.Secondary,
		finding: "auto scaling group fleet: tags", plan: "secondary/fleet: tagged",
		do: []string{"aws autoscaling delete-tags --tags ResourceId={fleet},ResourceType=auto-scaling-group,Key=understudy:role"},
	},
}

// losses keep a region from serving.
var losses = []drift{
	{
		what: "the standby's record is deleted", side: understudy.Secondary,
		finding: "record hello.test A", plan: "global/records: create",
		record: func(own, _ record) { clear(own) },
	},
	{
		what: "the standby's switch is deleted", side: understudy.Secondary,
		finding: "listener listener: switch", plan: "secondary/switch: create",
		do: []string{"aws elbv2 delete-rule --rule-arn {switch}"},
	},
	{
		what: "nobody is let in to the load balancer", side: understudy.Secondary,
		finding: "security group public-facing: ingress tcp 80 from 0.0.0.0/0", plan: "secondary/public-facing group: ingress",
		do: []string{"aws ec2 revoke-security-group-ingress --group-id {public-facing group} --protocol tcp --port 80 --cidr 0.0.0.0/0"},
	},
}
