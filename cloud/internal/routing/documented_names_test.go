package routing

const (
	starPage   = "DomainNameFormat#domain-name-format-asterisk"
	formatPage = "DomainNameFormat#domain-name-format-hosted-zones"
	aliasPage  = "resource-record-sets-choosing-alias-non-alias"
	star       = `
		*.hello.test. A 192.0.2.1
		acme A 192.0.2.2`
	// The zone of RFC 4592, 2.2.1, less what Route 53 does not have.
	rfc4592 = `
		*.hello.test. TXT "this is a wildcard"
		*.hello.test. MX 10 host1.hello.test.
		sub.*.hello.test. TXT "this is not a wildcard"
		host1 A 192.0.2.1
		_ssh._tcp.host1 SRV 0 0 22 host1.hello.test.
		_ssh._tcp.host2 SRV 0 0 22 host2.hello.test.
		subdel NS ns.hello.example., ns.example.net.`
	delegation = `
		acme NS ns1.acme.hello.test., ns.example.net.
		ns1.acme A 192.0.2.53
		ns1.acme AAAA 2001:db8::53
		www.acme A 192.0.2.80
		acme DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef`
)

var documentedNames = []documented{
	{starPage, "names at the wildcard's level", star, "", "", "zenith A", "192.0.2.1"},
	{starPage, "names at any depth below", star, "", "", "pinnacle.acme2.zenith A", "192.0.2.1"},
	{starPage, "specific names take precedence", star, "", "", "acme A", "192.0.2.2"},
	{starPage, "specific names take precedence for every type", star, "", "", "acme AAAA", "NOERROR SOA"},
	{starPage, "the wildcard's own name", star, "", "", "*.hello.test. A", "192.0.2.1"},
	{starPage, "the wildcard has no such type", star, "", "", "zenith AAAA", "NOERROR SOA"},
	{starPage, "not the name above", "*.sub A 192.0.2.1", "", "", "other A", "NXDOMAIN SOA"},
	{starPage, "* elsewhere is a character", "prod.*.hello.test. A 192.0.2.1", "", "", "prod.any A", "NOERROR SOA"}, // *.hello.test exists, without data
	{starPage, "* elsewhere is a character: asked for", "prod.*.hello.test. A 192.0.2.1", "", "", "prod.*.hello.test. A", "192.0.2.1"},
	{starPage, "a wildcard alias to the domain's record", `
		@ A 192.0.2.1
		*.hello.test. A -> @`, "", "", "zenith A", "192.0.2.1"},
	{starPage, "wildcards may have a routing policy", `
		*.hello.test. A 192.0.2.1 | primary check=p
		*.hello.test. A 192.0.2.2 | secondary`, "p", "", "any A", "192.0.2.2"},
	{starPage, "wildcard CNAME", `
		*.hello.test. CNAME www.hello.test.
		www A 192.0.2.1`, "", "", "any A", "192.0.2.1 www.hello.test."},
	{formatPage, "letters' case", "www A 192.0.2.1", "", "", "WwW.hElLo.TEST. A", "192.0.2.1"},
	{formatPage, "escapes in octal", `ex\344mple A 192.0.2.1`, "", "", `ex\228mple A`, "192.0.2.1"},
	{formatPage, "an escaped wildcard is one", `\052.hello.test. A 192.0.2.1`, "", "", "any A", "192.0.2.1"},
	{formatPage, "an escaped letter is that letter", `\141bc A 192.0.2.1`, "", "", "abc A", "192.0.2.1"},
	{formatPage, "an escaped capital letter is stored small", `\101bc A 192.0.2.1`, "", "", "abc A", "192.0.2.1"},
	{formatPage, "an escaped dot is no delimiter", `a\056b A 192.0.2.1`, "", "", `a\.b A`, "192.0.2.1"},
	{formatPage, "an escaped dot is no delimiter: two labels", `a\056b A 192.0.2.1`, "", "", "a.b A", "NXDOMAIN SOA"},
	{formatPage, "a space", `a\040b A 192.0.2.1`, "", "", `a\032b A`, "NXDOMAIN SOA"},
	{formatPage, "a space as it comes from the wire", `a\040b A 192.0.2.1`, "", "", `a\ b A`, "192.0.2.1"},
	{formatPage, "an underscore", "_tcp A 192.0.2.1", "", "", "_tcp A", "192.0.2.1"},

	{aliasPage, "an alias answers as its target", `
		@ A -> www
		www A 192.0.2.1`, "", "", "", "192.0.2.1"},
	{aliasPage, "an alias only where the type matches", `
		@ A -> www
		www A 192.0.2.1
		www AAAA 2001:db8::1`, "", "", "@ AAAA", "NOERROR SOA"},
	{aliasPage, "a CNAME whatever the type", `
		www CNAME web.hello.test.
		web AAAA 2001:db8::1`, "", "", "www AAAA", "2001:db8::1 web.hello.test."},
	{aliasPage, "a CNAME is visible, its target elsewhere is not followed", "www CNAME example.com.", "", "", "www A", "example.com."},
	{aliasPage, "a CNAME asked for itself", `
		www CNAME web.hello.test.
		web A 192.0.2.1`, "", "", "www CNAME", "web.hello.test."},
	{aliasPage, "an alias to a CNAME, off the apex", `
		www CNAME -> web
		web CNAME example.com.`, "", "", "www A", "example.com."},
	{aliasPage, "an alias at the apex", "@ A -> lb1", "", "", "", pAddr},
	{aliasPage, "alias to alias", `
		@ A -> one
		one A -> two
		two A 192.0.2.1`, "", "", "", "192.0.2.1"},
	{"routing-to-elb-load-balancer", "dualstack: IPv4", "@ A -> lb1", "", "", "", pAddr},
	{"routing-to-elb-load-balancer", "dualstack: an IPv6 question of a load balancer with IPv4 alone", "@ AAAA -> lb1", "", "", "@ AAAA", "NOERROR SOA"},

	{"SOA-NSrecords#SOArecords", "a name that does not exist: NXDOMAIN with SOA", "@ A 192.0.2.1", "", "", "none A", "NXDOMAIN SOA"},
	{"SOA-NSrecords#SOArecords", "a type that does not exist: no error with SOA", "@ A 192.0.2.1", "", "", "@ MX", "NOERROR SOA"},
	{"SOA-NSrecords#SOArecords", "the SOA asked for", "", "", "", "@ SOA", soa},

	{"RFC4592 2.2.1", "host3 MX", rfc4592, "", "", "host3 MX", "10 host1.hello.test."},
	{"RFC4592 2.2.1", "host3 A", rfc4592, "", "", "host3 A", "NOERROR SOA"},
	{"RFC4592 2.2.1", "foo.bar TXT", rfc4592, "", "", "foo.bar TXT", `"this is a wildcard"`},
	{"RFC4592 2.2.1", "host1 MX, because host1 exists", rfc4592, "", "", "host1 MX", "NOERROR SOA"},
	{"RFC4592 2.2.1", "sub.* MX, because it exists", rfc4592, "", "", "sub.*.hello.test. MX", "NOERROR SOA"},
	{"RFC4592 2.2.1", "_telnet._tcp.host1 SRV, because _tcp.host1 exists without data", rfc4592, "", "", "_telnet._tcp.host1 SRV", "NXDOMAIN SOA"},
	{"RFC4592 2.2.1", "host.subdel A, because subdel is a zone cut", rfc4592, "", "", "host.subdel A", "NOERROR NS"},
	{"RFC4592 2.2.1", "ghost.* MX, because *.hello.test exists", rfc4592, "", "", "ghost.*.hello.test. MX", "NXDOMAIN SOA"},
	{"RFC8020 2", "an empty non-terminal exists", rfc4592, "", "", "_tcp.host1 SRV", "NOERROR SOA"},
	{"RFC8020 2", "an empty non-terminal above one", rfc4592, "", "", "host2 A", "NOERROR SOA"},
	{"RFC8482 4.1", "ANY gets one set of records", `
		@ A 192.0.2.1
		@ TXT "text"`, "", "", "@ ANY", "192.0.2.1"},
	{"RFC8482 4.1", "ANY of a name that does not exist", "@ A 192.0.2.1", "", "", "none ANY", "NXDOMAIN SOA"},
	{"RFC6604 3", "the response code is of the chain's last name", "www CNAME none.hello.test.", "", "", "www A", "none.hello.test. SOA"},
	{"RFC1034 4.3.2", "a chain of CNAMEs", `
		a CNAME b.hello.test.
		b CNAME c.hello.test.
		c A 192.0.2.1`, "", "", "a A", "192.0.2.1 b.hello.test. c.hello.test."},
	{"RFC1034 4.3.2", "a loop of CNAMEs ends", `
		a CNAME b.hello.test.
		b CNAME a.hello.test.`, "", "", "a A", "SERVFAIL"},

	{"dns-routing-traffic-for-subdomains", "a subdomain's servers, with the addresses that the zone has", delegation, "", "", "any.acme A", "NOERROR NS 192.0.2.53 2001:db8::53"},
	{"dns-routing-traffic-for-subdomains", "the subdomain itself", delegation, "", "", "acme A", "NOERROR NS 192.0.2.53 2001:db8::53"},
	{"dns-routing-traffic-for-subdomains", "the subdomain's NS are a referral too", delegation, "", "", "acme NS", "NOERROR NS 192.0.2.53 2001:db8::53"},
	{"dns-routing-traffic-for-subdomains", "records below the cut are not the zone's", delegation, "", "", "www.acme A", "NOERROR NS 192.0.2.53 2001:db8::53"},
	{"RFC4035 3.1.4.1", "DS at the cut is the parent's", delegation, "", "", "acme DS", "12345 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"},
	{"RFC4035 3.1.4.1", "DS at the cut where there is none", "acme NS ns.example.net.", "", "", "acme DS", "NOERROR SOA"},
	{"RFC4035 3.1.4.1", "DS below the cut is the child's", delegation, "", "", "www.acme DS", "NOERROR NS 192.0.2.53 2001:db8::53"},
}

