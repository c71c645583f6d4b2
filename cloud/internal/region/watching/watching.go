// Package watching is CloudWatch in one region: metrics, alarms, and what Route 53 watches of them.
package watching

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/metrics"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Room is CloudWatch in one region. Alarms are kept, data points are not: a region that is lost has lost them, as one
// that is new has none.
type Room struct {
	*room.Base
	alarms    *store.Table[alarmRow]     // by name
	histories *store.Table[alarmHistory] // by the alarm's name, also of alarms that are deleted
	// streams are what Route 53 may watch: the settings of alarms as they are and as they were.
	streams    *store.Table[streamRow]    // by name and fingerprint
	dashboards *store.Table[dashboardRow] // by name

	Data    *metrics.Store
	publish []Publish
	actions Actions

	watch struct {
		sync.Mutex
		streams map[string]cwtypes.StateValue // by key, as last judged
		begun   int                           // how many reports to Route 53 were begun,
		made    int                           // and the last of them that is made
	}
}

// Publish has a service of the region put what it tells CloudWatch each minute, of the minute that has ended.
type Publish func(metrics.Put)

// Load reads the tables.
func Load(base *room.Base, actions Actions, publish ...Publish) (*Room, error) {
	r := &Room{Base: base, Data: metrics.NewStore(base.Speed), publish: publish, actions: actions}
	r.watch.streams = map[string]cwtypes.StateValue{}
	var err error
	room.LoadTable(r.DB, "alarms", &r.alarms, &err)
	room.LoadTable(r.DB, "alarm-histories", &r.histories, &err)
	room.LoadTable(r.DB, "alarm-streams", &r.streams, &err)
	room.LoadTable(r.DB, "dashboards", &r.dashboards, &err)
	return r, err
}

// Open begins to evaluate alarms.
func (r *Room) Open() {
	r.Spawn(r.tendAlarms)
	r.Spawn(r.tendComposites)
}

// News is what to watch for a change of Streams.
func (r *Room) News() []store.Topic {
	return []store.Topic{r.alarms.Any(), r.streams.Any(), streamStates}
}

// alarmSettings are what an alarm watches and how it judges.
type alarmSettings struct {
	Metric            metrics.Metric
	Statistic         string // one of the five, or an extended one
	Unit              cwtypes.StandardUnit
	Period            int32 // seconds
	EvaluationPeriods int32
	DatapointsToAlarm int32
	Comparison        cwtypes.ComparisonOperator
	Threshold         float64
	TreatMissingData  string // empty where it was not said
	LowSamples        string `json:",omitempty"` // EvaluateLowSampleCountPercentile; empty where it was not said
	// Queries are metric math in place of Metric, Statistic and Unit; the one that is not hidden is watched.
	Queries []query `json:",omitempty"`
}

func (s alarmSettings) period() time.Duration { return time.Duration(s.Period) * time.Second }

// judge is the settings as package metrics needs them.
func (s alarmSettings) judge() metrics.Alarm {
	a := metrics.Alarm{
		EvaluationPeriods: int(s.EvaluationPeriods), DatapointsToAlarm: int(s.DatapointsToAlarm),
		Comparison: s.Comparison, Threshold: s.Threshold, TreatMissingData: s.TreatMissingData,
	}
	if a.TreatMissingData == "" {
		a.TreatMissingData = metrics.Missing
	}
	return a
}

// fingerprint tells settings from each other.
func (s alarmSettings) fingerprint() string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers, none of them NaN
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

type alarmRow struct {
	Name, Description string
	Settings          alarmSettings
	Rule              string // of a composite alarm, which has no settings; empty for others
	Suppressor        suppressor
	MToAlarm          bool // DatapointsToAlarm was said
	ActionsEnabled    bool
	OKActions         []string
	AlarmActions      []string
	MissingActions    []string
	Configured        time.Time
	State             cwtypes.StateValue
	Previous          cwtypes.StateValue // before State; empty where it has had no other
	Reason            string
	ReasonData        string
	Updated           time.Time // when the state was last told
	Transitioned      time.Time // when it last changed
	LeftAlarm         time.Time // when it last was no longer ALARM
	SetByHand         time.Time // when SetAlarmState last was called of a composite alarm; zero for not since it was put
	Tags              map[string]string
}

