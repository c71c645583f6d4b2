package understudy

// about tells of each key what it is, and shows a value as YAML. What may stand there, and what does where nothing is said, is
// told by the getter that reads it; a test holds this table against them.
var about = map[string]struct{ what, example string }{
	"name":   {"The stack; part of every name and tag.", "hello"},
	"domain": {"The hosted zone, without the dot at its end.", "hello.test"},
	"record": {"The failover record below the domain; empty is the domain itself.", "www"},

	"regions":                {"The two regions. Their names differ, and their networks do not overlap.", ""},
	"regions.primary":        {"The region that serves while it is healthy.", "{name: us-east-1, cidr: 10.10.0.0/16}"},
	"regions.primary.name":   {"The primary region, as AWS spells it.", "us-east-1"},
	"regions.primary.cidr":   {"The addresses of the primary's network, from /16 to /25, divided into four subnets.", "10.10.0.0/16"},
	"regions.secondary":      {"The region that serves when the primary does not.", "{name: us-west-2, cidr: 10.20.0.0/16}"},
	"regions.secondary.name": {"The secondary region, as AWS spells it.", "us-west-2"},
	"regions.secondary.cidr": {"The addresses of the secondary's network, apart from the primary's.", "10.20.0.0/16"},

	"image":             {"What the machine image is made of.", ""},
	"image.base":        {"The image to start from: the newest of the first name that any image of these owners has.", ""},
	"image.base.owners": {"Account numbers, or AWS's aliases.", "[amazon, self]"},
	"image.base.names":  {"Names of images, with * and ? for any.", `["al2023-ami-2023.*-x86_64"]`},
	"image.install":     {"A script that runs once as root, while the image is baked.", "dnf install -y nginx"},
	"image.run":         {"A script that runs as root at every boot of every instance, starts the service, and returns.", "hello -addr :8080 &"},

	"instance":      {"The kind of machine that hosts and fleet run on.", ""},
	"instance.type": {"The instance type.", "t3.micro"},

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
	"https.redirect": {"What `listener.port` answers then: a redirect to HTTPS, permanent (301) or temporary (302); with none, nothing listens there.",
		"temporary"},

	"fleet":         {"The size of each region's Auto Scaling group, in instances.", ""},
	"fleet.min":     {"The fewest instances.", "2"},
	"fleet.desired": {"The instances at the fleet's creation; at least min. Later, scaling or a person decides.", "2"},
	"fleet.max":     {"The most instances; at least desired.", "4"},
	"fleet.grace":   {"Seconds that a new instance may fail its health check before it is replaced.", "300"},

	"fleet.track":          {"What the fleet is scaled by, between min and max; nothing where both are 0.", ""},
	"fleet.track.cpu":      {"The average use of the instances' processors to keep to, in percent.", "50"},
	"fleet.track.requests": {"The requests to each target in a minute to keep to.", "1000"},

	"failover":           {"Route 53's health checks, and how users are moved by hand.", ""},
	"failover.interval":  {"Seconds between two probes of one checker.", "10"},
	"failover.threshold": {"Probes in a row that must agree.", "3"},
	"failover.rto": {"The longest that users are promised to be without service when a region is lost: `doctor` and `plan` hold the prediction against it, " +
		"`drill` what users felt. Of it 60 s are the TTL of answers, which is AWS's for aliases of load balancers.", "3m"},
	"failover.check":           {"What Route 53's checkers ask each region's load balancer for, by its own name, at the port where users connect.", ""},
	"failover.check.path":      {"The path; empty is service.health.", "/ready"},
	"failover.check.match":     {"A text that the answer must have within its first 5,120 bytes; empty is any answer of status 2xx or 3xx.", "all is well"},
	"failover.check.regions":   {"The regions of the checkers, three at least; without a list, all.", "[us-east-1, eu-west-1, sa-east-1]"},
	"failover.check.latency":   {"Whether checkers measure how long answers take, for graphs of CloudWatch.", "true"},
	"failover.switch":          {"The means of moves by hand: a rule of the standby's load balancer, or none.", "standby"},
	"failover.standby":         {"What the standby must be before users are moved to it by hand.", ""},
	"failover.standby.desired": {"Instances at least; 0 is as many as serve in the primary.", "2"},
	"failover.before":          {"A command that runs before users are moved by hand.", "./stop-writes.sh"},
	"failover.after":           {"A command that runs after users were moved by hand.", "./tell-everybody.sh"},
	"failover.hook_timeout":    {"The time that each of these commands may take.", "5m"},
	"failover.failback":        {"When users return to a primary that is healthy again: at once, or when a person or `understudy watch` moves them.", "manual"},
	"failover.failback.after":  {"The time of the primary's health after which `understudy watch` moves users back.", "10m"},

	"target":                      {"The load balancer's health check of each target.", ""},
	"target.interval":             {"Seconds between two probes.", "5"},
	"target.timeout":              {"Seconds that a probe may take; less than the interval.", "2"},
	"target.healthy":              {"Probes in a row that must pass.", "2"},
	"target.unhealthy":            {"Probes in a row that must fail.", "2"},
	"target.deregistration_delay": {"Seconds that a target which leaves may finish its requests.", "10"},
	"target.matcher":              {"The HTTP codes that pass.", `"200-299"`},

	"tags": {"Tags on everything that is made, beside the stack's own.", "{team: web, cost-center: 4711}"},

	"parity":                  {"What the audit of the two regions passes over.", ""},
	"parity.ignore":           {"The findings that are known and accepted.", ""},
	"parity.ignore[].finding": {"A finding's name, with * for any text.", `"listener*"`},
	"parity.ignore[].reason":  {"Why it is accepted; shown beside it.", "moved in May"},
}
