package machine

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// asker asks the service as one of two instances: 10.0.1.23 needs tokens, 10.0.1.24 does not.
type asker struct {
	t       *testing.T
	handler http.Handler
}

func newAsker(t *testing.T) asker {
	documents := map[netip.Addr]Document{}
	first := Document{
		AccountID: "123456789012", InstanceID: testID, ImageID: "ami-0123456789abcdef0", InstanceType: "t3.micro", Region: "us-east-1",
		Zone: "us-east-1a", PrivateName: "ip-10-0-1-23.ec2.internal", PrivateIP: netip.MustParseAddr("10.0.1.23"),
		PublicIP: netip.MustParseAddr("198.51.100.7"), PublicName: "ec2-198-51-100-7.compute-1.amazonaws.com",
		Devices: []Device{
			{MAC: "02:00:0a:00:01:17", Interface: "eni-1", Addresses: [][2]string{{"10.0.1.23", "198.51.100.7"}, {"10.0.1.33", ""}},
				IPv6: []netip.Addr{netip.MustParseAddr("2001:db8:100::7"), netip.MustParseAddr("2001:db8:100::8")}, SubnetIPv6: netip.MustParsePrefix("2001:db8:100::/64")},
			{Number: 1, MAC: "02:00:0a:00:02:17", Interface: "eni-2", Addresses: [][2]string{{"10.0.2.23", ""}}},
		},
		VPCIPv6: []netip.Prefix{netip.MustParsePrefix("2001:db8:100::/56")}, Groups: []string{"internal", "public"}, UserData: []byte("#!/bin/sh\n"),
		ProfileARN: "arn:aws:iam::123456789012:instance-profile/web", ProfileID: "AIPA1",
		Tags: map[string]string{"Name": "one", "tier": "web"}, TokensRequired: true, KeyName: "mine", PublicKey: "ssh-ed25519 AAAA mine",
	}
	second := first
	second.InstanceID, second.PrivateIP, second.TokensRequired = "i-0fedcba9876543210", netip.MustParseAddr("10.0.1.24"), false
	second.ProfileARN = ""
	second.UserData, second.Tags, second.PublicIP, second.PublicName, second.PublicKey = nil, nil, netip.Addr{}, "", ""
	third := first
	third.PrivateIP, third.Disabled = netip.MustParseAddr("10.0.1.25"), true
	for _, d := range []Document{first, second, third} {
		documents[d.PrivateIP] = d
	}
	return asker{t, NewMetadata(func(a netip.Addr) (Document, bool) { d, ok := documents[a]; return d, ok })}
}

func (a asker) ask(method, from, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = from + ":40000"
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w
}

func (a asker) token(from, seconds string) string {
	a.t.Helper()
	w := a.ask("PUT", from, "/latest/api/token", ttlHeader, seconds)
	if w.Code != 200 || w.Header().Get(ttlHeader) != seconds {
		a.t.Fatalf("no token: %d %v", w.Code, w.Header())
	}
	return w.Body.String()
}

func TestMetadataTree(t *testing.T) {
	a := newAsker(t)
	token := a.token("10.0.1.23", "60")
	for path, want := range map[string]string{
		"/latest/":                                   "dynamic\nmeta-data\nuser-data",
		"/latest/meta-data/instance-id":              testID,
		"/2021-03-23/meta-data/placement/region":     "us-east-1",
		"/latest/meta-data/placement/":               "availability-zone\nregion",
		"/latest/meta-data/placement":                "availability-zone\nregion",
		"/latest/meta-data/public-ipv4":              "198.51.100.7",
		"/latest/meta-data/security-groups":          "internal\npublic",
		"/latest/meta-data/network/interfaces/macs/": "02:00:0a:00:01:17/\n02:00:0a:00:02:17/",
		"/latest/meta-data/network/interfaces/macs/02:00:0a:00:01:17/local-ipv4s":             "10.0.1.23\n10.0.1.33",
		"/latest/meta-data/network/interfaces/macs/02:00:0a:00:01:17/public-ipv4s":            "198.51.100.7",
		"/latest/meta-data/network/interfaces/macs/02:00:0a:00:02:17/device-number":           "1",
		"/latest/meta-data/tags/instance/":                                                    "Name\ntier",
		"/latest/meta-data/tags/instance/Name":                                                "one",
		"/latest/meta-data/public-keys/":                                                      "0=mine",
		"/latest/meta-data/public-keys/0/":                                                    "openssh-key",
		"/latest/meta-data/public-keys/0/openssh-key":                                         "ssh-ed25519 AAAA mine",
		"/latest/meta-data/ipv6":                                                              "2001:db8:100::7",
		"/latest/meta-data/network/interfaces/macs/02:00:0a:00:01:17/ipv6s":                   "2001:db8:100::7\n2001:db8:100::8",
		"/latest/meta-data/network/interfaces/macs/02:00:0a:00:01:17/subnet-ipv6-cidr-blocks": "2001:db8:100::/64",
		"/latest/meta-data/network/interfaces/macs/02:00:0a:00:01:17/vpc-ipv6-cidr-blocks":    "2001:db8:100::/56",
		"/latest/user-data":                  "#!/bin/sh\n",
		"/latest/dynamic/instance-identity/": "document",
		"/latest/meta-data/network/interfaces/macs/02:00:0a:00:01:17/interface-id": "eni-1",
	} {
		if w := a.ask("GET", "10.0.1.23", path, tokenHeader, token); w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: %d %q, want %q", path, w.Code, w.Body, want)
		}
	}
	for _, path := range []string{"/latest/meta-data/nothing", "/1999-01-01/meta-data/", "/latest/meta-data/place"} {
		if w := a.ask("GET", "10.0.1.23", path, tokenHeader, token); w.Code != 404 || !strings.Contains(w.Body.String(), "404 - Not Found") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	all := a.ask("GET", "10.0.1.23", "/latest/meta-data/", tokenHeader, token).Body.String()
	if !strings.Contains(all, "\niam/\n") { // nobody is asked for credentials: there is no function for it
		t.Errorf("the categories are %q", all)
	}
	if !strings.Contains(all, "\npublic-keys/\n") || strings.Contains(all, "\npublic-keys\n") {
		t.Errorf("the categories are %q", all)
	}
	var identity map[string]any
	w := a.ask("GET", "10.0.1.23", "/latest/dynamic/instance-identity/document", tokenHeader, token)
	if err := json.Unmarshal(w.Body.Bytes(), &identity); err != nil || identity["accountId"] != "123456789012" {
		t.Errorf("identity document %s: %v", w.Body, err)
	}
}

