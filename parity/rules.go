package parity

import "strings"

// shape is what is wrong with the wrong side.
type shape int

const (
	whatever  shape = iota // in a rule: whatever it is
	missing                // it lacks what it should have
	extra                  // it has what it should not have
	otherwise              // it has it otherwise
)

// rule says how grave a sort of finding is, and why.
type rule struct {
	kind     string
	setting  string // with * at its end, a beginning; "" is the resource itself; "*" is anything
	shape    shape
	severity Severity
	// up tells that `understudy up` heals it, where the stack is declared.
	up  bool
	why string
}

// tied is why tags are missed: without them one thing alone tells that a resource is the stack's.
const tied = " ties it to the stack: what goes by its tags passes over it, and may build another beside it"

// rules are tried in order: the first that fits judges. An entry for a new setting goes before its kind's last one.
var rules = []rule{
	{"stack", "*", whatever, Critical, true, "there is nothing in this region that could take over"},

	{kindNetwork, "dns support", whatever, High, false, "instances resolve no names, so that what the service asks for by name fails after a failover"},
	{kindNetwork, "endpoint of *", whatever, High, false, "instances may not reach a service of AWS's that they reach in the other region"},
	{kindNetwork, "*", whatever, Medium, false, "the networks that were given are not the same to the stack"},
	{kindNetworkSubnet, "way to 0.0.0.0/0", whatever, Critical, false,
		"packets of users and their answers do not find their way, or instances do not reach what they do in the other region"},
	{kindNetworkSubnet, "way to *", whatever, High, false, "instances do not reach what they do in the other region, or by another way"},
	{kindNetworkSubnet, "acl *", whatever, Critical, false, "packets are dropped, or let pass, at the subnet's edge in one region only"},
	{kindNetworkSubnet, "zone", whatever, High, false, "one zone's loss takes more of this region with it than of the other"},
	{kindNetworkSubnet, "*", whatever, High, false, "the subnets do not hold as much, or not in the same places"},

	{"vpc", settingTags, whatever, High, true, "only its name" + tied},
	{"vpc", "dns support", whatever, High, true, "instances resolve no names, so that what the service asks for by name fails after a failover"},
	{"vpc", "dns hostnames", whatever, Medium, true, "instances have no public DNS names"},
	{"vpc", "*", whatever, Medium, false, "the networks are not built alike"},
	{"subnet", settingTags, whatever, High, true, "only its name" + tied},
	{"subnet", "public on start", whatever, Medium, true, "an instance that is started here has no public address, or has one that it should not have"},
	{"subnet", "zone", whatever, High, false, "one zone's loss takes more of this region with it than of the other"},
	{"subnet", "", extra, Low, false, "the other region has no such subnet, so that nothing that relies on it survives a failover"},
	{"subnet", "*", whatever, Medium, true, "the subnets do not hold as much, or not in the same places"},
	{"internet gateway", "", missing, Critical, true, "no user reaches the load balancer"},
	{"internet gateway", settingTags, whatever, High, true, "only its name" + tied},
	{"internet gateway", "*", whatever, High, true, "users may not reach the load balancer"},
	{"route table", settingTags, whatever, High, true, "only its name" + tied},
	{"route table", "route to 0.0.0.0/0", extra, High, true, "instances are reached, and reach others, by a way that nobody declared"},
	{"route table", "route to 0.0.0.0/0", whatever, Critical, true, "packets of users and their answers do not find their way"},
	{"route table", "route to pl-*", whatever, High, false, "packets go another way than in the other region"},
	{"route table", "route to *", whatever, High, true, "packets go another way than in the other region"},
	{"route table", "governs *", whatever, Critical, true, "a subnet follows another table, so that its packets go another way than in the other region"},
	{"route table", "", missing, Critical, true, "its subnets follow the VPC's main table, which leads nowhere"},
	{"route table", "*", whatever, Low, false, "the other region has no such table"},
	{"security group", settingTags, whatever, High, true, "only its name" + tied},
	{"security group", "ingress *", missing, Critical, true, "packets of users or of the load balancer are dropped"},
	{"security group", "ingress *", extra, High, true, "it lets in what the declaration does not, and only here"},
	{"security group", "egress *", missing, High, true, "instances or the load balancer cannot reach what they can in the other region"},
	{"security group", "egress *", extra, Medium, true, "it lets out what the declaration does not, and only here"},
	{"security group", "", missing, Critical, true, "what should be in it is not let through"},
	{"security group", "", extra, Low, false, "somebody made it in one region only: what is put into it behaves otherwise after a failover"},
	{"security group", "*", whatever, Low, false, "it cannot change; only a reader would notice"},
	{"nat gateway", "", missing, High, true, "instances in the private subnets reach nothing outside of their network, as they do in the other region"},
	{"nat gateway", settingTags, whatever, High, true, "only its address" + tied},
	{"nat gateway", "", extra, Medium, true, "somebody made it in one region only: what goes out through it does not in the other"},
	{"nat gateway", "*", whatever, Medium, true, "what goes out through it goes out otherwise than in the other region"},
	{"vpc endpoint", "", missing, High, true, "instances do not reach a service of AWS's that they reach in the other region"},
	{"vpc endpoint", settingTags, whatever, High, true, "only its service" + tied},
	{"vpc endpoint", "", extra, Low, true, "somebody made it in one region only: what asks a service of AWS's takes another way in the other"},
	{"vpc endpoint", "*", whatever, High, true, "instances may not reach a service of AWS's that they reach in the other region"},
	{"network interface", "", extra, Low, false, "somebody made it in one region only: what it is given, an address or a name, is not in the other"},
	{"network acl", "ingress *", whatever, Critical, false, "packets are dropped, or let in, at the subnet's edge in one region only"},
	{"network acl", "egress *", whatever, Critical, false, "packets are dropped, or let out, at the subnet's edge in one region only"},
	{"network acl", "*", whatever, High, false, "a subnet is guarded by other rules than in the other region"},

	{"image", "", missing, Critical, true, "new instances cannot be started: the fleet cannot grow or replace any"},
	{"image", "", extra, Medium, false, "the newest image of the declared digest is what `up` rolls out, and it is in one region only"},
	{"image", settingOrigin, whatever, High, false, "the regions run different images: a patch, or a fault, is in one of them only"},
	{"image", "digest", whatever, High, true, "the regions run what was made from different scripts"},
	{"image", settingTags, whatever, High, true, "only its name" + tied},
	{"image", "state", whatever, Critical, true, "new instances cannot be started from it"},
	{"image", "*", whatever, Medium, false, "instances start from images that differ"},
	{"base image", "*", whatever, Medium, false, "the next image would be made from another base, or a base was patched in one region only"},
	{kindParameter, "", missing, Critical, false, "new instances do not start the service without it: the fleet cannot grow or replace any"},
	{kindParameter, "type", whatever, Medium, false, "one region's value is encrypted and the other's is not, or one is a list"},
	{kindParameter, "*", whatever, Medium, false, "the service is started with something else than in the other region"},
	{"launch template", settingTags, whatever, High, true, "only its name" + tied},
	{"launch template", "newest version", whatever, Medium, true, "what launches $Latest launches something that nobody declared"},
	{"launch template", "", missing, Critical, true, "new instances cannot be started: the fleet cannot grow or replace any"},
	{"launch template", "", extra, Low, false, "the other region has no such template"},
	{"launch template", settingDefault, whatever, High, true, "instances started from now on are not as in the other region"},
	{"launch template", "*", whatever, High, true, "instances started from now on are not as in the other region"},
	{"instance", settingTags, whatever, Medium, true, "only its name" + tied},
	{"instance", "state", whatever, High, true, "what it does is not done after a failover"},
	{"instance", "image", whatever, High, true, "it runs something else than its like in the other region"},
	{"instance", "type", whatever, Medium, true, "it has more or less power than its like in the other region"},
	{"instance", "groups", whatever, High, true, "others can reach it than its like in the other region"},
	{"instance", "in", whatever, High, true, "it is in another place than its like in the other region"},
	{"instance", "user data", whatever, Medium, false, "it may have started with other commands than its like in the other region"},
	{"instance", "", missing, High, true, "what it does is not done after a failover"},
	{"instance", "", extra, Medium, false, "somebody started it in one region only: what it does is not done in the other"},
	{"instance", "disable api termination", whatever, Low, true, "it cannot be replaced, or can be terminated by mistake, unlike its like in the other region"},
	{"instance", "instance initiated shutdown behavior", whatever, Low, true,
		"it is gone, or comes back, when it shuts itself down, unlike its like in the other region"},
	{"instance", "metadata tokens", whatever, Medium, true, "programs on it get its metadata without a token, unlike on its like in the other region"},
	{"instance", "metadata *", whatever, Medium, false, "programs on it get other metadata than on its like in the other region, or none"},
	{"instance", "*", whatever, Low, false, "it behaves otherwise than its like in the other region"},

	{"target group", "health check port", whatever, High, true,
		"the load balancer asks another port than users do, so that it takes ill targets for well ones or well ones for ill"},
	{"target group", "health check protocol", whatever, High, true,
		"the load balancer asks in another way than users do, so that it takes ill targets for well ones or well ones for ill"},
	{"target group", "health check path", whatever, High, true, "the load balancer takes ill targets for well ones, or well ones for ill"},
	{"target group", "matcher", whatever, High, true, "the load balancer takes ill targets for well ones, or well ones for ill"},
	{"target group", "health check interval seconds", whatever, Medium, true, "ill targets are found sooner or later than in the other region"},
	{"target group", "health check timeout seconds", whatever, Medium, true, "slow targets are judged otherwise than in the other region"},
	{"target group", "*healthy threshold count", whatever, Medium, true, "ill targets are found sooner or later than in the other region"},
	{"target group", "attribute deregistration_delay*", whatever, Low, true, "requests under way are cut off sooner or later when an instance goes"},
	{"target group", "attribute target_group_health*", whatever, High, true,
		"the load balancer, and so Route 53, gives this region up at another number of healthy targets"},
	{"target group", "attribute *", whatever, Medium, true, "requests are shared out otherwise than in the other region"},
	{"target group", "target *", extra, High, true, "users are sent to a machine that nobody declared, and that is no part of the fleet"},
	{"target group", settingAttached, whatever, High, false, "instances run and do not serve: the region has less capacity than it seems to have"},
	{"target group", settingHealthy, whatever, Critical, false, "no target serves: users who are sent here get errors"},
	{"target group", settingTags, whatever, High, true, "only its name" + tied},
	{"target group", "", missing, Critical, true, "the load balancer has nowhere to send users"},
	{"target group", "", extra, Low, false, "the other region has no such target group"},
	{"target group", "*", whatever, High, false, "requests reach targets otherwise than in the other region"},
	{"load balancer", "state", whatever, Critical, false, "users who are sent here are not served"},
	{"load balancer", "scheme", whatever, Critical, false, "users cannot reach it"},
	{"load balancer", "groups", whatever, Critical, true, "users are not let through as in the other region"},
	{"load balancer", "subnets", whatever, High, true, "users reach it in fewer zones, or others, than in the other region"},
	{"load balancer", settingTags, whatever, High, true, "only its name" + tied},
	{"load balancer", "attribute deletion_protection*", whatever, Low, true, "one region's can be deleted by mistake, or `down` cannot delete the other's"},
	{"load balancer", "attribute access_logs*", whatever, Low, false, "requests are logged in one region only, or elsewhere"},
	{"load balancer", "attribute connection_logs*", whatever, Low, false, "connections are logged in one region only, or elsewhere"},
	{"load balancer", "attribute zonal_shift*", whatever, Low, false, "users can be moved out of one of its zones in one region only"},
	{"load balancer", "attribute *", whatever, Medium, true, "connections and headers are treated otherwise than in the other region"},
	{"load balancer", "", missing, Critical, true, "users have nothing to connect to"},
	{"load balancer", "", extra, Low, false, "the other region has no such load balancer"},
	{"load balancer", "*", whatever, High, false, "users are received otherwise than in the other region"},
	{"listener", "", missing, Critical, true, "users are refused on this port"},
	{"listener", "", extra, Medium, false, "users of this port are refused after a failover, or it is open where nobody declared it"},
	{"listener", "port", whatever, Critical, true, "users are refused on the declared port"},
	{"listener", "default", whatever, Critical, true, "users do not get to the service"},
	{"listener", "protocol", whatever, Critical, true, "users connect in another way than the listener understands"},
	{"listener", "certificate", whatever, High, true, "users may find a certificate that does not name the service, or is another's to renew"},
	{"listener", "tls policy", whatever, High, true, "some users' versions of TLS or ciphers are refused, or weak ones are taken, in one region only"},
	{"listener", "switch", whatever, High, true, "users cannot be moved by hand, or the primary answers in the standby's stead"},
	{"listener", "attribute *", whatever, Medium, true, "silent connections are forgotten sooner or later than in the other region"},
	{"listener", "rule *", whatever, High, true, "some requests go elsewhere in one region only"},
	{"listener", settingTags, whatever, Medium, true, "only its name" + tied},
	{"listener", "*", whatever, High, false, "users connect otherwise than in the other region"},

	{"auto scaling group", "suspended Launch", whatever, High, true, "lost instances are not replaced, and the fleet does not grow when users come"},
	{"auto scaling group", "suspended Terminate", whatever, Medium, true, "ill instances are not taken away"},
	{"auto scaling group", "suspended *", whatever, Medium, true, "the fleet does not look after itself as in the other region"},
	{"auto scaling group", settingDesired, whatever, High, false, "the standby has fewer instances than the primary, and must serve all of its users"},
	{"auto scaling group", settingServes, whatever, High, false, "the standby serves with fewer instances than the primary does now"},
	{"auto scaling group", settingFull, whatever, High, false, "the region has fewer instances in service than it asks for"},
	{"auto scaling group", "min", whatever, Medium, true, "the fleet may shrink further than in the other region"},
	{"auto scaling group", "max", whatever, High, true, "the fleet cannot grow as far as the other region's when users come"},
	{"auto scaling group", "health check", whatever, High, true, "instances whose service is dead are not replaced"},
	{"auto scaling group", "grace period", whatever, Medium, true, "new instances are judged sooner or later than in the other region"},
	{"auto scaling group", "subnets", whatever, High, true, "one zone's loss takes more of this region with it than of the other"},
	{"auto scaling group", "target groups", whatever, Critical, true, "new instances are not registered, and users do not get to them"},
	{"auto scaling group", "template", whatever, High, false, "instances started from now on are not as in the other region"},
	{"auto scaling group", settingVersion, whatever, High, true, "instances started from now on are not as declared"},
	{"auto scaling group", settingProtected, whatever, Medium, true, "a rollout waits for these instances, and the fleet does not shrink as in the other region"},
	{"auto scaling group", "instances' *", whatever, High, true, "instances run something else than in the other region"},
	{"auto scaling group", settingTags, whatever, High, true, "only its name" + tied},
	{"auto scaling group", "default cooldown", whatever, Medium, true, "the fleet scales sooner or later than in the other region"},
	{"auto scaling group", "termination policies", whatever, Medium, true, "the fleet shrinks by other instances than in the other region"},
	{"auto scaling group", "default instance warmup", whatever, Medium, true, "the fleet scales sooner or later than in the other region"},
	{"auto scaling group", "max instance lifetime", whatever, Medium, true, "instances go at another age than in the other region, or at none"},
	{"auto scaling group", settingMeasured, whatever, Low, true, "graphs of the fleet's sizes are missing in one region, or are of others"},
	{"auto scaling group", "new instances protected from scale in", whatever, Medium, true, "the fleet does not shrink as in the other region"},
	{"auto scaling group", "policy understudy-*", whatever, High, true, "the fleet does not grow with its users as the declaration asks"},
	{"auto scaling group", "policy *", whatever, High, false, "the fleet grows and shrinks by itself in one region only, or by another measure"},
	{"auto scaling group", "scheduled action *", whatever, High, false, "the fleet changes its size at some time in one region only"},
	{"auto scaling group", "", missing, Critical, true, "there are no instances to serve"},
	{"auto scaling group", "", extra, Low, false, "the other region has no such group"},
	{"auto scaling group", "*", whatever, Medium, false, "the fleet does not look after itself as in the other region"},
	{"quota", "*", whatever, Medium, false, "the standby may hold less than the primary"},

	{"record", "", missing, Critical, true, "Route 53 has nothing to fail over to, or nothing to fail over from"},
	{"record", "part", whatever, Critical, true, "users are at the standby now, and the loss of that region moves them to the wrong one"},
	{"record", "policy", whatever, Critical, true, "Route 53 sends users to the regions in another way than declared"},
	{"record", "points at", whatever, Critical, true, "users are sent elsewhere when Route 53 chooses this region"},
	{"record", "set identifier", whatever, High, true, "what knows the record by its name takes it for somebody else's"},
	{"record", "health check", whatever, Critical, true, "Route 53 judges this region by something else, or not at all"},
	{"record", "evaluate target health", whatever, High, true, "Route 53 does not see that this region's load balancer has no healthy target"},
	{"record", "*", whatever, High, false, "Route 53 answers with this region in another way than with the other"},
	{"health check", "inverted", whatever, Critical, true, "Route 53 takes this region for ill when it is well, and for well when it is ill"},
	{"health check", "disabled", whatever, Critical, true, "Route 53 takes this region for healthy whatever happens to it"},
	{"health check", "asks", whatever, Critical, true, "Route 53 judges this region by something else"},
	{"health check", "port", whatever, High, true, "Route 53 asks another port than users do"},
	{"health check", "resource path", whatever, High, true, "Route 53 asks something else than the declared health"},
	{"health check", "type", whatever, High, true, "Route 53 asks in another way than declared"},
	{"health check", "search string", whatever, High, true, "Route 53 looks for another text than the service answers when it is well"},
	{"health check", settingHeeds, whatever, High, true, "Route 53 judges this region by what its alarm was, or by other thresholds"},
	{"health check", "insufficient data health status", whatever, High, true,
		"without data of its alarm, Route 53 judges this region otherwise than the other one"},
	{"health check", "measure latency", whatever, Low, true, "the graphs of how long answers take are missing, or cost what nobody looks at"},
	{"health check", "request interval", whatever, Medium, true, "the loss of this region is found sooner or later than declared"},
	{"health check", "failure threshold", whatever, Medium, true, "the loss of this region is found sooner or later than declared"},
	{"health check", "checkers", whatever, Medium, true, "fewer places ask, so that trouble on the way to one of them weighs more"},
	{"health check", settingFound, whatever, Critical, false, "Route 53 does not send users here"},
	{"health check", settingTags, whatever, Low, true, "only its reference tells whose it is"},
	{"health check", "", missing, Critical, true, "Route 53 does not know whether this region is well"},
	{"health check", "*", whatever, High, false, "Route 53 judges the regions by different measures"},

	{"foreign record", "delegates*", whatever, Critical, false, "the name is answered by other servers: no failover of this zone is seen"},
	{"foreign record", "answers*", whatever, Critical, false, "users get its answers beside the pair's, and `up` stops at it"},
	{"foreign record", "*", whatever, High, false, "users who take this way are not moved by a failover"},

	{"", "*", whatever, Low, false, "the regions are not alike"},
}

func (r rule) fits(d *difference) bool {
	if r.kind != "" && r.kind != d.kind || r.shape != whatever && r.shape != d.shape() {
		return false
	}
	switch {
	case r.setting == "*":
		return true
	case strings.Contains(r.setting, "*"):
		return d.setting != "" && matches(r.setting, d.setting)
	}
	return r.setting == d.setting
}

// ruleOf returns the rule that judges a difference.
func ruleOf(d *difference) rule {
	for _, r := range rules {
		if r.fits(d) {
			if strings.HasPrefix(d.setting, settingTag) {
				r.severity, r.up, r.why = Low, d.expected != "" && !d.presumed, "what goes by tags, costs and permissions for one, differs"
			}
			r.up = r.up || d.ofDeclaredLog()
			return r
		}
	}
	return rules[len(rules)-1]
}

// ofDeclaredLog tells whether a load balancer is to keep a log. Without a declaration it is to keep none, and a person's is left alone.
func (d *difference) ofDeclaredLog() bool {
	log := strings.HasPrefix(d.setting, "attribute access_logs.") || strings.HasPrefix(d.setting, "attribute connection_logs.")
	return log && d.expected != "" && d.expected != "false" && !d.presumed
}