const typesOfRecords = "ResourceRecordTypes"

const everyType = `
	@ A 192.0.2.1
	@ AAAA 2001:0db8:85a3:0:0:8a2e:0370:7334
	@ CAA 0 issue "ca.example.net"
	www CNAME example.com.
	sub DS 123 4 5 1234567890abcdef1234567890abcdef12345678
	@ HTTPS 1 . alpn="h2,h3"
	@ MX 10 mail.example.com.
	@ NAPTR 100 50 "u" "E2U+sip" "!^(.*)$!sip:info@example.com!" .
	@ NS ns-1.awsdns-01.com., ns-2.awsdns-02.net.
	1 PTR hostname.example.com.
	@ SPF "v=spf1 ip4:192.168.0.1/16 -all"
	_sip SRV 10 5 80 hostname.example.com.
	@ SSHFP 1 1 09f6a01d2175742b257c6b98b7c72c44c4040683
	@ SVCB 16 foo.example.com. port=53
	_443._tcp TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
	@ TXT "Sample text", "with \\ and \" and \0101", "two" "strings"`

var documentedTypes = []documented{
	{typesOfRecords + "#AFormat", "A", everyType, "", "", "@ A", "192.0.2.1"},
	{typesOfRecords + "#AAAAFormat", "AAAA", everyType, "", "", "@ AAAA", "2001:db8:85a3::8a2e:370:7334"},
	{typesOfRecords + "#CAAFormat", "CAA", everyType, "", "", "@ CAA", `0 issue "ca.example.net"`},
	{typesOfRecords + "#CNAMEFormat", "CNAME", everyType, "", "", "www CNAME", "example.com."},
	{typesOfRecords + "#DSFormat", "DS", everyType, "", "", "sub DS", "123 4 5 1234567890ABCDEF1234567890ABCDEF12345678"},
	{typesOfRecords + "#HTTPSFormat", "HTTPS", everyType, "", "", "@ HTTPS", `1 . alpn="h2,h3"`},
	{typesOfRecords + "#MXFormat", "MX", everyType, "", "", "@ MX", "10 mail.example.com."},
	{typesOfRecords + "#NAPTRFormat", "NAPTR", everyType, "", "", "@ NAPTR", `100 50 "u" "E2U+sip" "!^(.*)$!sip:info@example.com!" .`},
	{typesOfRecords + "#NSFormat", "NS", everyType, "", "", "@ NS", "ns-1.awsdns-01.com. ns-2.awsdns-02.net."},
	{typesOfRecords + "#PTRFormat", "PTR", everyType, "", "", "1 PTR", "hostname.example.com."},
	{typesOfRecords + "#SOAFormat", "SOA", everyType, "", "", "@ SOA", soa},
	{typesOfRecords + "#SPFFormat", "SPF", everyType, "", "", "@ SPF", `"v=spf1 ip4:192.168.0.1/16 -all"`},
	{typesOfRecords + "#SRVFormat", "SRV", everyType, "", "", "_sip SRV", "10 5 80 hostname.example.com."},
	{typesOfRecords + "#SSHFPFormat", "SSHFP", everyType, "", "", "@ SSHFP", "1 1 09F6A01D2175742B257C6B98B7C72C44C4040683"},
	{typesOfRecords + "#SVCBFormat", "SVCB", everyType, "", "", "@ SVCB", `16 foo.example.com. port="53"`},
	{typesOfRecords + "#TLSAFormat", "TLSA", everyType, "", "", "_443._tcp TLSA", "3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
	{typesOfRecords + "#TXTFormat", "TXT", `@ TXT "Sample text", "two" "strings"`, "", "", "@ TXT", `"Sample text" "two" "strings"`},
	{typesOfRecords + "#TXTFormat", "TXT with a quotation mark", `@ TXT "a \" mark"`, "", "", "@ TXT", `"a \" mark"`},
	{typesOfRecords + "#TXTFormat", "TXT with an octal escape: ä", `@ TXT "\344"`, "", "", "@ TXT", `"\228"`},
	{typesOfRecords + "#TXTFormat", "TXT with an octal escape: a letter", `@ TXT "\101"`, "", "", "@ TXT", `"A"`},
}

// A zone of each kind of one name and others about it.
const manyZones = `
	@ A 192.0.2.1
	seattle.accounting A 192.0.2.2
	only A 192.0.2.3
	zone hello.test. private us-east-1/vpc-1
	@ A 10.0.0.1
	zone accounting.hello.test. private us-east-1/vpc-2 eu-west-1/vpc-3
	@ A 10.0.0.2
	zone sub.hello.test.
	@ A 192.0.2.4
	zone sub.hello.test. private us-east-1/vpc-2
	@ A 10.0.0.4`

const privatePage = "hosted-zone-private-considerations"

var documentedZones = []documented{
	{privatePage, "public, asked from outside", manyZones, "", "", "@ A", "192.0.2.1"},
	{privatePage, "private wins over public for its VPC", manyZones, "", "vpc us-east-1/vpc-1", "@ A", "10.0.0.1"},
	{privatePage, "private is not another VPC's", manyZones, "", "vpc us-east-1/vpc-9", "@ A", "192.0.2.1"},
	{privatePage, "VPCs of one id in another region are others", manyZones, "", "vpc eu-west-1/vpc-1", "@ A", "192.0.2.1"},
	{privatePage, "a private zone without the record: NXDOMAIN, not the public one's", manyZones, "", "vpc us-east-1/vpc-1", "only A", "NXDOMAIN SOA"},
	{privatePage, "a parent's private zone matches the name below", manyZones, "", "vpc us-east-1/vpc-1", "seattle.accounting A", "NXDOMAIN SOA"},
	{privatePage, "a private zone below a public one", manyZones, "", "vpc us-east-1/vpc-2", "accounting A", "10.0.0.2"},
	{privatePage, "several VPCs of one zone", manyZones, "", "vpc eu-west-1/vpc-3", "accounting A", "10.0.0.2"},
	{privatePage, "a private zone below a public one, from outside", manyZones, "", "", "accounting A", "NOERROR SOA"},
	{privatePage, "beside its private zone a VPC sees the public", manyZones, "", "vpc us-east-1/vpc-2", "@ A", "192.0.2.1"},
	{privatePage, "public and private of one subdomain", manyZones, "", "vpc us-east-1/vpc-2", "sub A", "10.0.0.4"},
	{"hosted-zones-private", "a private zone is not to be seen from outside", `
		zone inside.test. private us-east-1/vpc-1
		@ A 10.0.0.1`, "", "", "inside.test. A", "REFUSED"},
	{"RFC1034 4.3.2", "the zone of the longest name", manyZones, "", "", "sub A", "192.0.2.4"},
	{"RFC1034 4.3.2", "the zone of the longest name: below", manyZones, "", "", "any.sub A", "NXDOMAIN SOA"},
	{"RFC8499 6", "a zone that is not held: refused", manyZones, "", "", "example.com. A", "REFUSED"},
	{"RFC4035 3.1.4.1", "DS of a zone whose parent is held: the parent's", manyZones, "", "", "sub DS", "NXDOMAIN SOA"},
}
