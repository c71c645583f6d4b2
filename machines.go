package understudy

import (
	"cmp"
	"fmt"
	"strings"
)

// Instance is the kind of machine that hosts and fleet run on.
type Instance struct {
	Type        string
	Profile     Profile
	Metadata    Metadata
	HopLimit    int // of answers of the metadata service; 0 is the image's own
	Volume      Volume
	Key         string // the name of a key pair in both regions; empty is none
	Monitoring  Monitoring
	UserData    string      // a script or cloud-config, beside the image's run script
	Environment Environment // of the image's run script
}

// Metadata tells whether the metadata service is asked with tokens only (IMDSv2).
type Metadata string

// What the metadata service asks for.
const (
	MetadataRequired Metadata = "required"
	MetadataOptional Metadata = "optional"
)

// Monitoring is how often EC2 gives data points to CloudWatch.
type Monitoring string

// The kinds of monitoring.
const (
	MonitoringBasic    Monitoring = "basic"    // every five minutes
	MonitoringDetailed Monitoring = "detailed" // every minute
)

// Volume is the root volume of an instance. What is zero is as the image has it.
type Volume struct {
	Size       int // GiB
	Type       string
	Encrypted  bool
	IOPS       int
	Throughput int // MiB/s
}

func instance(o *object, dir string, readFile func(string) ([]byte, error)) Instance {
	return Instance{
		Type:        o.text("type", "t3.micro", instanceType),
		Profile:     profile(o.object("profile"), dir, readFile),
		Metadata:    Metadata(o.text("metadata", string(MetadataRequired), metadataKind)),
		HopLimit:    o.number("hop_limit", 0, 0, 64),
		Volume:      volume(o.object("volume")),
		Key:         o.text("key", "", keyName),
		Monitoring:  Monitoring(o.text("monitoring", string(MonitoringBasic), monitoringKind)),
		UserData:    userDataOf(o, dir, readFile),
		Environment: o.variables("environment"),
	}
}

// userDataOf reads what machines do with their first boot.
func userDataOf(o *object, dir string, readFile func(string) ([]byte, error)) string {
	said := script(o, "user_data", userData, dir, readFile)
	// EC2 takes 16 KiB of user data; the rest is for what may stand beside it.
	const most = 12 << 10
	if n := len(said); n > most {
		o.mistake("user_data", fmt.Sprintf("%d bytes", n), fmt.Sprintf("%d bytes at most", most))
	}
	if !userData.holds(said) {
		o.mistake("user_data", "a file of another format", userData.allowed)
	}
	return said
}

// volumeKind are the bounds of a type of volumes: its size in GiB, its IOPS and how many of them for each GiB, its throughput.
type volumeKind struct {
	size, leastIOPS, iops, perGiB, throughput int
}

// volumeKinds are those that a root volume can be of ("Amazon EBS volume types" in the Amazon EBS User Guide).
var volumeKinds = map[string]volumeKind{
	"gp2": {size: 16384},
	"gp3": {size: 65536, leastIOPS: 3000, iops: 80000, perGiB: 500, throughput: 2000},
	"io1": {size: 16384, leastIOPS: 100, iops: 64000, perGiB: 50},
	"io2": {size: 65536, leastIOPS: 100, iops: 256000, perGiB: 1000},
}

// volume reads the root volume. What a type has not, and what depends on another value, is held against the type's bounds.
func volume(o *object) Volume {
	v := Volume{
		Size:       o.number("size", 0, 0, 65536),
		Type:       o.text("type", "", volumeType),
		Encrypted:  o.flag("encrypted", false),
		IOPS:       o.number("iops", 0, 0, 256000),
		Throughput: o.number("throughput", 0, 0, 2000),
	}
	k, known := volumeKinds[v.Type]
	speed := func(key string, n, least, most int) {
		switch {
		case n == 0:
		case !known:
			o.mistake(key, fmt.Sprint(n), "instance.volume.type beside it")
		case most == 0:
			o.mistake(key, fmt.Sprint(n), "none with "+v.Type)
		case n < least || n > most:
			o.mistake(key, fmt.Sprint(n), fmt.Sprintf("from %d to %d with %s", least, most, v.Type))
		}
	}
	speed("iops", v.IOPS, k.leastIOPS, k.iops)
	speed("throughput", v.Throughput, 125, k.throughput)
	const baseline = 3000 // what every volume of gp3 has
	switch {
	case known && v.Size > k.size:
		o.mistake("size", fmt.Sprint(v.Size), fmt.Sprintf("at most %d GiB with %s", k.size, v.Type))
	case strings.HasPrefix(v.Type, "io") && v.IOPS == 0:
		o.mistake("iops", "no instance.volume.iops", "the IOPS of "+v.Type+", which has no others")
	case v.Size > 0 && k.perGiB > 0 && v.IOPS > max(v.Size*k.perGiB, k.leastIOPS):
		o.mistake("iops", fmt.Sprint(v.IOPS), fmt.Sprintf("at most %d with %d GiB of %s", max(v.Size*k.perGiB, k.leastIOPS), v.Size, v.Type))
	case k.throughput > 0 && v.Throughput*4 > max(v.IOPS, baseline):
		o.mistake("throughput", fmt.Sprint(v.Throughput), fmt.Sprintf("at most a quarter of the IOPS, %d", max(v.IOPS, baseline)))
	}
	return v
}

// InstanceType is the type of a region's fleet.
func (d *Declaration) InstanceType(side Side) string {
	return cmp.Or(d.Regions[side].Type, d.Instance.Type)
}

var (
	metadataKind   = oneOf("required or optional", string(MetadataRequired), string(MetadataOptional))
	monitoringKind = oneOf("basic or detailed", string(MonitoringBasic), string(MonitoringDetailed))
	volumeType     = oneOf("gp3, gp2, io1, io2, or nothing", "gp3", "gp2", "io1", "io2", "")

	// CreateKeyPair in the Amazon EC2 API Reference: up to 255 characters of ASCII, without spaces at the ends.
	keyName = upTo(255, matching(`([!-~]([ -~]*[!-~])?)?`, "the name of a key pair, or nothing"))

	// Of cloud-init's formats, those that say on one page what an instance does.
	userData = constraint{
		allowed: "a script or #cloud-config, in place or as file:PATH",
		holds: func(s string) bool {
			for _, other := range []string{"#include", "#cloud-boothook", "#cloud-config-archive", "#cloud-config-jsonp", "#part-handler", "#upstart-job",
				"## template:", "Content-Type:", "MIME-Version:"} {
				if strings.HasPrefix(s, other) {
					return false
				}
			}
			return !strings.ContainsRune(s, 0)
		},
	}
)
