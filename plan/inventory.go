package plan

import (
	"slices"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/fleet"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/role"
)

// region is what one region of a stack is made of, by name for those that need it.
type region struct {
	resource.Scope
	prefix            string // of its resources' names, in an earlier network
	zones             *network.Zones
	vpc               *network.VPC
	gateway           *network.Gateway
	subnets           []*network.Subnet // the public ones, then the private ones, each in the order of zones
	otherSubnets      []*network.Subnet // likewise those of zones that are not declared
	facing, within    *network.Group    // public-facing, internal
	hostGroup         *network.Group    // of the hosts alone
	hostImage         *machines.HostImage
	targetGroup       *balancing.TargetGroup
	balancer          *balancing.Balancer
	listener          *balancing.Listener
	redirect          *balancing.Listener
	template          *machines.Template
	hosts             []*machines.Host
	fleet             *fleet.Fleet
	targets           *fleet.Targets
	check             *failover.Check
	furtherChecks     []*failover.OwnCheck // the declared ones
	passing           *failover.Passing
	superseded        *superseded
	moved             *moved
	vpcNode           *node
	subnetNodes       []*node
	otherNodes        []*node // of the other subnets
	openNodes         []*node // what the public subnets need before anything in them is reached
	privateRoutes     []*node // those that are declared
	endpointNodes     []*node // those that are declared
	tables            []*network.Routes
	groupNodes        []*node
	hostGroupNode     *node
	image             *machines.Images
	imageNode         *node
	balancerNode      *node
	targetGroupNode   *node
	listenerNode      *node
	rulesNode         *node
	furtherNodes      []*node // listeners at further ports, and their rules
	groupsNodes       []*node // further target groups
	templateNode      *node
	hostNodes         []*node
	presetNode        *node
	fleetNode         *node
	healthNode        *node
	checkNode         *node
	furtherCheckNodes []*node // also what is left of others
	readyNodes        []*node // targets, and the handover of requests to them
	supersededNode    *node
	movedNode         *node
}

// inventory has all resources of a stack.
type inventory struct {
	graph    graph
	regions  map[understudy.Side]*region
	role     *role.Role
	roleNode *node
	image    *machines.Image // nil where none is baked
	zone     *failover.Zone
	records  *failover.Records

	recordsNode *node
	switchNodes map[understudy.Side][]*node // of each side, what follows its network
}

// takeInventory lists the resources of a declaration, and which of them need which.
func takeInventory(d *understudy.Declaration, accounts map[understudy.Side]*account.Account) *inventory {
	v := &inventory{regions: map[understudy.Side]*region{}}
	for _, side := range understudy.Sides {
		r := &region{Scope: resource.Scope{Account: accounts[side], Declared: d, Side: side}}
		v.regions[side] = r
		v.addNetwork(r)
		v.addGroups(r)
		v.addEndpoints(r)
	}
	v.addImages(d)
	v.addRole(resource.Scope{Account: accounts[understudy.Primary], Declared: d, Side: understudy.Global})
	for _, side := range understudy.Sides {
		v.addService(v.regions[side])
	}
	v.addNames(d, accounts)
	v.addAlarms()
	for _, side := range understudy.Sides {
		v.followAlarms(v.regions[side])
	}
	for _, side := range understudy.Sides {
		r := v.regions[side]
		if !r.Place().Given() { // where all are, and the stack is the neighbour
			v.graph.add(r.id("neighbours"), &neighbours{Scope: r.Scope, vpc: r.vpc, graph: &v.graph}, r.vpcNode)
		}
	}
	return v
}

func (r *region) id(name string) string { return string(r.Side) + "/" + r.prefix + name }

