package scaling

import (
	"maps"
	"slices"
	"sync"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// testGroup is the target group that there is from the start.
const testGroup = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/app/0123456789abcdef"

// targetNews is the topic of what happens to targets.
const targetNews store.Topic = "test-targets"

// fakeTargets is load balancing whose targets are healthy at once and drain until the test says so. It outlives the
// reopening of the room.
type fakeTargets struct {
	mu      sync.Mutex
	groups  map[string]elbtypes.TargetTypeEnum
	states  map[target]elbtypes.TargetHealthStateEnum
	history []string
	changed func()
}

var _ Targets = (*fakeTargets)(nil)

type target struct{ group, instance string }

// set changes how an instance is in testGroup; an empty state is for one that is not registered any more.
func (b *fakeTargets) set(id string, s elbtypes.TargetHealthStateEnum) {
	b.move(target{testGroup, id}, s)
}

func (b *fakeTargets) move(of target, to elbtypes.TargetHealthStateEnum) {
	b.mu.Lock()
	if to == "" {
		delete(b.states, of)
	} else {
		b.states[of] = to
	}
	b.history = append(b.history, of.instance+" "+string(to))
	changed := b.changed
	b.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// clear forgets all targets without a word.
func (b *fakeTargets) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.states)
}

// add makes another target group.
func (b *fakeTargets) add(arn string, of elbtypes.TargetTypeEnum) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.groups[arn] = of
}

// remove deletes a target group with its targets.
func (b *fakeTargets) remove(arn string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.groups, arn)
	maps.DeleteFunc(b.states, func(of target, _ elbtypes.TargetHealthStateEnum) bool { return of.group == arn })
}

// follow tells of changes from now on, and of those before at once: a room works as soon as it is open.
func (b *fakeTargets) follow(changed func()) {
	b.mu.Lock()
	b.changed = changed
	b.mu.Unlock()
	changed()
}

// had tells whether an instance was ever brought into a state.
func (b *fakeTargets) had(id string, s elbtypes.TargetHealthStateEnum) bool {
	return slices.Contains(b.log(), id+" "+string(s))
}

func (b *fakeTargets) log() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.history)
}

func (b *fakeTargets) Register(arn string, ids []string) error {
	if _, ok := b.TargetType(nil, arn); !ok {
		return wire.Errorf("TargetGroupNotFound", "Target groups '%s' not found", arn)
	}
	for _, id := range ids {
		b.move(target{arn, id}, "healthy")
	}
	return nil
}

func (b *fakeTargets) Deregister(arn string, ids []string) error {
	if _, ok := b.TargetType(nil, arn); !ok {
		return wire.Errorf("TargetGroupNotFound", "Target groups '%s' not found", arn)
	}
	for _, id := range ids {
		if _, ok := b.State(arn, id); ok {
			b.move(target{arn, id}, "draining")
		}
	}
	return nil
}

func (b *fakeTargets) TargetType(_ *store.Tx, arn string) (elbtypes.TargetTypeEnum, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	of, ok := b.groups[arn]
	return of, ok
}

func (b *fakeTargets) State(arn, id string) (elbtypes.TargetHealth, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.states[target{arn, id}]
	return elbtypes.TargetHealth{State: s}, ok
}

func (b *fakeTargets) News() []store.Topic { return []store.Topic{targetNews} }