func TestMetadataTokenRules(t *testing.T) {
	a := newAsker(t)
	token := a.token("10.0.1.23", "21600")
	for _, c := range []struct {
		why, method, from, path string
		header                  []string
		want                    int
	}{
		{"no token", "GET", "10.0.1.23", "/latest/meta-data/", nil, 401},
		{"a wrong token", "GET", "10.0.1.23", "/latest/meta-data/", []string{tokenHeader, "guess"}, 401},
		{"another's token", "GET", "10.0.1.24", "/latest/meta-data/", []string{tokenHeader, token}, 401},
		{"version 1 allowed", "GET", "10.0.1.24", "/latest/meta-data/", nil, 200},
		{"no user data", "GET", "10.0.1.24", "/latest/user-data", nil, 404},
		{"tags not allowed", "GET", "10.0.1.24", "/latest/meta-data/tags/instance/", nil, 404},
		{"no profile", "GET", "10.0.1.24", "/latest/meta-data/iam/info", nil, 404},
		{"no role", "GET", "10.0.1.24", "/latest/meta-data/iam/security-credentials/", nil, 404},
		{"no key pair", "GET", "10.0.1.24", "/latest/meta-data/public-keys/", nil, 404},
		{"no public address", "GET", "10.0.1.24", "/latest/meta-data/public-ipv4", nil, 404},
		{"switched off", "GET", "10.0.1.25", "/latest/meta-data/", nil, 403},
		{"a stranger", "GET", "10.0.9.9", "/latest/meta-data/", nil, 404},
		{"no time to live", "PUT", "10.0.1.23", "/latest/api/token", nil, 400},
		{"too short", "PUT", "10.0.1.23", "/latest/api/token", []string{ttlHeader, "0"}, 400},
		{"too long", "PUT", "10.0.1.23", "/latest/api/token", []string{ttlHeader, "21601"}, 400},
		{"through a proxy", "PUT", "10.0.1.23", "/latest/api/token", []string{ttlHeader, "60", "X-Forwarded-For", "10.9.9.9"}, 403},
		{"a method", "POST", "10.0.1.24", "/latest/meta-data/", nil, 405},
	} {
		if w := a.ask(c.method, c.from, c.path, c.header...); w.Code != c.want {
			t.Errorf("%s: got %d, want %d", c.why, w.Code, c.want)
		}
	}
}

func TestMetadataTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(t)
		token := a.token("10.0.1.23", "60")
		<-time.After(59 * time.Second)
		w := a.ask("GET", "10.0.1.23", "/latest/meta-data/instance-id", tokenHeader, token)
		if w.Code != 200 || w.Header().Get(ttlHeader) != "1" {
			t.Errorf("after 59 s: %d, %q left", w.Code, w.Header().Get(ttlHeader))
		}
		<-time.After(time.Second)
		if w := a.ask("GET", "10.0.1.23", "/latest/meta-data/instance-id", tokenHeader, token); w.Code != 401 {
			t.Errorf("after 60 s: %d", w.Code)
		}
	})
}
