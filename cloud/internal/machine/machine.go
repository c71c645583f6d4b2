// Package machine runs instances: processes in namespaces of their own on a root made of layers.
package machine

import "context"

// Spec is an instance to run.
type Spec struct {
	ID       string                              // i-...
	Hostname string                              // ip-10-0-1-23
	Layers   []string                            // folders of image layers, the topmost first; below them all lies the host's root
	Dir      string                              // the instance's own folder: its writable layer, its console log; kept over stop and start
	UserData []byte                              // run once in the life of Dir
	Network  interface{ Do(func() error) error } // the namespace to run in
}

// Machine is a running instance.
type Machine struct{}

// Done is closed when the instance's first process has ended, and with it all the others.
func (m *Machine) Done() <-chan struct{} { panic("machine: being written") }

// Stop ends the instance: SIGTERM to all its processes, SIGKILL when the context ends or after the grace.
func (m *Machine) Stop(ctx context.Context) error { panic("machine: being written") }