func (v *inventory) addNetwork(r *region) {
	if r.Place().Given() {
		v.addGiven(r)
		return
	}
	g := &v.graph
	r.zones = &network.Zones{Scope: r.Scope}
	r.vpc = &network.VPC{Scope: r.Scope}
	r.vpcNode = g.add(r.id("vpc"), r.vpc)
	r.gateway = &network.Gateway{Scope: r.Scope, VPC: r.vpc}
	gatewayNode := g.add(r.id("gateway"), r.gateway, r.vpcNode)
	v.addSubnets(r)
	public := &network.Routes{Scope: r.Scope, Role: network.PublicRoutes, VPC: r.vpc, Gateway: r.gateway, Subnets: r.public(),
		Elsewhere: slices.Concat(r.private(), r.otherSubnets), Going: r.otherSubnets}
	publicNode := g.add(r.id("public routes"), public, append(publicOf(r.subnetNodes), gatewayNode)...).finding(r.subnetNodes...)
	r.openNodes = []*node{publicNode}
	v.addWaysOut(r, gatewayNode)
}

func (v *inventory) addGroups(r *region) {
	d := r.Declared
	_, port := d.Entry()
	r.facing = &network.Group{Scope: r.Scope, Role: "public-facing", Purpose: "users to the load balancer", VPC: r.vpc, Port: port,
		Declares: d.Security.PublicFacing, Also: d.OpenPorts}
	facing := v.graph.add(r.id("public-facing group"), r.facing, r.vpcNode)
	r.within = &network.Group{Scope: r.Scope, Role: "internal", Purpose: "load balancer to the service", VPC: r.vpc, Port: d.Service.Port,
		Probed: d.Target.CheckPort(d.Service.Port), From: r.facing, Declares: d.Security.Internal}
	r.groupNodes = []*node{facing, v.graph.add(r.id("internal group"), r.within, facing).finding(r.vpcNode)}
	r.hostGroup = &network.Group{Scope: r.Scope, Role: "hosts", Purpose: "to the hosts", VPC: r.vpc, From: r.facing,
		Declares: understudy.Access{Ingress: d.Hosts.Ingress}}
	r.hostGroupNode = v.graph.add(r.id("hosts group"), asked(len(d.Hosts.Ingress) > 0, r.hostGroup), facing).finding(r.vpcNode)
}

// addImages bakes in the primary, in a public subnet so that an install script can fetch things, and
// copies to the secondary; or takes images as they are.
func (v *inventory) addImages(d *understudy.Declaration) {
	p, s := v.regions[understudy.Primary], v.regions[understudy.Secondary]
	digest := machines.DigestOf(d.Image, d.Origin(understudy.Primary))
	b := &machines.Builder{Scope: p.Scope, Subnet: p.subnets[0], Group: p.facing, Digest: digest}
	if !d.Image.Baked {
		for _, side := range understudy.Sides {
			r := v.regions[side]
			used := &machines.UsedImage{Images: machines.Images{Scope: r.Scope}}
			if side == understudy.Primary {
				used.Builder = b
			}
			r.image = &used.Images
			r.imageNode = v.graph.add(r.id("image"), used).finding()
		}
		return
	}
	v.image = &machines.Image{Images: machines.Images{Scope: p.Scope, Recipe: digest, Digest: digest}, Builder: b}
	p.image, p.imageNode = &v.image.Images, v.graph.add(p.id("image"), v.image, slices.Concat(p.openNodes, p.groupNodes[:1])...).finding()
	copied := &machines.ImageCopy{Images: machines.Images{Scope: s.Scope, Recipe: digest, Digest: digest}, Source: v.image}
	s.image, s.imageNode = &copied.Images, v.graph.add(s.id("image"), copied, p.imageNode).finding()
	s.imageNode.glances = []*node{p.imageNode}
}

