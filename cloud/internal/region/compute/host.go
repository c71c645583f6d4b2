package compute

import (
	"context"

	"github.com/understudy/understudy/cloud/internal/machine"
)

// KernelMachines makes Machines of package machine's.
func KernelMachines(h *machine.Host) Machines { return machines{h} }

type machines struct{ host *machine.Host }

func (m machines) Start(ctx context.Context, spec machine.Spec) (Machine, error) {
	started, err := m.host.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	return started, nil
}
