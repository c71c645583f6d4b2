package lock

// process says which process of which machine holds a lock, so that another run on that machine sees whether it
// still runs. Machine and Started are empty where a system does not tell them.
type process struct {
	PID     int    `json:"pid"`
	Machine string `json:"machine,omitempty"` // this boot of the kernel, and the PID namespace that the number is of
	Started string `json:"started,omitempty"` // when, in the kernel's ticks: PIDs are used again
}

// gone tells whether the process was one of this machine and does not run any more.
func (p process) gone() bool {
	here := thisProcess()
	return p.Machine != "" && p.Machine == here.Machine && p.Started != "" && ended(p.PID, p.Started)
}
