package balancer

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs.html
func TestChecksAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		answer := func(status int) http.HandlerFunc {
			return func(rw http.ResponseWriter, _ *http.Request) {
				time.Sleep(250 * time.Millisecond)
				rw.WriteHeader(status)
			}
		}
		w.serve(t, "10.0.1.1:80", answer(200))
		w.serve(t, "10.0.1.2:80", answer(404))
		w.serve(t, "10.0.1.3:80", answer(503))
		w.drop("10.0.1.4:80", true)
		w.serve(t, "10.0.1.6:80", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		w.multiplexed("10.0.1.7:80", nil, func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("Grpc-Status", "12") })
		w.multiplexed("10.0.1.8:80", nil, func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("Grpc-Status", "2") })
		w.multiplexed("10.0.1.9:80", nil, func(http.ResponseWriter, *http.Request) {})
		g := group(at("10.0.1.1:80"), at("10.0.1.2:80"), at("10.0.1.3:80"), at("10.0.1.4:80"), at("10.0.1.5:80"), at("10.0.1.6:80"))
		g.ID = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/pages/0123456789abcdef"
		calls := group(at("10.0.1.7:80"), at("10.0.1.8:80"), at("10.0.1.9:80"))
		calls.ID = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/calls/0123456789abcdef"
		calls.Version, calls.Check.Version, calls.Check.Matcher = GRPC, GRPC, Matcher{Text: "12"}
		var checks lines
		w.logging(Logs{Checks: &checks}, Listener{}, g, calls)
		time.Sleep(20 * time.Second) // one of each, the interval is 30 s
		synctest.Wait()
		var got []string
		form := regexp.MustCompile(`^(\S+) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (\d+\.\d{9}) (10\.0\.1\.\d:80 .*)\n$`)
		for _, line := range checks.take() {
			m := form.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("no entry of AWS's: %q", line)
			}
			got = append(got, m[1]+" "+m[2]+" "+m[3])
		}
		slices.SortFunc(got, func(a, b string) int { return strings.Compare(strings.Fields(a)[2], strings.Fields(b)[2]) })
		want := []string{
			"http 0.250000000 10.0.1.1:80 pages PASS 200 -",
			"http 0.250000000 10.0.1.2:80 pages FAIL 404 ResponseCodeMismatch",
			"http 0.250000000 10.0.1.3:80 pages FAIL 503 TargetError",
			"http 5.000000000 10.0.1.4:80 pages FAIL - ConnectionTimedOut",
			"http 0.000000000 10.0.1.5:80 pages FAIL - ConnectionReset",
			"http 5.000000000 10.0.1.6:80 pages FAIL - RequestTimedOut",
			"grpc 0.000000000 10.0.1.7:80 calls PASS 12 -",
			"grpc 0.000000000 10.0.1.8:80 calls FAIL 2 GRPCUnexpectedStatus",
			"grpc 0.000000000 10.0.1.9:80 calls FAIL - GRPCStatusHeaderEmpty",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
