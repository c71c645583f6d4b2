package compute

import (
	"runtime"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/machine"
	"github.com/understudy/understudy/cloud/internal/metrics"
)

// basic is how often instances without detailed monitoring tell CloudWatch of themselves; those with it do each minute
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html).
const basic = 5 * time.Minute

// groupTag names the Auto Scaling group of an instance.
const groupTag = "aws:autoscaling:groupName"

// gauge is a running instance, and what it had used when it last told of itself.
type gauge struct {
	m    Machine
	at   time.Time
	used machine.Usage
}

// works notes that an instance's processes are m.
func (r *Room) works(id string, m Machine) {
	if g, ok := r.gauge(id); ok && g.m == m {
		return
	}
	g := gauge{m: m, at: time.Now()}
	g.used, _ = m.Usage() // of one that has ended already nobody will ask
	r.gauges.Store(id, g)
}

func (r *Room) gauge(id string) (gauge, bool) {
	g, ok := r.gauges.Load(id)
	if !ok {
		return gauge{}, false
	}
	return g.(gauge), true
}

// PublishMetrics puts what instances tell CloudWatch each minute, those without detailed monitoring every fifth.
func (r *Room) PublishMetrics(put metrics.Put) {
	now := time.Now()
	five := now.UnixNano() / int64(r.Speed.Of(basic))
	due := five != r.publishedFive
	r.publishedFive = five
	for _, i := range r.instances.All() {
		if i.State != running {
			continue
		}
		g, works := r.gauge(i.ID)
		r.publishChecks(i, works, put)
		if !works || !i.Monitoring && !due {
			continue
		}
		used, err := g.m.Usage()
		if err != nil { // it is ending
			continue
		}
		r.publishUsage(i, spent(i, g, used, now), put)
		r.gauges.CompareAndSwap(i.ID, g, gauge{g.m, now, used})
	}
}

// measured is a metric's value for a period.
type measured struct {
	name  string
	unit  cwtypes.StandardUnit
	value float64
}

// spent is what an instance has used since its gauge was last read. It has used all of its processors when it has used as many as its
// type has or, where those are fewer, this machine.
func spent(i Instance, g gauge, used machine.Usage, now time.Time) []measured {
	kind, _ := findType(string(i.Type))
	processors := max(1, min(int(kind.vcpus), runtime.NumCPU()))
	busy := 0.0
	if passed := now.Sub(g.at); passed > 0 {
		busy = 100 * float64(max(0, used.CPU-g.used.CPU)) / float64(passed) / float64(processors)
	}
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
	return []measured{
		{"CPUUtilization", cwtypes.StandardUnitPercent, min(busy, 100)},
		{"NetworkIn", cwtypes.StandardUnitBytes, risen(g.used.BytesIn, used.BytesIn)},
		{"NetworkOut", cwtypes.StandardUnitBytes, risen(g.used.BytesOut, used.BytesOut)},
		{"NetworkPacketsIn", cwtypes.StandardUnitCount, risen(g.used.PacketsIn, used.PacketsIn)},
		{"NetworkPacketsOut", cwtypes.StandardUnitCount, risen(g.used.PacketsOut, used.PacketsOut)},
	}
}

// risen is how much a counter has risen, which begins anew where its interface was replaced.
func risen(before, after uint64) float64 {
	if after < before {
		return float64(after)
	}
	return float64(after - before)
}

// publishUsage puts values under all dimensions by which AWS has them: those of all instances, of a type and of an image are of instances
// with detailed monitoring (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/GetMetricAllInstances.html).
func (r *Room) publishUsage(i Instance, values []measured, put metrics.Put) {
	dimensions := r.ownDimensions(i)
	if r.cfg.Counts != nil && !r.cfg.Counts(i.ID) {
		dimensions = dimensions[:1]
	}
	if i.Monitoring {
		dimensions = append(dimensions, nil, of("ImageId", i.Image), of("InstanceType", string(i.Type)))
	}
	for _, d := range dimensions {
		for _, v := range values {
			put(metrics.Metric{Namespace: "AWS/EC2", Name: v.name, Dimensions: d}, string(v.unit), metrics.One(v.value, 1))
		}
	}
}

// publishChecks puts the results of status checks, which are made and told each minute.
func (r *Room) publishChecks(i Instance, works bool, put metrics.Put) {
	if !r.checked(i) {
		return
	}
	failed := 0.0
	if !works && !i.Held {
		failed = 1
	}
	values := map[string]float64{"StatusCheckFailed": failed, "StatusCheckFailed_Instance": failed, "StatusCheckFailed_System": 0}
	if kind, _ := findType(string(i.Type)); kind.hypervisor == ec2types.InstanceTypeHypervisorNitro {
		values["StatusCheckFailed_AttachedEBS"] = 0
	}
	for _, d := range r.ownDimensions(i) {
		for name, value := range values {
			put(metrics.Metric{Namespace: "AWS/EC2", Name: name, Dimensions: d}, string(cwtypes.StandardUnitCount), metrics.One(value, 1))
		}
	}
}

// ownDimensions are an instance's and its group's.
func (r *Room) ownDimensions(i Instance) [][]metrics.Dimension {
	all := [][]metrics.Dimension{of("InstanceId", i.ID)}
	if group := r.TagMap(i.ID)[groupTag]; group != "" {
		all = append(all, of("AutoScalingGroupName", group))
	}
	return all
}

func of(name, value string) []metrics.Dimension {
	return []metrics.Dimension{{Name: name, Value: value}}
}
