package cloud

// AddFault puts a fault in force and returns it with the id that it was given and, where it had none, a seed. Faults see a
// call in the order in which they were added; one that refuses it is the last that does.
func (c *Cloud) AddFault(f Fault) (Fault, error) { return c.faults.Add(f) }

// RemoveFaults ends the faults of these ids, or none of them where one is unknown. Calls that they hold up go on.
func (c *Cloud) RemoveFaults(ids ...string) error { return c.faults.Remove(ids...) }

// Faults returns the faults in force.
func (c *Cloud) Faults() []InForce { return c.faults.List() }

// Calls returns the calls of the API since the cloud's start or the last ForgetCalls, without those whose signature is
// wrong. The last 5,000 are kept, at least.
func (c *Cloud) Calls() []Call { return c.faults.Calls() }

// ForgetCalls empties the list of calls.
func (c *Cloud) ForgetCalls() { c.faults.Forget() }