// alarmHistory is what happened to the alarms of one name, oldest first.
type alarmHistory struct {
	Name      string
	Composite bool
	Items     []historyItem
}

func (h alarmHistory) kind() cwtypes.AlarmType { return alarmType(h.Composite) }

type historyItem struct {
	At            time.Time
	Type          cwtypes.HistoryItemType
	Summary, Data string
}

// maxHistory is how many items are kept of one alarm; AWS keeps 30 days of them.
const maxHistory = 100

// streamRow is one setting of an alarm that Route 53 may watch for a health check.
type streamRow struct {
	Name        string
	Fingerprint string
	Settings    alarmSettings
	Since       time.Time
}

func streamKey(name, fingerprint string) string { return name + "\x00" + fingerprint }

func (r *Room) alarmARN(name string) string {
	return fmt.Sprintf("arn:aws:cloudwatch:%s:%s:alarm:%s", r.Region, r.Account, name)
}

// The errors of https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/, with the codes of the
// query protocol.

func invalid(format string, args ...any) error {
	return wire.Errorf("InvalidParameterValue", format, args...)
}

func invalidCombination(format string, args ...any) error {
	return wire.Errorf("InvalidParameterCombination", format, args...)
}

func missing(parameter string) error {
	return wire.Errorf("MissingParameter", "The parameter %s is required.", parameter)
}

func missingAlarm(name string) error {
	return &wire.Error{Code: "ResourceNotFound", Message: fmt.Sprintf("Alarm %s was not found.", name), Status: http.StatusNotFound}
}

// metricOf makes a metric of what a request says. All of CloudWatch's requests bound its parts alike.
func metricOf(namespace, name *string, dimensions []cwtypes.Dimension) (m metrics.Metric, err error) {
	m.Namespace, m.Name = room.Deref(namespace), room.Deref(name)
	switch {
	case m.Namespace == "":
		return m, missing("Namespace")
	case m.Name == "":
		return m, missing("MetricName")
	case !printable(m.Namespace, 255) || strings.HasPrefix(m.Namespace, ":"):
		return m, invalid("The value %s for parameter Namespace is invalid.", m.Namespace)
	case !printable(m.Name, 255):
		return m, invalid("The value %s for parameter MetricName is invalid.", m.Name)
	case len(dimensions) > maxDimensions:
		return m, invalid("The collection Dimensions must not have a size greater than %d.", maxDimensions)
	}
	for _, d := range dimensions {
		n, v := room.Deref(d.Name), room.Deref(d.Value)
		if !printable(n, 255) || !printable(v, 1024) || strings.HasPrefix(n, ":") {
			return m, invalid("The dimension %s=%s is invalid.", n, v)
		}
		m.Dimensions = append(m.Dimensions, metrics.Dimension{Name: n, Value: v})
	}
	sorted := m.Sorted()
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Name == sorted[i-1].Name {
			return m, invalid("The dimension %s is there twice.", sorted[i].Name)
		}
	}
	return m, nil
}

// maxDimensions is how many dimensions a metric may have.
const maxDimensions = 30

// printable tells whether text has 1 to most characters of printable ASCII.
func printable(text string, most int) bool {
	return text != "" && len(text) <= most && !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })
}

func showDimensions(m metrics.Metric) []cwtypes.Dimension {
	out := []cwtypes.Dimension{}
	for _, d := range m.Dimensions {
		out = append(out, cwtypes.Dimension{Name: new(d.Name), Value: new(d.Value)})
	}
	return out
}

func checkUnit(u cwtypes.StandardUnit) error {
	if u != "" && !slices.Contains(u.Values(), u) {
		return invalid("The value %s for parameter Unit is invalid.", u)
	}
	return nil
}

// checkPeriod accepts what periods may be: 1, 5, 10, 20, 30 or a multiple of 60 seconds.
func checkPeriod(period *int32) error {
	switch p := room.Deref(period); {
	case period == nil:
		return missing("Period")
	case p < 1, p%60 != 0 && !slices.Contains([]int32{1, 5, 10, 20, 30}, p):
		return invalid("The value %d for parameter Period is invalid: it must be 1, 5, 10, 20, 30 or a multiple of 60.", p)
	}
	return nil
}