// addService adds the load balancer and the instances behind and beside it.
func (v *inventory) addService(r *region) {
	v.addFront(r)
	r.rulesNode = v.graph.add(r.id("rules"), &balancing.Rules{Scope: r.Scope, Listener: r.listener}, r.listenerNode)
	r.template = &machines.Template{Scope: r.Scope, ImageID: func() string { return r.image.ID }, Root: func() string { return r.image.Root }, Group: r.within,
		Role: v.role}
	r.templateNode = v.graph.add(r.id("launch template"), r.template, r.imageNode, r.groupNodes[1], v.roleNode).finding(r.imageNode, r.groupNodes[1])
	v.addInstances(r)
	v.addReadiness(r)
}

// addRole adds the role of the instances, or what is left of one.
func (v *inventory) addRole(global resource.Scope) {
	v.role = &role.Role{Scope: global}
	var asDeclared resource.Resource = v.role
	if !global.Declared.RoleMade() {
		asDeclared = &retired{Resource: asDeclared}
	}
	v.roleNode = v.graph.add("global/instance role", asDeclared)
}

// addFront adds the load balancer, and where it sends requests.
func (v *inventory) addFront(r *region) {
	g := &v.graph
	r.targetGroup = &balancing.TargetGroup{Scope: r.Scope, VPC: r.vpc}
	r.targetGroupNode = g.add(r.id("target group"), r.targetGroup, r.vpcNode)
	g.after(r.targetGroupNode, r.groupNodes[1]) // what it probes is open by then
	v.addFurtherGroups(r)
	r.within.Also = func() []int { return slices.Concat(r.Declared.Asked(), r.targetGroup.EarlierPorts(), r.probedBefore()) }
	r.balancer = &balancing.Balancer{Scope: r.Scope, VPC: r.vpc, Subnets: r.public(), Group: r.facing}
	r.balancerNode = g.add(r.id("load balancer"), r.balancer, slices.Concat(r.openNodes, r.groupNodes[:1])...).finding(r.vpcNode)
	r.listener = &balancing.Listener{Scope: r.Scope, Balancer: r.balancer, Group: r.targetGroup}
	r.listenerNode = g.add(r.id("listener"), r.listener, slices.Concat([]*node{r.balancerNode, r.targetGroupNode}, r.groupsNodes)...).finding(r.balancerNode)
	v.addRedirect(r)
	v.addFurther(r)
}

// addInstances adds those beside the load balancer, and the fleet behind it.
func (v *inventory) addInstances(r *region) {
	g := &v.graph
	v.addHosts(r)
	r.fleet = &fleet.Fleet{Scope: r.Scope, Template: r.template, Group: r.targetGroup, Subnets: r.private()}
	reads := slices.Concat(privateOf(r.subnetNodes), r.groupsNodes, []*node{r.templateNode, r.targetGroupNode})
	needs := slices.Concat(r.privateRoutes, r.endpointNodes, reads, []*node{r.groupNodes[1]})
	r.fleetNode = g.add(r.id("fleet"), r.fleet, with(needs...)...).finding(with(reads...)...)
}

// with leaves out what is not there: a network that is to go alone has no launch template.
func with(nodes ...*node) []*node {
	return slices.DeleteFunc(nodes, func(n *node) bool { return n == nil })
}

// addReadiness adds what is waited for until the instances serve, and what follows then.
func (v *inventory) addReadiness(r *region) {
	g := &v.graph
	r.targets = &fleet.Targets{Scope: r.Scope, Group: r.targetGroup, Fleet: r.fleet}
	r.readyNodes = append(r.readyNodes, g.add(r.id("targets"), r.targets,
		slices.Concat([]*node{r.fleetNode, r.listenerNode, r.rulesNode}, r.furtherNodes)...). // a target is asked once something forwards to its group
		finding(append(r.groupsNodes[:len(r.groupsNodes):len(r.groupsNodes)], r.fleetNode, r.targetGroupNode)...))
	r.readyNodes = append(r.readyNodes, g.add(r.id("handover"), &balancing.Handover{Scope: r.Scope, Listener: r.listener}, r.readyNodes[0]).finding())
	v.addTracking(r)
	v.addScheduled(r)
	r.presetNode = g.add(r.id("default version"), &machines.Preset{Scope: r.Scope, Template: r.template}, r.readyNodes...).finding()
}

