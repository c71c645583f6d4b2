package balancing

import "testing"

// Protection that somebody turned on in one region keeps down from deleting that region alone.
func TestDeletionProtectionOfTheLoadBalancerIsNamed(t *testing.T) {
	const want = "deletion_protection.enabled=true"
	if got := unusual(map[string]string{"deletion_protection.enabled": "true", "routing.http2.enabled": "true"}, balancerDefaults); got != want {
		t.Errorf("unusual: %q, not %q", got, want)
	}
}

// What is a region's own is told of, and not reset.
func TestLogsAndZonalShiftsAreLeftAlone(t *testing.T) {
	set := map[string]string{"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "mine", "zonal_shift.config.enabled": "true"}
	if got := unusual(set, balancerDefaults); got != "" {
		t.Errorf("to be reset is %q", got)
	}
	for text, b := range map[string]*Balancer{
		"has attributes that a new load balancer does not have: access_logs.s3.enabled=true, zonal_shift.config.enabled=true": {others: unusual(set, leftAlone)},
		"": {others: unusual(map[string]string{"access_logs.s3.enabled": "false"}, leftAlone)},
	} {
		if got := b.Remarks(); len(got) > 1 || (text == "") != (got == nil) || text != "" && got[0].Text != text {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
