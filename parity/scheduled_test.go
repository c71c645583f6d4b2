package parity

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
)

// Scheduled actions are held against the declaration of their region, and the bounds that they have set are no difference.
func TestScheduledActionsAreAsDeclared(t *testing.T) {
	d := declaration(t, "fleet: {scheduled: [{name: morning, recurrence: 0 7 * * *, min: 3, max: 9}, "+
		"{name: east, recurrence: 0 8 * * *, max: 20, region: primary}]}\n")
	read := func(side understudy.Side, least, most int32, names ...string) Region {
		g := asgtypes.AutoScalingGroup{AutoScalingGroupName: aws.String("g"), MinSize: &least, MaxSize: &most}
		c := &canon{place: at("us-east-1", side, d), f: &facts{}}
		for _, name := range names {
			a := asgtypes.ScheduledUpdateGroupAction{AutoScalingGroupName: aws.String("g"), ScheduledActionName: aws.String("understudy-hello-" + name),
				Recurrence: aws.String("0 7 * * *"), MinSize: aws.Int32(3), MaxSize: aws.Int32(9)}
			if name == "east" {
				a.Recurrence, a.MinSize, a.MaxSize = aws.String("0 8 * * *"), nil, aws.Int32(20)
			}
			c.f.actions = append(c.f.actions, a)
		}
		settings := map[string]string{"min": count(&least), "max": count(&most)}
		c.scaling(settings, map[string]Command{}, g)
		c.scheduledBounds(settings, g)
		return Region{Name: string(side), Side: side, Resources: []Resource{{Kind: "auto scaling group", Role: "fleet", ID: "g", Settings: settings}}}
	}
	bothAs := func(primary, secondary Region) []string {
		return outline(Compare(Pair{Left: primary, Right: secondary}, d).Findings)
	}
	p, s := understudy.Primary, understudy.Secondary
	if found := bothAs(read(p, 3, 20, "morning", "east"), read(s, 3, 9, "morning")); found != nil {
		t.Errorf("as declared: %v", found)
	}
	if found := bothAs(read(p, 2, 4, "morning", "east"), read(s, 3, 9, "morning")); found != nil {
		t.Errorf("one is earlier than the other: %v", found)
	}
	want := []string{"high auto scaling group fleet: max in secondary", "high auto scaling group fleet: scheduled action understudy-hello-east in secondary"}
	if diff := cmp.Diff(want, bothAs(read(p, 2, 4, "morning", "east"), read(s, 2, 20, "morning", "east"))); diff != "" {
		t.Errorf("the primary's in the standby, too (-want +got)\n%s", diff)
	}
	if notes := Compare(Pair{Left: read(p, 2, 4), Right: read(s, 2, 4)}, d).Notes; len(notes) == 0 || notes[len(notes)-1] != (Note{
		"auto scaling group fleet: scheduled actions", "an intended difference: east in the primary alone"}) {
		t.Errorf("notes %v", notes)
	}
}
