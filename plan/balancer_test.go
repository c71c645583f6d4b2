package plan

import "testing"

// Protection that somebody turned on in one region keeps down from deleting that region alone.
func TestDeletionProtectionOfTheLoadBalancerIsNamed(t *testing.T) {
	const want = "deletion_protection.enabled=true"
	if got := unusual(map[string]string{"deletion_protection.enabled": "true", "routing.http2.enabled": "true"}, balancerDefaults); got != want {
		t.Errorf("unusual: %q, not %q", got, want)
	}
}
