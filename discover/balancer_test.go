package discover

import "testing"

func TestRegionIsReadFromALoadBalancersName(t *testing.T) {
	for name, want := range map[string]string{
		"web-1234567890.us-east-1.elb.amazonaws.com":               "us-east-1",
		"internal-web-1234567890.ap-northeast-1.elb.amazonaws.com": "ap-northeast-1",
		"net-0123456789abcdef.elb.eu-west-1.amazonaws.com":         "eu-west-1",
		"web-1.cn-north-1.elb.amazonaws.com.cn":                    "cn-north-1",
		"www.example.com":                                          "",
	} {
		if got := RegionOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
