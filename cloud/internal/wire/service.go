package wire

import (
	"embed"
	"net/http"
)

//go:embed tables/*.txt
var tables embed.FS

type protocol int

const (
	ec2Query protocol = iota
	awsQuery
	restXML
	restJSON
	json10 // AWS JSON 1.0
	json11 // AWS JSON 1.1
)

// Service is one AWS API.
type Service struct {
	// SigningName is the service in a credential scope: "ec2", "elasticloadbalancing".
	SigningName string
	// Version is the API's version, a date.
	Version string

	namespace string
	// shapeSpace is the name space of the model's shapes, in errors' __type.
	shapeSpace string
	protocol   protocol // that of the model, whose rules name the members
	codecs     []codec  // in the order in which they look at a request
	table      *table
}

// The services whose wire names are known.
var (
	EC2   = newService("ec2", "ec2", "2016-11-15", "http://ec2.amazonaws.com/doc/2016-11-15/", ec2Query, ec2Codec{})
	ELBv2 = newService("elasticloadbalancing", "elbv2", "2015-12-01", "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/", awsQuery, queryCodec{})
	// Classic load balancers, whose API has the same signing name and another version.
	ELB         = newService("elasticloadbalancing", "elb", "2012-06-01", "http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/", awsQuery, queryCodec{})
	AutoScaling = newService("autoscaling", "autoscaling", "2011-01-01", "http://autoscaling.amazonaws.com/doc/2011-01-01/", awsQuery, queryCodec{})
	Route53     = newService("route53", "route53", "2013-04-01", "https://route53.amazonaws.com/doc/2013-04-01/", restXML, restXMLCodec{})
	IAM         = newService("iam", "iam", "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/", awsQuery, queryCodec{})
	STS         = newService("sts", "sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/", awsQuery, queryCodec{})
	// CloudWatch's model is of AWS query, which its older clients speak; newer ones speak JSON or CBOR.
	CloudWatch = newCloudWatch()
	// Application Recovery Controller has an API for its clusters, panels, routing controls and safety
	// rules, and one for the states of routing controls, which its clusters answer.
	RecoveryControl = newService("route53-recovery-control-config", "recoverycontrol", "2020-11-02", "", restJSON, restJSONCodec{})
	RecoveryCluster = newService("route53-recovery-cluster", "recoverycluster", "2019-12-02", "", json10, jsonCodec{})
	// Systems Manager, of which a cloud has the Parameter Store.
	SSM = newService("ssm", "ssm", "2014-11-06", "", json11, json11Codec{})
	// Service Quotas, which tells the quotas of the other services.
	ServiceQuotas = newService("servicequotas", "servicequotas", "2019-06-24", "", json11, json11Codec{})
	// Certificate Manager.
	ACM = newService("acm", "acm", "2015-12-08", "", json11, json11Codec{})
	// Zonal shift of Application Recovery Controller, which each region has.
	ZonalShift = newService("arc-zonal-shift", "zonalshift", "2022-10-30", "", restJSON, restJSONCodec{})
	// SNS words its refusals itself, as does EC2.
	SNS = newService("sns", "sns", "2010-03-31", "http://sns.amazonaws.com/doc/2010-03-31/", awsQuery, queryCodec{})
)

func newCloudWatch() *Service {
	const namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/"
	s := newService("monitoring", "cloudwatch", "2010-08-01", namespace, awsQuery, cborCodec{}, jsonCodec{}, queryCodec{})
	s.shapeSpace = "com.amazonaws.cloudwatch.v2010_08_01"
	return s
}

// Services lists them all.
var Services = []*Service{
	EC2, ELBv2, ELB, AutoScaling, Route53, IAM, STS, CloudWatch, SSM, ServiceQuotas, ACM, ZonalShift, SNS, RecoveryControl, RecoveryCluster,
}

func newService(signing, file, version, namespace string, p protocol, codecs ...codec) *Service {
	return &Service{SigningName: signing, Version: version, namespace: namespace, protocol: p, codecs: codecs, table: &table{file: file}}
}

// String is the signing name, and the version where the usual one of that name is another.
func (s *Service) String() string {
	if ServiceNamed(s.SigningName) != s {
		return s.SigningName + " " + s.Version
	}
	return s.SigningName
}

// asked returns the service of the same signing name whose version a request has, and s where it has none or no service's.
func (s *Service) asked(r *http.Request) *Service {
	if s != ELBv2 { // all others have one version
		return s
	}
	if form, err := readForm(r); err == nil && form.Get("Version") == ELB.Version {
		return ELB
	}
	return s
}

// ServiceNamed returns the service with this signing name, or nil: of two versions the newer.
func ServiceNamed(signing string) *Service {
	for _, s := range Services {
		if s.SigningName == signing {
			return s
		}
	}
	return nil
}

// Global tells the services that have no regions: IAM, Route 53, and Application Recovery Controller, whose configuration
// AWS has in us-west-2 alone and whose clusters answer in five regions. Their process is not any region's, so that the
// loss of one must not take them along.
func (s *Service) Global() bool {
	return s == IAM || s == Route53 || s == RecoveryControl || s == RecoveryCluster
}

// Operations lists the names of all the operations that AWS's model of the service has.
func (s *Service) Operations() []string { return s.table.operations() }
