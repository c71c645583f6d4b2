package endpoint

import "testing"

func TestNamesOfServices(t *testing.T) {
	for name, want := range map[string]string{
		"ec2.eu-west-1.amazonaws.com":                                "ec2.eu-west-1.amazonaws.com",
		"EC2.EU-West-1.amazonaws.com.":                               "ec2.eu-west-1.amazonaws.com",
		"elasticloadbalancing.us-east-1.amazonaws.com":               "elasticloadbalancing.us-east-1.amazonaws.com",
		"ssm.us-east-1.api.aws":                                      "ssm.us-east-1.api.aws",
		"sts-fips.us-east-1.amazonaws.com":                           "sts-fips.us-east-1.amazonaws.com",
		"sts.amazonaws.com":                                          "sts.amazonaws.com",
		"iam.amazonaws.com":                                          "iam.amazonaws.com",
		"route53.amazonaws.com":                                      "route53.amazonaws.com",
		"route53.global.api.aws":                                     "route53.global.api.aws",
		"route53-recovery-control-config.us-west-2.amazonaws.com":    "route53-recovery-control-config.us-west-2.amazonaws.com",
		"vpce-0a1b-c2d3.ec2.us-east-1.vpce.amazonaws.com":            "*.ec2.us-east-1.vpce.amazonaws.com",
		"vpce-0a1b-c2d3-us-east-1a.ec2.us-east-1.vpce.amazonaws.com": "*.ec2.us-east-1.vpce.amazonaws.com",
		"s3.us-east-1.amazonaws.com":                                 "",
		"ec2.nowhere-1.amazonaws.com":                                "",
		"ec2.us-east-1.amazonaws.com.cn":                             "",
		"iam.us-east-1.amazonaws.com":                                "",
		"monitoring.amazonaws.com":                                   "",
		"iam.api.aws":                                                "",
		"a.ec2.us-east-1.amazonaws.com":                              "",
		"ec2.us-east-1.vpce.amazonaws.com":                           "",
		"vpce-1.s3.us-east-1.vpce.amazonaws.com":                     "",
		"route53-recovery-control-config.us-east-1.amazonaws.com":    "",
		"amazonaws.com":                                              "",
		"xamazonaws.com":                                             "",
		"":                                                           "",
	} {
		if got := Certified(name); got != want {
			t.Errorf("%q is certified as %q, want %q", name, got, want)
		}
		if want != "" && want[0] == '*' && Public(name) || want != "" && want[0] != '*' && !Public(name) {
			t.Errorf("%q is public: %v", name, Public(name))
		}
	}
	for _, s := range Regional() {
		if name := InRegion(s, "us-east-1"); Certified(name) != name {
			t.Errorf("%q is not known", name)
		}
		if name := "vpce-1." + Private(s, "us-east-1"); !Known(name) {
			t.Errorf("%q is not known", name)
		}
	}
}
