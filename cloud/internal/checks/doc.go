// Package checks is the control plane of Route 53's health checks: it keeps them, checks every change as Route 53 does
// and tells those who probe endpoints and watch alarms and routing controls (package health, behind Engine).
package checks
