package machine

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"sort"
	"strconv"
	"strings"
	"time"
)

// tree is the metadata by path, without a leading slash: leaves only, folders follow from them.
type tree map[string]string

// read returns a leaf's text, or a folder's listing: names one a line, folders with a slash behind.
func (t tree) read(path string) (string, bool) {
	if text, ok := t[path]; ok {
		return text, true
	}
	prefix := path + "/"
	if path == "" {
		prefix = ""
	}
	names := map[string]bool{}
	for leaf := range t {
		rest, ok := strings.CutPrefix(leaf, prefix)
		if !ok {
			continue
		}
		name, _, folder := strings.Cut(rest, "/")
		if folder && path != "" { // the version's own listing has no slashes
			name += "/"
		}
		names[name] = true
	}
	for name := range names {
		if names[name+"/"] { // a folder with a listing of its own
			delete(names, name)
		}
	}
	if len(names) == 0 {
		return "", false
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	return strings.Join(sorted, "\n"), true
}

// tree lays a document out (EC2 user guide, "Access instance metadata for an EC2 instance", categories). What the instance does
// not have is absent, as a public address or a role's credentials are on AWS.
func (d Document) tree() tree {
	t := tree{}
	d.addItself(t)
	for _, device := range d.Devices {
		d.addDevice(t, device)
	}
	t.add("dynamic/instance-identity/document", d.identity())
	if len(d.UserData) > 0 {
		t["user-data"] = string(d.UserData)
	}
	for key, value := range d.Tags {
		t["meta-data/tags/instance/"+key] = value
	}
	return t
}

func (d Document) addItself(t tree) {
	const m = "meta-data/"
	t.add(m+"ami-id", d.ImageID)
	t.add(m+"ami-launch-index", strconv.Itoa(d.LaunchIndex))
	t.add(m+"ami-manifest-path", "(unknown)")
	t.add(m+"hostname", d.PrivateName)
	t.add(m+"instance-action", "none")
	t.add(m+"instance-id", d.InstanceID)
	t.add(m+"instance-life-cycle", "on-demand")
	t.add(m+"instance-type", d.InstanceType)
	t.add(m+"local-hostname", d.PrivateName)
	t.add(m+"local-ipv4", text(d.PrivateIP))
	if len(d.Devices) > 0 {
		t.add(m+"mac", d.Devices[0].MAC)
		t.add(m+"ipv6", first(lines(d.Devices[0].IPv6)))
	}
	t.add(m+"placement/availability-zone", d.Zone)
	t.add(m+"placement/availability-zone-id", d.ZoneID)
	t.add(m+"placement/region", d.Region)
	t.add(m+"public-hostname", d.PublicName)
	t.add(m+"public-ipv4", text(d.PublicIP))
	if d.PublicKey != "" {
		t[m+"public-keys"] = "0=" + d.KeyName // this folder lists its keys by their names, too
		t[m+"public-keys/0/openssh-key"] = d.PublicKey
	}
	t.add(m+"reservation-id", d.Reservation)
	t.add(m+"security-groups", strings.Join(d.Groups, "\n"))
	t.add(m+"services/domain", "amazonaws.com")
	t.add(m+"services/partition", "aws")
}

func (d Document) addDevice(t tree, x Device) {
	m := "meta-data/network/interfaces/macs/" + x.MAC + "/"
	t.add(m+"device-number", strconv.Itoa(x.Number))
	t.add(m+"interface-id", x.Interface)
	t.add(m+"local-hostname", x.PrivateName)
	t.add(m+"mac", x.MAC)
	t.add(m+"owner-id", d.AccountID)
	t.add(m+"public-hostname", x.PublicName)
	var private, public []string
	for _, a := range x.Addresses {
		private = append(private, a[0])
		if a[1] != "" {
			public = append(public, a[1])
			t.add(m+"ipv4-associations/"+a[1], a[0])
		}
	}
	t.add(m+"local-ipv4s", strings.Join(private, "\n"))
	t.add(m+"public-ipv4s", strings.Join(public, "\n"))
	t.add(m+"security-group-ids", strings.Join(x.GroupIDs, "\n"))
	t.add(m+"security-groups", strings.Join(x.Groups, "\n"))
	t.add(m+"subnet-id", x.Subnet)
	t.add(m+"subnet-ipv4-cidr-block", prefix(x.SubnetCIDR))
	t.add(m+"vpc-id", d.VPC)
	t.add(m+"vpc-ipv4-cidr-block", prefix(d.VPCCIDR))
	t.add(m+"vpc-ipv4-cidr-blocks", prefix(d.VPCCIDR))
	t.add(m+"ipv6s", lines(x.IPv6))
	t.add(m+"subnet-ipv6-cidr-blocks", prefix(x.SubnetIPv6))
	t.add(m+"vpc-ipv6-cidr-blocks", lines(d.VPCIPv6))
}

func lines[T fmt.Stringer](all []T) string {
	var texts []string
	for _, x := range all {
		texts = append(texts, x.String())
	}
	return strings.Join(texts, "\n")
}

func first(lines string) string {
	line, _, _ := strings.Cut(lines, "\n")
	return line
}

func (t tree) add(path, text string) {
	if text != "" {
		t[path] = text
	}
}

func prefix(p netip.Prefix) string {
	if !p.IsValid() {
		return ""
	}
	return p.String()
}

// identity is the instance identity document. It is not signed.
func (d Document) identity() string {
	out, err := json.MarshalIndent(struct {
		AccountID        string    `json:"accountId"`
		Architecture     string    `json:"architecture"`
		Zone             string    `json:"availabilityZone"`
		BillingProducts  []string  `json:"billingProducts"`
		DevpayCodes      []string  `json:"devpayProductCodes"`
		MarketplaceCodes []string  `json:"marketplaceProductCodes"`
		ImageID          string    `json:"imageId"`
		InstanceID       string    `json:"instanceId"`
		InstanceType     string    `json:"instanceType"`
		PendingTime      time.Time `json:"pendingTime"`
		PrivateIP        string    `json:"privateIp"`
		Region           string    `json:"region"`
		Version          string    `json:"version"`
	}{
		AccountID: d.AccountID, Architecture: d.Architecture, Zone: d.Zone, ImageID: d.ImageID, InstanceID: d.InstanceID,
		InstanceType: d.InstanceType, PendingTime: d.LaunchTime.UTC().Truncate(time.Second), PrivateIP: text(d.PrivateIP),
		Region: d.Region, Version: "2017-09-30",
	}, "", "  ")
	if err != nil {
		return ""
	}
	return string(out)
}
