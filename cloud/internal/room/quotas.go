package room

// Quota is how many of something an account may have in a region, as Service Quotas tells it. Each stands beside the rule that keeps to it.
type Quota struct {
	Service string // its code in Service Quotas: ec2, vpc, elasticloadbalancing, autoscaling, monitoring
	Code    string // L-1216C47A
	Name    string
	Default int    // AWS's
	Applied int    // here, where that is not the default: AWS raises some for accounts that are in use
	With    string // the code of another, with which it is raised
}

// Quota returns how many there may be here.
func (id Identity) Quota(q Quota) int {
	if raised, ok := id.Quotas[q.Code]; ok {
		return raised
	}
	if raised := id.Quotas[q.With]; raised > max(q.Applied, q.Default) {
		return raised
	}
	if q.Applied > 0 {
		return q.Applied
	}
	return q.Default
}
