package parity

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/understudy/understudy"
)

// expectHabits adds how a fleet is declared to look after itself.
func expectHabits(settings map[string]string, f understudy.Fleet) {
	policies, _ := json.Marshal(f.Termination) // a list of texts
	settings["termination policies"], settings["default instance warmup"], settings[settingMeasured] = string(policies), None, None
	if f.WarmUp > 0 {
		settings["default instance warmup"] = itoa(f.WarmUp)
	}
	if settings["max instance lifetime"] = None; f.MaxLifetime > 0 {
		settings["max instance lifetime"] = itoa(f.MaxLifetime)
	}
	if f.Metrics {
		settings[settingMeasured] = strings.Join(slices.Sorted(slices.Values(understudy.FleetMetrics)), ", ")
	}
}
