package understudy

// about tells of each key what it is, and shows a value as YAML. What may stand there, and what does where nothing is said, is
// told by the getter that reads it; a test holds this table against them.
var about = map[string]struct{ what, example string }{
	"name":   {"The stack; part of every name and tag.", "hello"},
	"domain": {"The hosted zone, without the dot at its end.", "hello.test"},
	"record": {"The failover record below the domain; empty is the domain itself.", "www"},

	"regions":              {"The two regions. Their names differ, and their networks do not overlap.", ""},
	"regions.primary":      {"The region that serves while it is healthy.", "{name: us-east-1, cidr: 10.10.0.0/16}"},
	"regions.primary.name": {"The primary region, as AWS spells it.", "us-east-1"},
	"regions.primary.cidr": {"The addresses of the primary's network where it is made, from /16 to /25, with three zones to /24. " +
		"Each subnet has an eighth of them, or a quarter of a /25.", "10.10.0.0/16"},
	"regions.primary.network": {"A VPC and subnets that are there, in place of `cidr`, for the primary to stand in. Nothing of them is made, changed, tagged or " +
		"deleted; their gateways, routes and network ACLs are their owner's (docs/network.md).",
		"{vpc: vpc-0123456789abcdef0, public_tags: {Tier: public}, private_tags: {Tier: private}}"},
	"regions.primary.network.vpc":      {"The VPC, by its id.", "vpc-0123456789abcdef0"},
	"regions.primary.network.vpc_tags": {"The VPC, by tags that it alone has in the region.", "{Name: main}"},
	"regions.primary.network.public": {"Subnets with a route to an internet gateway, for the load balancer and the hosts: one in each zone.",
		"[subnet-0123456789abcdef0, subnet-0123456789abcdef1]"},
	"regions.primary.network.public_tags": {"The same by tags that these subnets of the VPC have and no others.", "{Tier: public}"},
	"regions.primary.network.private": {"Subnets for the fleet: one in each zone of the public ones.",
		"[subnet-0123456789abcdef2, subnet-0123456789abcdef3]"},
	"regions.primary.network.private_tags": {"The same by tags that these subnets of the VPC have and no others.", "{Tier: private}"},
	"regions.secondary.network": {"The same for the secondary. One region may have a network that is made and the other one that is there; they do not overlap.",
		"{vpc_tags: {Name: main}, public_tags: {Tier: public}, private_tags: {Tier: private}}"},
	"regions.secondary.network.vpc":      {"The VPC, by its id.", "vpc-0123456789abcdef0"},
	"regions.secondary.network.vpc_tags": {"The VPC, by tags that it alone has in the region.", "{Name: main}"},
	"regions.secondary.network.public": {"Subnets with a route to an internet gateway, for the load balancer and the hosts: one in each zone.",
		"[subnet-0123456789abcdef0, subnet-0123456789abcdef1]"},
	"regions.secondary.network.public_tags": {"The same by tags that these subnets of the VPC have and no others.", "{Tier: public}"},
	"regions.secondary.network.private": {"Subnets for the fleet: one in each zone of the public ones.",
		"[subnet-0123456789abcdef2, subnet-0123456789abcdef3]"},
	"regions.secondary.network.private_tags": {"The same by tags that these subnets of the VPC have and no others.", "{Tier: private}"},
	"regions.primary.weight":                 {"The primary's share of the users, beside the secondary's weight; with routing weighted only.", "3"},
	"regions.secondary.weight":               {"The secondary's share of the users, beside the primary's weight; with routing weighted only.", "1"},
	"regions.secondary":                      {"The region that serves when the primary does not.", "{name: us-west-2, cidr: 10.20.0.0/16}"},
	"regions.secondary.name":                 {"The secondary region, as AWS spells it.", "us-west-2"},
	"regions.secondary.cidr":                 {"The addresses of the secondary's network where it is made, apart from the primary's.", "10.20.0.0/16"},

	"zones": {"The availability zones of each region that the load balancer and the fleet are in, each with a public and a private subnet: the first " +
		"by name that take subnets. A third one comes beside the others, and goes when nothing is left in it.", "3"},

	"egress": {"How instances in the private subnets reach the internet: not at all, by a NAT gateway, by one in each zone, or not beyond AWS's " +
		"services that VPC endpoints lead to: S3, and those of Session Manager.", "nat-per-zone"},
	"regions.primary.egress":   {"The primary's `egress`, where it is not that of both regions: an intended difference.", "nat-per-zone"},
	"regions.secondary.egress": {"The secondary's `egress`, where it is not that of both regions: an intended difference.", "nat"},
	"regions.secondary.fleet": {"The size of the standby's fleet while the primary serves, where it is another than `fleet`'s. A smaller one grows to what " +
		"the primary carries before users are moved to it on purpose; an outage finds it as it is (docs/failover.md).", "{min: 0, desired: 0}"},
	"regions.secondary.fleet.min": {"The fewest instances there; `fleet.min`, where nothing is said.", "0"},
	"regions.secondary.fleet.desired": {"The instances there at its creation and after a failback; " +
		"0 is a pilot light. `fleet.desired`, where nothing is said.", "1"},
	"regions.secondary.fleet.max": {"The most instances there while the primary serves; `fleet.max`, where nothing is said.", "2"},

	"regions.primary.instance":        {"What the primary's instances are otherwise than `instance` says.", ""},
	"regions.primary.instance.type":   {"The primary's instance type, where it is not that of both regions: an intended difference.", "m7g.large"},
	"regions.secondary.instance":      {"What the secondary's instances are otherwise than `instance` says.", ""},
	"regions.secondary.instance.type": {"The secondary's instance type, where it is not that of both regions: an intended difference.", "m6g.large"},

	"regions.primary.image": {"The primary's image to start from, by its id or by a parameter of Parameter Store there; both regions have one, or " +
		"`image` selects it.", "ami-0123456789abcdef0"},
	"regions.secondary.image": {"The secondary's. Where images are baked, that of the primary is copied to the secondary, and this one is what they could be " +
		"baked from once the primary is lost.", "\"resolve:ssm:/golden/web\""},

	"image":      {"What image the instances are of, and how it is made.", ""},
	"image.base": {"The image to start from: the newest of the first name that any image of these owners has.", ""},
	"image.parameter": {"The image to start from, by a parameter of Parameter Store in both regions, in place of `image.base`; looked up for each plan.",
		"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"},
	"image.baked": {"Whether an image is made of it, with `image.install` and `image.run`, and copied to the secondary. Else instances are of the " +
		"image itself, and run `image.install` at their first boot.", "false"},
	"image.rebake": {"When an image that is older than a week, or a month, is baked anew by `up`: if another image is selected as its base by " +
		"then. `up --rebake` does it at any age.", "weekly"},
	"image.base.owners": {"Account numbers, or AWS's aliases.", "[amazon, self]"},
	"image.base.names":  {"Names of images, with * and ? for any.", `["al2023-ami-2023.*-x86_64"]`},
	"image.install":     {"A script that runs once as root, while the image is baked; at the first boot of each instance, if it is not.", "dnf install -y nginx"},
	"image.run":         {"A script that runs as root at every boot of every instance, starts the service, and returns.", "hello -addr :8080 &"},

	"instance":                   {"The kind of machine that hosts and fleet run on.", ""},
	"instance.type":              {"The instance type.", "t3.micro"},
	"instance.profile":           {"What the instances may do in AWS: by the name of an instance profile, or by policies for a role that is made.", ""},
	"instance.profile.name":      {"An instance profile that is there. IAM is global: one for both regions.", "web"},
	"instance.profile.managed":   {"The managed policies of the role that is made.", "[\"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore\"]"},
	"instance.profile.policy":    {"The own policy of the role that is made; its Version is 2012-10-17 where none is said.", "file:policy.json"},
	"instance.metadata":          {"Whether the metadata service takes only requests with a token (IMDSv2).", "optional"},
	"instance.hop_limit":         {"How many hops an answer of the metadata service goes; 0 is as the image and the account have it.", "2"},
	"instance.volume":            {"The root volume; what is not said is as the image has it.", "{size: 20, type: gp3, encrypted: true}"},
	"instance.volume.size":       {"Its size in GiB; 0 is the image's.", "20"},
	"instance.volume.type":       {"Its type; nothing is the image's.", "gp3"},
	"instance.volume.encrypted":  {"Encrypted with the account's default key of EBS, also where the account does not encrypt by default.", "true"},
	"instance.volume.iops":       {"Its IOPS, within the bounds of its type; 0 is as the type has it.", "4000"},
	"instance.volume.throughput": {"Its throughput in MiB/s, of gp3 alone; 0 is as the type has it.", "250"},
	"instance.key":               {"The key pair whose owner may log in, by its name in both regions.", "ops"},
	"instance.monitoring":        {"How often EC2 gives data points to CloudWatch: every five minutes, or every minute.", "detailed"},
	"instance.environment": {"The variables that `image.run` is called with: texts, and parameters of Parameter Store, whose values each instance " +
		"fetches in its own region at every boot. The first one, and the last that goes, have the image baked anew.",
		"{COLOUR: green, PASSWORD: {parameter: /hello/password}}"},
	"instance.user_data": {"A script or cloud-config that cloud-init takes once on each instance, a script after `image.run`.", `"file:cloud-config.yaml"`},

	"hosts": {"The instances beside the load balancer, one after another in the public subnets. What is not said is as the fleet has it. One that " +
		"is to be otherwise is replaced, but for its tags, metadata and monitoring.", ""},
	"hosts.count":              {"How many there are.", "0"},
	"hosts.type":               {"Their instance type; empty is `instance.type`.", "t3.nano"},
	"hosts.image":              {"Their image, where it is another than the one that is baked.", ""},
	"hosts.image.owner":        {"The account number of its owner, or one of AWS's aliases.", "self"},
	"hosts.image.name":         {"Its whole name, the same in both regions; empty is the image that is baked.", "bastion-7"},
	"hosts.key":                {"The key pair whose owner may log in, by its name in both regions; empty is `instance.key`.", "ops"},
	"hosts.user_data":          {"A script or cloud-config for them; empty is `instance.user_data`.", `"file:bastion.yaml"`},
	"hosts.ingress":            {"What may come in to the hosts alone, by a security group of their own, beside users at the entry.", ""},
	"hosts.ingress[].protocol": {"The protocol.", "tcp"},
	"hosts.ingress[].from":     {"A network, or public-facing for the load balancer and the hosts.", "192.0.2.0/24"},
	"hosts.ingress[].ports":    {"A port or a range of them; none with icmp and all.", "22"},

	"service":        {"The application on each instance.", ""},
	"service.port":   {"Where the service listens.", "8080"},
	"service.health": {"The path that tells the service's health.", "/healthz"},
	"listener":       {"The load balancer's listener.", ""},
	"listener.port":  {"Where users connect with HTTP.", "80"},

	"https":                        {"How users connect with HTTPS: if both regions have a certificate.", ""},
	"https.certificates":           {"The certificates of ACM, one for each region, that name the record.", ""},
	"https.certificates.primary":   {"The primary's certificate.", "arn:aws:acm:us-east-1:123456789012:certificate/1a2b3c4d-0000-4000-8000-000000000001"},
	"https.certificates.secondary": {"The secondary's certificate.", "arn:aws:acm:us-west-2:123456789012:certificate/1a2b3c4d-0000-4000-8000-000000000002"},
	"https.policy":                 {"The load balancer's security policy: the versions of TLS, and the ciphers.", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"},
	"https.port":                   {"Where users connect with HTTPS.", "443"},
	"https.redirect": {"What `listener.port` answers then: a redirect to HTTPS, permanent (301) or temporary (302); with none, which is all that a network " +
		"load balancer has, nothing listens there.",
		"temporary"},

	"fleet":         {"The size of each region's Auto Scaling group, in instances.", ""},
	"fleet.min":     {"The fewest instances.", "2"},
	"fleet.desired": {"The instances at the fleet's creation; at least min. Later, scaling or a person decides.", "2"},
	"fleet.max":     {"The most instances; at least desired.", "4"},
	"fleet.grace":   {"Seconds that a new instance may fail its health check before it is replaced.", "300"},

	"fleet.warm_up": {"Seconds until what a new instance uses counts for scaling, and until the next one is replaced; 0 is `fleet.grace`.", "60"},
	"fleet.max_lifetime": {"Seconds after which an instance is replaced by a new one, from 86400 (a day) to 31536000; 0 is never. " +
		"Each goes when its own time is up, within the bounds that Auto Scaling keeps to.", "604800"},
	"fleet.termination_policies": {"By which policies an instance is chosen to go when the fleet shrinks, in their order.", "[OldestInstance]"},
	"fleet.health_check":         {"For what an instance is replaced: what EC2 and the load balancer find (ELB), or EC2 alone.", "EC2"},
	"fleet.metrics":              {"Whether the sizes of the fleet are measured each minute, for graphs of CloudWatch.", "true"},
	"fleet.track":                {"What the fleet is scaled by, between min and max; nothing where both are 0.", ""},
	"fleet.track.cpu":            {"The average use of the instances' processors to keep to, in percent.", "50"},
	"fleet.track.requests":       {"The requests to each target in a minute to keep to.", "1000"},
	"fleet.refresh":              {"How an instance refresh of `up` replaces the fleet's instances. It ends as AWS's do: one that fails is rolled back.", ""},
	"fleet.refresh.min_healthy":  {"The percentage of the desired capacity that goes on serving; with 100, another is launched before one goes.", "90"},
	"fleet.refresh.max_healthy": {"The percentage of it that there may be meanwhile, from 100 to 200 and at most 100 above " +
		"min_healthy; 0 is AWS's own.", "150"},
	"fleet.refresh.warm_up":          {"Seconds from a new instance's service until the next is replaced; 0 is `fleet.warm_up`.", "30"},
	"fleet.refresh.checkpoints":      {"The percentages of new instances at which it pauses, in ascending order to 100.", "[20, 100]"},
	"fleet.refresh.checkpoint_delay": {"Seconds that it pauses at each.", "600"},

	"fleet.scheduled": {"Scheduled actions, by which the fleet gets other bounds and another size at certain times. What they have set is left alone until the " +
		"next of them.", ""},
	"fleet.scheduled[].name":       {"Its name; in AWS it follows the stack's.", "morning"},
	"fleet.scheduled[].recurrence": {"When it is carried out: minute, hour, day of the month, month and day of the week.", `"0 7 * * MON-FRI"`},
	"fleet.scheduled[].timezone":   {"The time zone of these times; empty is UTC.", "Europe/Berlin"},
	"fleet.scheduled[].min":        {"The fewest instances from then on; 0 leaves that.", "4"},
	"fleet.scheduled[].desired":    {"The instances that the fleet gets then; 0 leaves that.", "6"},
	"fleet.scheduled[].max":        {"The most instances from then on; 0 leaves that.", "12"},
	"fleet.scheduled[].region": {"The region that alone has it, an intended difference; empty is both. With a size of the standby's own it is the primary: " +
		"a standby that serves must not shrink.", "primary"},

	"failover":           {"Route 53's health checks, and how users are moved by hand.", ""},
	"failover.interval":  {"Seconds between two probes of one checker.", "10"},
	"failover.threshold": {"Probes in a row that must agree.", "3"},
	"failover.routing": {"How Route 53 chooses while both regions are healthy: the primary (failover), both by their weights (weighted), or for " +
		"each user the nearer one (latency). An ill region gets nobody.", "weighted"},
	"failover.rto": {"The longest that users are promised to be without service when a region is lost: `doctor` and `plan` hold the prediction against it, " +
		"`drill` what users felt. Of it 60 s are the TTL of answers, which is AWS's for aliases of load balancers.", "3m"},
	"failover.check":         {"What Route 53's checkers ask each region's load balancer for, by its own name, at the port where users connect.", ""},
	"failover.check.path":    {"The path; empty is service.health.", "/ready"},
	"failover.check.match":   {"A text that the answer must have within its first 5,120 bytes; empty is any answer of status 2xx or 3xx.", "all is well"},
	"failover.check.regions": {"The regions of the checkers, three at least; without a list, all.", "[us-east-1, eu-west-1, sa-east-1]"},
	"failover.check.latency": {"Whether checkers measure how long answers take, for graphs of CloudWatch.", "true"},
	"failover.check.host": {"Names by which the checkers ask, if not by the load balancers' own: " +
		"each has to lead to its region's load balancer, is the Host header and TLS's server name, and is made by somebody else.", ""},
	"failover.check.host.primary":   {"A name that leads to the primary's load balancer.", "east.hello.test"},
	"failover.check.host.secondary": {"A name that leads to the secondary's load balancer.", "west.hello.test"},
	"failover.check.port":           {"The port that the checkers ask; 0 is where users connect.", "8443"},
	"failover.check.protocol":       {"How they ask; empty is as users connect. TCP is for `failover.checks` alone: it does not ask the service.", "HTTPS"},
	"failover.checks": {"Further health checks of each region, by the checkers of `failover.check`, which is one of them. The record follows a calculated " +
		"check over all.", ""},
	"failover.checks[].path": {"The path; empty is service.health. None with TCP.", "/ready"},
	"failover.checks[].match": {"A text that the answer must have within its first 5,120 bytes; " +
		"empty is any answer of status 2xx or 3xx.", "all is well"},
	"failover.checks[].host":           {"Names by which the checkers ask, as in `failover.check.host`.", ""},
	"failover.checks[].host.primary":   {"A name that leads to the primary's load balancer.", "east.hello.test"},
	"failover.checks[].host.secondary": {"A name that leads to the secondary's load balancer.", "west.hello.test"},
	"failover.checks[].port":           {"The port; 0 is where users connect. Without a host, it is a listener's.", "80"},
	"failover.checks[].protocol":       {"How they ask; empty is as users connect. TCP tells whether a connection is made.", "TCP"},
	"failover.checks[].alarm":          {"One of the region's `alarms`, whose data the check follows in place of asking for anything (docs/alarms.md).", "errors"},
	"failover.checks[].no_data": {"What a check by an alarm is while there is too little data of it: `last-known` is as it was, and healthy if there " +
		"never was any.", "unhealthy"},
	"failover.healthy": {"How many of a region's checks must be healthy, `failover.check` among them, so that it gets users; 0 is all. Fewer than all take more " +
		"checks of the switch, so that it still outvotes them.", "2"},
	"failover.switch":          {"The means of moves by hand: a rule of the standby's load balancer, a listener of a network load balancer, or none.", "standby"},
	"failover.standby":         {"What the standby must be before users are moved to it by hand.", ""},
	"failover.standby.desired": {"Instances at least; 0 is as many as serve in the primary.", "2"},
	"failover.before":          {"A command that runs before users are moved by hand.", "./stop-writes.sh"},
	"failover.after":           {"A command that runs after users were moved by hand.", "./tell-everybody.sh"},
	"failover.hook_timeout":    {"The time that each of these commands may take.", "5m"},
	"failover.failback":        {"When users return to a primary that is healthy again: at once, or when a person or `understudy watch` moves them.", "manual"},
	"failover.failback.after":  {"The time of the primary's health after which `understudy watch` moves users back.", "10m"},

	"target":                      {"How the load balancer asks each target: whether it is healthy, and what users ask for.", ""},
	"target.interval":             {"Seconds between two probes.", "5"},
	"target.timeout":              {"Seconds that a probe may take; less than the interval.", "2"},
	"target.healthy":              {"Probes in a row that must pass.", "2"},
	"target.unhealthy":            {"Probes in a row that must fail.", "2"},
	"target.deregistration_delay": {"Seconds that a target which leaves may finish its requests.", "10"},
	"target.matcher":              {"The HTTP codes that pass.", `"200-299"`},
	"target.path":                 {"The path that probes ask for; empty is `service.health`.", "/ready"},
	"target.port":                 {"The port that probes ask; 0 is `service.port`.", "9000"},
	"target.protocol": {"How targets are asked. A load balancer takes any certificate of theirs. Of a network load balancer: TCP, where nothing is said, " +
		"or TLS.", "HTTPS"},
	"target.check_protocol": {"How probes ask them; where nothing is said, as requests do, and through a network load balancer by HTTP, or by HTTPS " +
		"where targets speak TLS. Its TCP tells whether a connection is made.", "HTTPS"},
	"target.preserve_client_ip":     {"Whether targets of a network load balancer see the users' addresses.", "false"},
	"target.connection_termination": {"Whether a network load balancer cuts what is open when the deregistration delay of its target has passed.", "true"},
	"target.proxy_protocol": {"Whether a network load balancer sends a header of the proxy protocol, version 2, before each connection, and before those of " +
		"its health checks.", "true"},
	"target.stickiness.source_ip": {"Whether all connections from an address go to one target of a network load balancer.", "true"},
	"target.version":              {"The version of HTTP that targets are asked in; HTTP2 needs users who connect with HTTPS.", "HTTP2"},
	"target.algorithm":            {"How requests find a target: in turn, or where the fewest are under way.", "least_outstanding_requests"},
	"target.slow_start":           {"Seconds in which a new target gets ever more requests, from 30; 0 is its share at once.", "60"},
	"target.stickiness":           {"Whether a client's requests go on to the target that had the first one.", ""},
	"target.stickiness.duration":  {"Seconds for which they do; 0 is not at all.", "3600"},
	"target.stickiness.cookie":    {"The application's cookie that they follow; empty is one of the load balancer's own.", "SESSION"},

	"target_groups": {"Further target groups of the same instances, asked at another port or otherwise. Another set of them, or another port or protocol, makes " +
		"the fleet anew beside the old one.", ""},
	"target_groups[].name":   {"Its name, for `forward`.", "api"},
	"target_groups[].port":   {"Where requests go.", "8081"},
	"target_groups[].target": {"How its targets are asked, as under `target`.", "{path: /api/healthz}"},

	"balancer": {"How the load balancer treats connections.", ""},
	"balancer.kind": {"Its type: one of HTTP (application), or one of connections (network), which has no rules, redirects, answers and " +
		"cookies. Another kind takes another stack.", "network"},
	"balancer.idle_timeout": {"Seconds after which a connection on which nothing passes is closed. Of a network load balancer's listeners of TCP: from 60, " +
		"and 350 where nothing is said.", "120"},
	"balancer.http2":                     {"Whether users may speak HTTP/2 where they connect with HTTPS.", "false"},
	"balancer.drop_invalid_headers":      {"Whether header fields with invalid names are kept from targets.", "true"},
	"balancer.desync":                    {"What becomes of requests that servers may read differently.", "strictest"},
	"balancer.cross_zone":                {"Whether requests go to targets of all zones, and not only to those of the zone where a user connects.", "false"},
	"balancer.deletion_protection":       {"Whether AWS refuses to delete the load balancer; `down` leaves it then.", "true"},
	"balancer.access_logs":               {"Where a line for each request goes: a bucket in each region that lets Elastic Load Balancing write to it.", ""},
	"balancer.access_logs.primary":       {"The primary's bucket.", "hello-logs-east"},
	"balancer.access_logs.secondary":     {"The secondary's bucket.", "hello-logs-west"},
	"balancer.access_logs.prefix":        {"What the logs' keys begin with in both.", "web"},
	"balancer.connection_logs":           {"Where a line for each connection goes.", ""},
	"balancer.connection_logs.primary":   {"The primary's bucket.", "hello-logs-east"},
	"balancer.connection_logs.secondary": {"The secondary's bucket.", "hello-logs-west"},
	"balancer.connection_logs.prefix":    {"What the logs' keys begin with in both.", "web"},

	"rules":                     {"What becomes of some of the requests: the first rule whose conditions a request meets counts, else the service gets it.", ""},
	"rules[].path":              {"Paths, with * and ? for any.", "[/old/*]"},
	"rules[].host":              {"Hosts that are asked for.", "[old.hello.test]"},
	"rules[].method":            {"HTTP's methods.", "[PUT, DELETE]"},
	"rules[].source":            {"Networks that users come from.", "[192.0.2.0/24]"},
	"rules[].header":            {"A header field, and its values.", ""},
	"rules[].header.name":       {"The field's name.", "X-Version"},
	"rules[].header.values":     {"Its values.", "[beta*]"},
	"rules[].forward":           {"The target group that gets them, by its name; empty is the service's.", "api"},
	"rules[].redirect":          {"Where such users are sent on to; what is empty is as they asked for it.", ""},
	"rules[].redirect.status":   {"The redirect's status: 301 is permanent.", "302"},
	"rules[].redirect.protocol": {"The protocol.", "HTTPS"},
	"rules[].redirect.host":     {"The host.", "www.hello.test"},
	"rules[].redirect.port":     {"The port; 0 is as asked.", "443"},
	"rules[].redirect.path":     {"The path; #{path} is the one asked for, without its first /.", `"/new/#{path}"`},
	"rules[].redirect.query":    {"The query.", "from=old"},
	"rules[].fixed":             {"What such users are answered by the load balancer itself.", ""},
	"rules[].fixed.status":      {"The answer's status: 2xx, 4xx or 5xx.", "404"},
	"rules[].fixed.type":        {"The type of its text.", "text/html"},
	"rules[].fixed.body":        {"Its text.", "moved away"},

	"security":                                  {"What passes the security groups beside what the service needs.", ""},
	"security.public_facing":                    {"The group of the load balancer and the hosts; all may leave it.", ""},
	"security.public_facing.ingress":            {"What may come in beside users at the entry.", ""},
	"security.public_facing.ingress[].protocol": {"The protocol.", "tcp"},
	"security.public_facing.ingress[].ports":    {"A port or a range of them; none with icmp and all.", "22"},
	"security.public_facing.ingress[].from":     {"The network that it comes from.", "192.0.2.0/24"},
	"security.internal":                         {"The group of the fleet.", ""},
	"security.internal.ingress":                 {"What may come in beside the load balancer's requests.", ""},
	"security.internal.ingress[].protocol":      {"The protocol.", "udp"},
	"security.internal.ingress[].ports":         {"A port or a range of them; none with icmp and all.", "8000-8010"},
	"security.internal.ingress[].from":          {"A network, or public-facing for the hosts and the load balancer.", "public-facing"},
	"security.internal.egress":                  {"All that may go out. Without it, everything may. Answers go out in any case.", ""},
	"security.internal.egress[].protocol":       {"The protocol.", "tcp"},
	"security.internal.egress[].ports":          {"A port or a range of them; none with icmp and all.", "443"},
	"security.internal.egress[].to":             {"A network, or public-facing for the hosts and the load balancer.", "0.0.0.0/0"},
	"listeners":                                 {"Further ports at which users connect. Neither Route 53's checkers nor a drill's users ask there.", ""},
	"listeners[].port":                          {"Where users connect too.", "8443"},
	"listeners[].protocol":                      {"How: with HTTP, or with HTTPS as `https` says. With a network load balancer: TCP, or TLS.", "HTTPS"},
	"listeners[].rules":                         {"What becomes of some of the requests there, as under `rules`.", ""},

	"alarms": {"CloudWatch alarms in each region, of what is made there, and whom they tell (docs/alarms.md).", ""},
	"alarms.notify": {"Whom the alarms of a region tell when they go to ALARM, and when they are OK again: topics of SNS, which somebody else makes. " +
		"Without any, alarms are for whoever looks.", ""},
	"alarms.notify.primary":   {"Topics of the primary's region.", `["arn:aws:sns:us-east-1:123456789012:page"]`},
	"alarms.notify.secondary": {"Topics of the secondary's region.", `["arn:aws:sns:us-west-2:123456789012:page"]`},
	"alarms.on":               {"The alarms, each of them once.", ""},
	"alarms.on[].alarm": {"What it watches: 5xx answers of the service, or of the load balancer's own; targets that fail their health check, or that " +
		"pass it; the 99th percentile of response times; connections that were refused; instances in service, which needs `fleet.metrics`; each " +
		"region's health check, where one of the regions is us-east-1. A standby that is declared without an instance has no alarm of its " +
		"healthy hosts and of its fleet's size. A network load balancer has those of hosts alone.", "errors"},
	"alarms.on[].threshold": {"From where it is wrong, in a period: a number, and milliseconds of response-time. 0 is 10 errors, 1 unhealthy host, fewer " +
		"than 1 healthy host, 1000 milliseconds, 1 refused connection, fewer instances than `fleet.min`.", "50"},
	"alarms.on[].period": {"Seconds over which the metric is taken together.", "300"},
	"alarms.on[].evaluation_periods": {"How many periods in a row it has to be wrong; " +
		"0 is 3, and 1 of healthy-hosts, refused connections and health checks.", "2"},

	"tags": {"Tags on everything that is made, beside the stack's own.", "{team: web, cost-center: 4711}"},

	"parity":                  {"What the audit of the two regions passes over.", ""},
	"parity.ignore":           {"The findings that are known and accepted.", ""},
	"parity.ignore[].finding": {"A finding's name, with * for any text.", `"listener*"`},
	"parity.ignore[].reason":  {"Why it is accepted; shown beside it.", "moved in May"},

	"drill": {"Who the users of `drill` and `predict` are; nothing of it is made.", ""},
	"drill.clients": {"The kinds of users by their shares, by how they keep answers and connections (docs/drills.md). `predict` shows all kinds " +
		"where only the default is declared.", "usual"},
	"drill.websocket": {"The path of the page that speaks WebSocket, for users of this kind.", "/socket"},
}
