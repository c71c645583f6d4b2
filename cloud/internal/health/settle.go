package health

import (
	"maps"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// index is a set of ids by what they depend on.
type index[K comparable] map[K]map[string]bool

func (x index[K]) add(of K, id string) {
	if x[of] == nil {
		x[of] = map[string]bool{}
	}
	x[of][id] = true
}

func (x index[K]) remove(of K, id string) {
	delete(x[of], id)
	if len(x[of]) == 0 {
		delete(x, of)
	}
}

// settle computes a check's health again and, if it changed, that of the calculated checks that count it. Other checks
// cost nothing. The caller holds the lock, and calls unlockAndTell after it.
func (m *Monitor) settle(id string) {
	before, known := m.effective[id]
	if c := m.checks[id]; c == nil {
		if !known {
			return
		}
		delete(m.effective, id)
	} else {
		now := verdict(c.config, m.found(c))
		m.note(c)
		if known && now == before {
			return
		}
		m.effective[id], m.changes[id] = now, now
		if known {
			m.config.Log.Info("health check changed", "id", id, "healthy", now)
		}
	}
	for parent := range m.parents[id] {
		m.settle(parent)
	}
}

// unlockAndTell releases the lock and reports the changes to Changed and Keep. If another goroutine is already reporting,
// that one reports these changes too, so that reports come in the order of the changes.
func (m *Monitor) unlockAndTell() {
	if m.telling {
		m.mu.Unlock()
		return
	}
	m.telling = true
	for len(m.changes)+len(m.finds) > 0 {
		changes, finds := m.changes, m.finds
		if len(changes) > 0 {
			m.changes = map[string]bool{}
		}
		if len(finds) > 0 {
			m.finds = map[string]bool{}
		}
		m.mu.Unlock()
		if len(changes) > 0 && m.config.Changed != nil {
			m.config.Changed(changes)
		}
		if len(finds) > 0 {
			m.config.Keep(finds)
		}
		m.mu.Lock()
	}
	m.telling = false
	m.mu.Unlock()
}

// Count returns how many of a check's checkers find it healthy, and how many there are. For a calculated check, it counts
// the children.
func (m *Monitor) Count(id string) (healthy, all int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.checks[id]
	if c == nil {
		return 0, 0
	}
	if c.config.Type != r53types.HealthCheckTypeCalculated {
		return c.healthy, len(c.checkers)
	}
	for _, child := range c.config.ChildHealthChecks {
		if h, known := m.effective[child]; h || !known {
			healthy++
		}
	}
	return healthy, len(c.config.ChildHealthChecks)
}

// Healthy returns the effective health of every check, with Disabled and Inverted taken into account.
func (m *Monitor) Healthy() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.effective)
}
