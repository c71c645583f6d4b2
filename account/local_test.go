package account_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/understudy/understudy/account"
)

// server answers as what it is called.
func server(t *testing.T, name string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", name)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Whatever sends one service's calls elsewhere than to a local cloud makes the whole account foreign.
func TestOnlyAProvablyLocalCloudIsLocal(t *testing.T) {
	local, other := server(t, account.ServerName), server(t, "nginx")
	config := filepath.Join(t.TempDir(), "config")
	profile := "[profile there]\nendpoint_url = https://ec2.example.com\n" +
		"[profile services]\nservices = mine\n[services mine]\nec2 =\n  endpoint_url = https://ec2.example.com\n"
	if err := os.WriteFile(config, []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		region string
		env    map[string]string
		want   string // in the reason; empty where it is local
	}{
		"a local cloud":         {"us-east-1", nil, ""},
		"in another partition":  {"cn-north-1", nil, ""},
		"nothing set":           {"us-east-1", map[string]string{"AWS_ENDPOINT_URL": ""}, "AWS itself"},
		"nothing set, in China": {"cn-north-1", map[string]string{"AWS_ENDPOINT_URL": ""}, "AWS itself"},
		"ignored":               {"us-east-1", map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "AWS itself"},
		"EC2 elsewhere":         {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_EC2": other}, "EC2 is at " + other},
		"ELB elsewhere":         {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": other}, "Elastic Load Balancing is at"},
		"scaling elsewhere":     {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_AUTO_SCALING": other}, "Auto Scaling is at"},
		"names elsewhere":       {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_ROUTE_53": other}, "Route 53 is at"},
		"tokens elsewhere":      {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_STS": other}, "STS is at"},
		"quotas elsewhere":      {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_SERVICE_QUOTAS": other}, "Service Quotas is at"},
		"keys elsewhere":        {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_ACM": other}, "Certificate Manager is at"},
		"roles elsewhere":       {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_IAM": other}, "IAM is at"},
		"metrics elsewhere":     {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_CLOUDWATCH": other}, "CloudWatch is at"},
		"parameters elsewhere":  {"us-east-1", map[string]string{"AWS_ENDPOINT_URL_SSM": other}, "Systems Manager is at"},
		"one service local": {
			"us-east-1", map[string]string{"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_EC2": local}, "Elastic Load Balancing in us-east-1 is AWS itself",
		},
		"a profile's endpoint": {"us-east-1", map[string]string{"AWS_ENDPOINT_URL": "", "AWS_PROFILE": "there"}, "https://ec2.example.com"},
		"a profile's service":  {"us-east-1", map[string]string{"AWS_ENDPOINT_URL": "", "AWS_PROFILE": "services"}, "EC2 is at https://ec2.example.com"},
		"another local server": {"us-east-1", map[string]string{"AWS_ENDPOINT_URL": other}, "does not say that it is a local cloud"},
		"a name": {
			"us-east-1", map[string]string{"AWS_ENDPOINT_URL": strings.Replace(local, "127.0.0.1", "localhost", 1)}, "not an address of this machine",
		},
		"a proxy":        {"us-east-1", map[string]string{"HTTP_PROXY": other, "HTTPS_PROXY": other, "ALL_PROXY": other}, ""},
		"a proxy to AWS": {"us-east-1", map[string]string{"AWS_ENDPOINT_URL": "", "HTTPS_PROXY": local}, "AWS itself"},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range map[string]string{"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_CA_BUNDLE": "", "AWS_ENDPOINT_URL": local} {
				t.Setenv(k, v)
			}
			for k, v := range c.env {
				t.Setenv(k, v)
				if v == "" {
					os.Unsetenv(k) // which is not the same: the SDK takes an empty one for set
				}
			}
			a, err := account.Open(t.Context(), c.region)
			if err != nil {
				t.Fatal(err)
			}
			answers := map[string]string{local: account.ServerName, other: "nginx"}
			if !strings.Contains(c.want, "example.com") { // which nobody asks
				if answers, err = account.Ask(t.Context(), a.Places()); err != nil {
					t.Fatal(err)
				}
			}
			why := ""
			for _, p := range a.Places() {
				if why = p.Foreign(answers); why != "" {
					break
				}
			}
			if (why == "") != (c.want == "") || !strings.Contains(why, c.want) {
				t.Errorf("foreign: %q, want %q", why, c.want)
			}
		})
	}
}

func TestEndpointThatRefusesIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + l.Addr().String()
	l.Close()
	_, err = account.Ask(t.Context(), []account.Place{{Service: "EC2", Endpoint: endpoint}})
	if err == nil || !strings.Contains(err.Error(), "EC2 at "+endpoint+" does not answer") {
		t.Errorf("got %v", err)
	}
}

// Whoever gives an account another client says where its calls go, too.
func TestPlacesAreThoseOfAllClients(t *testing.T) {
	a, err := account.Open(t.Context(), "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	clients := 0
	for field := range reflect.TypeFor[account.Account]().Fields() {
		if field.Type.Kind() == reflect.Pointer {
			clients++
		}
	}
	if places := a.Places(); len(places) != clients {
		t.Errorf("%d places of %d clients: %v", len(places), clients, places)
	}
}
