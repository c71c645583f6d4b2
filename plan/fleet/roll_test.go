package fleet

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/machines"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A refresh is as declared, and is waited for as long as it pauses; one back to what is proven pauses nowhere.
func TestRefreshesAreAsDeclared(t *testing.T) {
	f := &Fleet{Scope: resourcetest.Scope(t), Was: &autoscalingtypes.AutoScalingGroup{}}
	f.Declared.Fleet.Grace, f.Declared.Fleet.WarmUp = 5, 0
	f.Declared.Fleet.Refresh = understudy.Refresh{MinHealthy: 100, CheckpointDelay: 3600}
	same := func(what string, want, got *autoscalingtypes.RefreshPreferences) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(autoscalingtypes.RefreshPreferences{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", what, diff)
		}
	}
	usual := &autoscalingtypes.RefreshPreferences{MinHealthyPercentage: aws.Int32(100), SkipMatching: aws.Bool(true), AutoRollback: aws.Bool(false)}
	same("nothing declared", usual, f.preferences())
	if got := f.pauses(); got != 5*time.Second {
		t.Errorf("without checkpoints it stands still for %v", got)
	}
	f.Declared.Fleet.Refresh = understudy.Refresh{MinHealthy: 90, MaxHealthy: 150, WarmUp: 30, Checkpoints: []int{50, 100}, CheckpointDelay: 600}
	f.Was.LaunchTemplate = machines.Version{Template: "lt-1", Number: "3"}.Launch()
	same("all declared", &autoscalingtypes.RefreshPreferences{
		MinHealthyPercentage: aws.Int32(90), MaxHealthyPercentage: aws.Int32(150), InstanceWarmup: aws.Int32(30),
		CheckpointPercentages: []int32{50, 100}, CheckpointDelay: aws.Int32(600), SkipMatching: aws.Bool(true), AutoRollback: aws.Bool(true),
	}, f.preferences())
	same("back", &autoscalingtypes.RefreshPreferences{MinHealthyPercentage: aws.Int32(90), MaxHealthyPercentage: aws.Int32(150),
		SkipMatching: aws.Bool(true), AutoRollback: aws.Bool(false)}, f.reversal())
	if got := f.pauses(); got != 630*time.Second {
		t.Errorf("with checkpoints it stands still for %v", got)
	}
	const want = "3 instances, so that 90 % at least go on serving, of 150 % at most, with a pause of 600 s at 50, 100 %; about "
	if got := f.Replaces([]resource.Difference{{Name: "instances' version"}}); len(got) < len(want) || got[:len(want)] != want {
		t.Errorf("the plan says %q", got)
	}
}
