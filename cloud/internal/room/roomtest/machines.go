package roomtest

import (
	"context"
	"maps"
	"sync"

	"github.com/understudy/understudy/cloud/internal/machine"
)

// Pretender stands in for the processes of an instance.
type Pretender struct {
	Spec machine.Spec
	once sync.Once
	done chan struct{}

	mu      sync.Mutex
	volumes map[string]string // paths by devices
	held    bool
	used    machine.Usage
}

// Use has the processes have used so much.
func (p *Pretender) Use(u machine.Usage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used = u
}

// Usage tells what they have used.
func (p *Pretender) Usage() (machine.Usage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used, nil
}

// Hold has processes keep all volumes open, or close them.
func (p *Pretender) Hold(open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = open
}

// Volumes tells the paths of the volumes that it has, by their devices.
func (p *Pretender) Volumes() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.volumes)
}

// Attach gives it a volume.
func (p *Pretender) Attach(v machine.Volume) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.volumes[v.Device] = v.Path
	return nil
}

// Detach takes one, as an instance of the kernel's would.
func (p *Pretender) Detach(device string, force bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held && !force {
		return machine.ErrBusy
	}
	delete(p.volumes, device)
	return nil
}

// Done is closed once Stop was called.
func (p *Pretender) Done() <-chan struct{} { return p.done }

// Stop ends the processes, as an instance may by itself.
func (p *Pretender) Stop(context.Context) error {
	p.once.Do(func() { close(p.done) })
	return nil
}

// Machines only notes its starts. M is the interface of the machines that it gives out; As makes one.
type Machines[M any] struct {
	As func(*Pretender) M

	mu      sync.Mutex
	started map[string]*Pretender
	starts  int
	fail    error
}

// Start notes a start, or fails as Fail says.
func (h *Machines[M]) Start(_ context.Context, s machine.Spec) (M, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail != nil {
		var none M
		return none, h.fail
	}
	p := &Pretender{Spec: s, done: make(chan struct{}), volumes: map[string]string{}}
	for _, v := range s.Volumes {
		p.volumes[v.Device] = v.Path
	}
	if h.started == nil {
		h.started = map[string]*Pretender{}
	}
	h.started[s.ID], h.starts = p, h.starts+1
	return h.As(p), nil
}

// Started returns what was started last for an instance, or nil.
func (h *Machines[M]) Started(id string) *Pretender {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.started[id]
}

// Starts counts the starts of all instances.
func (h *Machines[M]) Starts() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.starts
}

// Fail makes every further start fail; nil ends that.
func (h *Machines[M]) Fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail = err
}
