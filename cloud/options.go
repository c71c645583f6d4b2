package cloud

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/address"
	"github.com/understudy/understudy/cloud/internal/partition"
)

// Options describe the cloud to start. Every field may be left out.
type Options struct {
	// Dir is the folder of the cloud's state, logs and keys, which keeps them over stop and start. The default is a
	// temporary folder that is removed with the cloud.
	Dir string
	// Regions are the regions that the cloud begins with, eight of AWS's at most; the default is us-east-1 and us-west-2. Any
	// other is started when it is first asked for, while there are fewer than eight. A folder keeps all of them.
	Regions []string
	// Speed divides every interval that AWS defines; the default is 1.
	Speed float64
	// LeastTimeout is the shortest that a time-out becomes that Speed divides, those of health checks above all; the default is the constant
	// of the same name. On a slow or busy machine a longer one keeps what is only late from being unhealthy.
	LeastTimeout time.Duration
	// Credentials are "ID:SECRET". The default is a pair made at the first start.
	Credentials string
	// Account is twelve digits. The default is a number made at the first start.
	Account string
	// Listen is a further address for the API, beside the cloud's own on loopback: "127.0.0.1:4566".
	Listen string
	// Throttle refuses calls of EC2 and Route 53 above the rates that AWS publishes.
	Throttle bool
	// IAM is "enforce" to refuse the calls of users and roles that their policies do not allow; the account's own key may do
	// everything. The default lets every key do everything.
	IAM string
	// NoDefaultVPC has regions start without a default VPC. It counts at a folder's first start only.
	NoDefaultVPC bool
	// Quotas are the values of quotas that are other than usual, by their codes in Service Quotas: {"L-F678F1CE": 20} for
	// twenty VPCs in a region. They count until the cloud stops.
	Quotas map[string]int
	// While is the id of a process; when it ends, in whatever way, the cloud ends. 0 is no process.
	While int
	// Remove has the folder Dir removed when the cloud ends because of While.
	Remove bool
	// Record is a file to which every call of the API is appended that the cloud lets in, a line of JSON each: what the client
	// sent, without the signature. The default records none.
	Record string
	// Log is the log of the front door; the default discards it.
	Log *slog.Logger
}

var (
	// regionForm is what a folder's regions look like: one that was made before AWS's names were known may have others.
	regionForm  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
)

// Validate returns an error if the options are wrong. It changes nothing.
func (o Options) Validate() error { return o.validate(partition.Has) }

// validate is Validate with what is a region's name.
func (o Options) validate(isRegion func(string) bool) error {
	var errs []error
	if len(o.Regions) > address.Regions {
		errs = append(errs, fmt.Errorf("%d regions: a local cloud has at most %d", len(o.Regions), address.Regions))
	}
	seen := map[string]bool{}
	for _, r := range o.Regions {
		if !isRegion(r) {
			errs = append(errs, fmt.Errorf("region %q is none of AWS's: want a name such as us-east-1", r))
		}
		if seen[r] {
			errs = append(errs, fmt.Errorf("region %s is named twice", r))
		}
		seen[r] = true
	}
	if o.LeastTimeout < 0 || o.LeastTimeout > time.Minute {
		errs = append(errs, fmt.Errorf("least time-out %v: want a time up to a minute", o.LeastTimeout))
	}
	if o.Speed < 0 || o.Speed > 1000 {
		errs = append(errs, fmt.Errorf("speed %g: want a number from 1 to 1000", o.Speed))
	}
	if o.Account != "" && !accountForm.MatchString(o.Account) {
		errs = append(errs, fmt.Errorf("account %q: want twelve digits", o.Account))
	}
	if id, secret, ok := strings.Cut(o.Credentials, ":"); o.Credentials != "" && (!ok || id == "" || secret == "") {
		errs = append(errs, errors.New("credentials: want ID:SECRET"))
	}
	if o.IAM != "" && o.IAM != "enforce" {
		errs = append(errs, fmt.Errorf("iam %q: want enforce, or nothing", o.IAM))
	}
	for code, most := range o.Quotas {
		if most < 0 {
			errs = append(errs, fmt.Errorf("quota %s: %d: want a number from 0 on", code, most))
		}
	}
	if o.While < 0 || o.Remove && o.While == 0 {
		errs = append(errs, errors.New("while: want a process's id, and one where the folder is to be removed after it"))
	}
	return errors.Join(errs...)
}

// RegionNames are the names of AWS's regions, in the commercial partition, of which a cloud's are.
func RegionNames() []string { return partition.Names() }
