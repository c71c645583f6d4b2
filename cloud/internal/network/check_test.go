package network_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/understudy/understudy/cloud/internal/network"
)

func TestExplain(t *testing.T) {
	for name, c := range map[string]struct {
		facts network.Facts
		want  string // "" for no error
	}{
		"works":              {network.Facts{AppArmor: "1"}, ""},
		"apparmor":           {network.Facts{Clone: syscall.EACCES, AppArmor: "1", MaxUserns: "9"}, "kernel.apparmor_restrict_unprivileged_userns=0"},
		"debian's switch":    {network.Facts{Clone: syscall.EPERM, UsernsClone: "0"}, "kernel.unprivileged_userns_clone=1"},
		"no user namespaces": {network.Facts{Clone: syscall.ENOSPC, MaxUserns: "0", Root: true}, "user.max_user_namespaces=10000"},
		"container":          {network.Facts{Clone: syscall.EPERM, Container: true, AppArmor: "1"}, "--security-opt seccomp=unconfined"},
		"old kernel":         {network.Facts{Clone: syscall.EINVAL, NoNamespaces: true}, "CONFIG_USER_NS"},
		"limit":              {network.Facts{Clone: syscall.ENOSPC, MaxUserns: "9"}, "limit"},
		"anything else":      {network.Facts{Clone: syscall.EPERM, Root: true, AppArmor: "1"}, "operation not permitted"},
	} {
		err := network.Explain(c.facts)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
