package scaling

import "github.com/understudy/understudy/cloud/internal/room"

// The default quotas (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html).
var (
	groupsPerRegion         = room.Quota{Service: "autoscaling", Code: "L-CDE20ADC", Name: "Auto Scaling groups per region", Default: 500}
	configurationsPerRegion = room.Quota{Service: "autoscaling", Code: "L-6B80B8FA", Name: "Launch configurations per region", Default: 200}
)

// Quotas are those that Auto Scaling keeps to.
func Quotas() []room.Quota { return []room.Quota{groupsPerRegion, configurationsPerRegion} }
