package notifying

import "testing"

func TestLogsHaveNoPasswordOfAnEndpoint(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://me:secret@127.0.0.1:9/hook": "http://me:xxxxx@127.0.0.1:9/hook",
		hook:                                hook,
		"http://me:secret@[::1":             "an endpoint that is no URL",
	} {
		if got := redacted(endpoint); got != want {
			t.Errorf("%s is logged as %s", endpoint, got)
		}
	}
}