// addNames adds what is in Route 53. Health checks are made when the service runs: a check that begins with
// failures becomes healthy only after as many successes as its threshold.
func (v *inventory) addNames(d *understudy.Declaration, accounts map[understudy.Side]*account.Account) {
	g := &v.graph
	global := resource.Scope{Account: accounts[understudy.Primary], Declared: d, Side: understudy.Global}
	v.zone = &failover.Zone{Scope: global}
	zoneNode := g.add("global/zone", v.zone)
	needs := []*node{zoneNode}
	v.records = &failover.Records{Scope: global, Zone: v.zone, Balancers: map[understudy.Side]*balancing.Balancer{}, Checks: map[understudy.Side]*failover.Check{},
		Groups: map[understudy.Side]*balancing.TargetGroup{}}
	for _, side := range understudy.Sides {
		r := v.regions[side]
		r.check = &failover.Check{Scope: r.Scope, Balancer: r.balancer, Fleet: r.fleet}
		r.checkNode = g.add(r.id("health check"), r.check, append(r.readyNodes, r.balancerNode)...).finding(r.balancerNode)
		v.addFurtherChecks(r)
		needs = append(needs, r.checkNode)
		v.records.Balancers[side], v.records.Checks[side], v.records.Groups[side] = r.balancer, r.check, r.targetGroup
	}
	checks := slices.Clone(needs[1:])
	for _, side := range understudy.Sides {
		r := v.regions[side]
		r.passing = &failover.Passing{Scope: r.Scope, Check: r.check, Further: r.furtherChecks}
	}
	v.recordsNode = g.add("global/records", v.records, append(needs, v.addSwitch(d)...)...).finding(v.withBalancers(zoneNode)...)
	after := []*node{v.recordsNode}
	for _, side := range understudy.Sides {
		r := v.regions[side]
		r.healthNode = g.add(r.id("health"), r.passing, append([]*node{r.checkNode}, r.furtherCheckNodes...)...)
		after = append(after, r.healthNode)
		v.addSuperseded(r, zoneNode)
		r.moved = &moved{Scope: r.Scope, region: r, linger: DefaultLinger,
			records: &failover.Records{Scope: global, Zone: v.zone, Balancers: v.records.Balancers}}
		r.movedNode = g.add(r.id("earlier network"), r.moved, r.healthNode).finding(r.vpcNode)
	}
	g.add("global/earlier names", &failover.Earlier{Scope: global, Zone: v.zone, Checks: v.records.Checks}, after...).
		finding(append(checks, zoneNode)...)
}

// addSuperseded adds what takes an earlier generation away.
func (v *inventory) addSuperseded(r *region, zoneNode *node) {
	g := &v.graph
	a := &failover.Alias{Scope: r.Scope, Group: r.targetGroup, Records: &failover.Records{Scope: v.records.Scope, Zone: v.zone, Balancers: v.records.Balancers}}
	aliasNode := g.add(r.id("alias"), a, r.targetGroupNode, zoneNode).finding(v.withBalancers(r.targetGroupNode, zoneNode)...)
	g.after(r.listenerNode, aliasNode)
	r.superseded = &superseded{r.Scope, r.listener, r.targetGroup, r.fleet, r.within, a, r.probedBefore}
	r.supersededNode = g.add(r.id("earlier service"), r.superseded, r.healthNode, r.listenerNode, aliasNode).finding()
	g.after(r.supersededNode, append(r.furtherNodes, r.rulesNode)...) // what still forwards to the earlier target group is gone by then
}

// withBalancers adds the nodes of both load balancers, by whose names records are known.
func (v *inventory) withBalancers(others ...*node) []*node {
	for _, side := range understudy.Sides {
		others = append(others, v.regions[side].balancerNode)
	}
	return others
}
