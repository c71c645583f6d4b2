package controls_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever is asked for, in whatever order and over restarts: while "at least one" is not overridden it holds
// from the first accepted request on, a refused request changes nothing, and what the health checks were told
// is what is stored.
func TestWhatIsToldIsWhatIsStored(t *testing.T) {
	p := open(t)
	cluster := p.cluster()
	var arns []string
	var panel string
	for i := range 4 {
		c := p.control(cluster, fmt.Sprint("c", i))
		arns, panel = append(arns, *c.RoutingControlArn), *c.ControlPanelArn
	}
	p.assertion(panel, 1, 100, arns[:3]...)
	if code := p.set("+" + arns[0]); code != "" {
		t.Fatal(code)
	}
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p.pass(time.Duration(rapid.IntRange(0, 200).Draw(t, "ms")) * time.Millisecond)
		before := p.stored(arns)
		want := map[string]bool{}
		var changes []string
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 1, 4, rapid.ID).Draw(t, "controls") {
			on := rapid.Bool().Draw(t, "on")
			want[arns[i]] = on
			changes = append(changes, map[bool]string{true: "+", false: "-"}[on]+arns[i])
		}
		code := p.set(changes...)
		after := p.stored(arns)
		for _, arn := range arns {
			expect := before[arn]
			if on, asked := want[arn]; asked && code == "" {
				expect = on
			}
			if after[arn] != expect || p.knows(arn) != after[arn] {
				t.Fatalf("%v: %q; %s was %v, is %v, told %v", changes, code, arn, before[arn], after[arn], p.knows(arn))
			}
		}
		if !after[arns[0]] && !after[arns[1]] && !after[arns[2]] {
			t.Fatalf("%v: %q left none on", changes, code)
		}
		if code == "" {
			accepted++
		} else {
			refused++
		}
		if rapid.IntRange(0, 20).Draw(t, "restart") == 0 {
			p.c.Close()
			p.start()
		}
	})
	t.Logf("%d accepted, %d refused", accepted, refused)
}

// stored asks for the states.
func (p *plant) stored(arns []string) map[string]bool {
	states := map[string]bool{}
	for _, arn := range arns {
		status, out := p.call("ToggleCustomerAPI.GetRoutingControlState", map[string]any{"RoutingControlArn": arn})
		if status != http.StatusOK {
			p.t.Fatal(out)
		}
		states[arn] = out["RoutingControlState"] == "On"
	}
	return states
}
