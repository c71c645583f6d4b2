package watching

import "github.com/understudy/understudy/cloud/internal/room"

// alarmsPerRegion: 5,000 alarms in a region are AWS's default ("CloudWatch service quotas"). Its code is in no document of AWS's; it is as public
// programs that watch quotas have it.
var alarmsPerRegion = room.Quota{Service: "monitoring", Code: "L-2FF78D7B", Name: "Number of alarms", Default: 5000}

// Quotas are those that CloudWatch keeps to.
func Quotas() []room.Quota { return []room.Quota{alarmsPerRegion} }
