package compute

import (
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// standardVCPUs bounds the vCPUs of all pending and running instances of the standard families, which all types here are of
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html). AWS's default of 5 is for accounts that have just been
// made; what is applied here is what AWS's example of GetServiceQuota shows of an account in use.
var standardVCPUs = room.Quota{
	Service: "ec2", Code: "L-1216C47A", Name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", Default: 5, Applied: 1920,
}

// Quotas are those that the machines keep to.
func Quotas() []room.Quota { return []room.Quota{standardVCPUs} }

// checkVCPUs refuses an instance more of a type for which there is no room.
func (r *Room) checkVCPUs(tx *store.Tx, kind instanceType) error {
	most, used := r.Quota(standardVCPUs), int(kind.vcpus)
	for _, i := range r.instances.AllTx(tx) {
		if i.State == pending || i.State == running {
			t, _ := findType(string(i.Type))
			used += int(t.vcpus)
		}
	}
	if used > most {
		return wire.Errorf("VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of %d allows for the instance bucket "+
			"that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", most)
	}
	return nil
}
