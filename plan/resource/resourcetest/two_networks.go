package resourcetest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/understudy/understudy/plan/resource"
)

// TwoNetworks answers as an account in which the stack has one of each kind in vpc-new, of the declared network, and one in vpc-old.
// It returns the actions that were asked for.
func TwoNetworks(t *testing.T, answers map[string]string) (resource.Scope, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var asked []string
	s := Answering(t, func(r *http.Request) (int, string) {
		action := r.Method + " " + r.URL.Path
		if r.Body != nil {
			body, _ := io.ReadAll(r.Body)
			if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
				action = form.Get("Action")
			}
		}
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, action)
		answer, ok := answers[action]
		if !ok && !strings.Contains(action, "/") {
			answer = "<" + action + "Result></" + action + "Result>"
		}
		return http.StatusOK, "<Response>" + answer + "</Response>"
	})
	return s, func() []string { return asked }
}

// Items renders an EC2 list with one item in each of the two VPCs.
func Items(list, format string) string {
	return "<" + list + "><item>" + fmt.Sprintf(format, "new") + "</item><item>" + fmt.Sprintf(format, "old") + "</item></" + list + ">"
}
