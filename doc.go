// Package understudy declares a service that has an understudy: a second region that is the same as the
// first, watched by health checks, and put in front of users by DNS when the first region fails.
//
// This package holds the nouns that everybody shares and the reading of a declaration file. The work is
// done elsewhere: package account reaches AWS, package plan builds what is declared and takes it away
// again.
//
// # The declaration
//
// A declaration is a YAML file, understudy.yaml by custom. The shortest one that is whole:
//
//	name: hello
//	domain: hello.test
//	regions:
//	  primary:   {name: us-east-1, cidr: 10.10.0.0/16}
//	  secondary: {name: us-west-2, cidr: 10.20.0.0/16}
//	image:
//	  run: hello -addr :8080 &
//
// Everything else has a default:
//
//	regions: {primary: {weight: 100}, secondary: {weight: 100}}  # shares of the users, with routing weighted; the rest has no default
//	                                 # in place of a cidr, a network that is there, by ids or by tags:
//	                                 # regions.primary.network, regions.primary.network.vpc, regions.primary.network.vpc_tags,
//	                                 # regions.primary.network.public, regions.primary.network.public_tags,
//	                                 # regions.primary.network.private, regions.primary.network.private_tags
//	                                 # regions.secondary.network, regions.secondary.network.vpc, regions.secondary.network.vpc_tags,
//	                                 # regions.secondary.network.public, regions.secondary.network.public_tags,
//	                                 # regions.secondary.network.private, regions.secondary.network.private_tags
//	record: ""                       # below the domain; empty is the domain itself
//	zones: 2                         # of each region, or 3
//	egress: none                     # of private subnets; or nat, nat-per-zone, endpoints
//	                                 # of one region alone: regions.primary.egress, regions.secondary.egress
//	image:
//	  base:                          # the newest image of the first pattern that has any
//	    owners: [amazon]
//	    names: ["al2023-ami-2023.*-x86_64"]
//	  parameter: ""                  # of Parameter Store, in place of base
//	                                 # of each region: regions.primary.image, regions.secondary.image
//	  baked: true                    # or false: instances are of the image itself
//	  rebake: never                  # or weekly, monthly: if there is a newer base
//	  install: ""                    # run once, while the image is baked
//	instance:
//	  type: t3.micro                 # of one region alone: regions.primary.instance, regions.primary.instance.type,
//	                                 # regions.secondary.instance, regions.secondary.instance.type
//	  profile: {name: "", managed: [], policy: {}}  # an instance profile, or policies for one that is made
//	  metadata: required             # tokens (IMDSv2); or optional
//	  hop_limit: 0                   # of the metadata service's answers; 0 is as the image has it
//	  volume: {size: 0, type: "", encrypted: false, iops: 0, throughput: 0}  # the root; what is 0 or nothing is the image's
//	  key: ""                        # a key pair in both regions
//	  monitoring: basic              # or detailed
//	  user_data: ""                  # a script or cloud-config, once on each instance
//	  environment: {}                # of the run script: {COLOUR: green, PASSWORD: {parameter: /hello/password}}
//	hosts:                           # in the public subnets; what is empty is as instance has it, and the image is the one that is baked
//	  count: 2
//	  type: ""
//	  image: {owner: amazon, name: ""}
//	  key: ""
//	  user_data: ""
//	  ingress: []                    # {protocol: tcp, ports: 22, from: 192.0.2.0/24}, of the hosts alone
//	service: {port: 8080, health: /}
//	listener: {port: 80}
//	https:                           # with a certificate for each region
//	  certificates: {primary: "", secondary: ""}              # ARNs of ACM
//	  policy: ELBSecurityPolicy-TLS13-1-2-2021-06
//	  port: 443
//	  redirect: permanent            # of users at listener.port; or temporary, or none
//	fleet: {min: 2, desired: 2, max: 4, grace: 300,           # instances; seconds
//	  warm_up: 0, max_lifetime: 0, termination_policies: [Default], health_check: ELB, metrics: false,  # seconds, 0 is grace, and never; who goes first
//	  track: {cpu: 0, requests: 0},  # scale to keep percent of CPU, or requests to a target in a minute; 0 is not to
//	  refresh: {min_healthy: 100, max_healthy: 0, warm_up: 0, checkpoints: [], checkpoint_delay: 3600},  # percent; seconds; how instances are replaced
//	  scheduled: []}                 # other sizes at times: {name: morning, recurrence: "0 7 * * MON-FRI", timezone: Europe/Berlin, min: 4}
//	# the standby's alone, while it does not serve: regions.secondary.fleet.min, regions.secondary.fleet.desired, regions.secondary.fleet.max
//	failover:
//	  interval: 10                   # seconds between two probes
//	  threshold: 3                   # probes
//	  routing: failover              # or weighted, or latency: both regions serve
//	  rto: ""                        # what is promised: 3m
//	  check: {path: "", match: "", regions: [], latency: false,  # what checkers ask for: empty is service.health, any answer, all regions
//	    host: {primary: "", secondary: ""}, port: 0, protocol: ""}  # by the load balancers' names, where users connect, as they do
//	  checks: []                     # beside it: {path: /ready}, {port: 80, protocol: TCP}, {alarm: errors, no_data: last-known}
//	  healthy: 0                     # how many of them must be; 0 is all
//	  switch: standby                # the means of moves by hand; or none
//	  standby: {desired: 0}          # instances before users are moved there; 0 is as many as serve in the primary
//	  before: ""                     # commands around a move by hand
//	  after: ""
//	  hook_timeout: 1m
//	  failback: automatic            # or manual, or {after: 10m} of health
//	target: {interval: 5, timeout: 2, healthy: 2, unhealthy: 2,
//	  deregistration_delay: 10, matcher: "200",               # seconds, probes
//	  path: "", port: 0,             # of the probes; else the service's
//	  protocol: HTTP, check_protocol: HTTP, version: HTTP1,   # or HTTPS, HTTP2; of requests, and of the probes
//	  algorithm: round_robin, slow_start: 0,                  # or least_outstanding_requests; seconds
//	  stickiness: {duration: 0, cookie: ""}}                  # seconds, of the load balancer's cookie or the application's
//	target_groups: []                # further ones: {name: api, port: 8081, target: {path: /api/healthz}}, with the defaults of target
//	  # of a network load balancer: target.preserve_client_ip, target.connection_termination, target.proxy_protocol, target.stickiness.source_ip
//	balancer:
//	  kind: application              # or network
//	  idle_timeout: 60               # seconds
//	  http2: true
//	  drop_invalid_headers: false
//	  desync: defensive              # or strictest, monitor
//	  cross_zone: true
//	  deletion_protection: false
//	  access_logs: {primary: "", secondary: "", prefix: ""}       # buckets of each region
//	  connection_logs: {primary: "", secondary: "", prefix: ""}
//	rules: []                        # {path: [/old/*], redirect: {path: /new}}, {host: [a.hello.test], fixed: {status: 404}}
//	security:                        # beside what the service needs
//	  public_facing: {ingress: []}   # {protocol: tcp, ports: 22, from: 192.0.2.0/24}, of the load balancer and the hosts
//	  internal: {ingress: [], egress: []}  # of the fleet; {protocol: tcp, ports: 443, to: 0.0.0.0/0} is all that may go out then
//	listeners: []                    # further ports: {port: 8080, protocol: HTTP, redirect: …, fixed: …, rules: […]}, which may leave out all but the port
//	alarms:                          # of CloudWatch
//	  notify: {primary: [], secondary: []}  # topics of SNS in each region
//	  on: []                         # {alarm: errors, threshold: 0, period: 60, evaluation_periods: 0}; 0 is the alarm's own
//	tags: {}                         # on everything that is made
//	parity: {ignore: []}             # findings to pass over: {finding: PATTERN, reason: TEXT}
//	drill: {clients: cache, websocket: ""}  # who the users of drill and predict are: cache=80%,pool=20%, or usual
//
// How many instances a fleet has is declared for its creation only (desired); after that, scaling or a person
// decides, within min and max, which scheduled actions change.
//
// The scripts install and run are written in place, or named as file:PATH, relative to the declaration.
// Both run as root, by /bin/sh unless they begin with #!. The run script is called at every boot of
// every instance and must return: what is to go on is started in the background. It has the variables of
// instance.environment, texts and values of parameters of Parameter Store (docs/environment.md).
//
// A declaration is read strictly. Every mistake in it is reported at once, with its file, line and
// column, what was found there and what is allowed, before anything is touched.
package understudy
