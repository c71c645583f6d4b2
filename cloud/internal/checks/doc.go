// Package checks is the control plane of Route 53's health checks. It stores them, checks every change as Route 53 does,
// and passes it to an Engine (package health), which probes endpoints and watches alarms and routing controls.
package checks
