package balancing

import (
	"crypto/rand"
	"net/netip"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/delivery"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// logKind is a log that a load balancer can keep.
type logKind struct {
	attribute string // that has it enabled, its bucket and its prefix
	file      string // with which the names of its files begin
	test      string // the object that shows that the bucket can be written
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-file-format
var accessLog = logKind{"access_logs.s3", "", "ELBAccessLogTestFile"}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html#connection-log-file-format
var connectionLog = logKind{"connection_logs.s3", "conn_log.", "ELBConnectionLogTestFile"}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs.html#health-check-log-file-format
var checkLog = logKind{"health_check_logs.s3", "health_check_log_", "ELBHealthCheckLogTestFile"}

var logKinds = []logKind{accessLog, connectionLog, checkLog}

// logPeriod is how often a log is delivered.
const logPeriod = 5 * time.Minute

// place is the bucket and the prefix of a load balancer's log; "" where it keeps none.
func (k logKind) place(row loadBalancerRow) string {
	if k.set(row, "enabled") != "true" {
		return ""
	}
	return path.Join(k.set(row, "bucket"), k.set(row, "prefix"))
}

func (k logKind) set(row loadBalancerRow, key string) string {
	return attributeOf(loadBalancerAttributes, row.Attributes, k.attribute+"."+key)
}

// logKey is what a running log is for: another place is another log.
type logKey struct {
	balancer, node, place string
	kind                  logKind
}

// logsOf are the logs that a node keeps. Those that are new are begun.
func (r *Room) logsOf(row loadBalancerRow, node string, address netip.Addr) (logs balancer.Logs) {
	for _, kind := range logKinds {
		key := logKey{row.ARN, node, kind.place(row), kind}
		if key.place == "" {
			continue
		}
		log := r.serving.logs[key]
		if log == nil {
			log = delivery.New(r.folder, max(r.Speed.Of(logPeriod), time.Second), func(end time.Time) string { return r.logFile(key, address, end) })
			r.serving.logs[key] = log
		}
		switch kind {
		case accessLog:
			logs.Access = log
		case connectionLog:
			logs.Connections = log
		case checkLog:
			logs.Checks = log
		}
	}
	return logs
}

// logFile is the key of the file of a period.
func (r *Room) logFile(key logKey, address netip.Addr, end time.Time) string {
	id := strings.ReplaceAll(tail(key.balancer, "loadbalancer"), "/", ".")
	end = end.UTC()
	parts := []string{key.kind.file + r.Account, "elasticloadbalancing", r.Region, id, end.Format("20060102T1504Z")}
	if !strings.HasPrefix(id, "net.") { // whose files do not tell their node
		parts = append(parts, address.String())
	}
	name := strings.Join(append(parts, strings.ToLower(rand.Text()[:8])+".log.gz"), "_")
	return path.Join(key.place, "AWSLogs", r.Account, "elasticloadbalancing", r.Region, end.Format("2006/01/02"), name)
}

// endLogs delivers and ends the logs of a load balancer that none of these nodes keeps.
func (r *Room) endLogs(arn string, nodes []balancer.Node) {
	kept := map[balancer.Entries]bool{}
	for _, n := range nodes {
		kept[n.Logs.Access], kept[n.Logs.Connections], kept[n.Logs.Checks] = true, true, true
	}
	for key, log := range r.serving.logs {
		if key.balancer == arn && !kept[log] {
			log.Close()
			delete(r.serving.logs, key)
		}
	}
}

// tryLogs writes the test object of logs that have got another place, as AWS does to see whether it may.
func (r *Room) tryLogs(old, changed loadBalancerRow) error {
	for _, kind := range logKinds {
		place := kind.place(changed)
		if kind.set(changed, "enabled") == "true" && kind.set(changed, "bucket") == "" {
			return invalid("The attribute '%s.bucket' must be set for '%s.enabled' to be true", kind.attribute, kind.attribute)
		}
		if place == "" || place == kind.place(old) {
			continue
		}
		text := "Enable logs of " + changed.ARN + " at " + time.Now().UTC().Format(time.RFC3339) + "\n"
		if err := r.folder.Put(path.Join(place, "AWSLogs", r.Account, kind.test), []byte(text)); err != nil {
			r.Log.Warn("write a log's test object", "bucket", kind.set(changed, "bucket"), "err", err)
			return wire.Errorf("InvalidConfigurationRequest", "Access Denied for bucket: %s. Please check S3bucket permission", kind.set(changed, "bucket"))
		}
	}
	return nil
}

// isBucket tells whether a bucket may have a name
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
func isBucket(s string) bool {
	_, notAddress := netip.ParseAddr(s)
	return bucketName.MatchString(s) && !strings.Contains(s, "..") && notAddress != nil
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// isLogPrefix tells whether keys of logs may begin so. S3 would take dots for any other letter; a folder does not.
func isLogPrefix(s string) bool {
	return s == "" || !strings.Contains(s, "AWSLogs") && filepath.IsLocal(s) && len(s) <= 512 && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' })
}
