package drill

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy"
)

func TestPromiseIsHeldAgainstThePrediction(t *testing.T) {
	f := understudy.Failover{Interval: 30, Threshold: 3} // 3 × (30 + 6) + 5 + 60 + 2 s
	if got, want := Worst(f), 175*time.Second; got != want {
		t.Errorf("the worst is %s, want %s", got, want)
	}
	for rto, want := range map[time.Duration]string{
		2 * time.Minute:  "{interval: 10, threshold: 3} needs at most 1m55s",
		90 * time.Second: "{interval: 10, threshold: 1} needs at most 1m23s",
		time.Minute:      "no setting keeps it: the least is 1m23s, of which 1m0s are for answers that resolvers keep",
	} {
		if got := Faster(f, rto); Kept(f, rto) || !strings.Contains(got, want) {
			t.Errorf("%s: %s", rto, got)
		}
	}
	if !Kept(f, 175*time.Second) {
		t.Error("what is just kept is taken for not kept")
	}
}

// What users felt at another speed is held against the same share of the prediction.
func TestPromiseIsScaledToTheSpeed(t *testing.T) {
	aws := Settings{Interval: 10 * time.Second, Threshold: 3, TTL: AliasTTL, ClientTimeout: UserTimeout, Speed: 1}
	if got := aws.scaled(3 * time.Minute); got != 3*time.Minute {
		t.Errorf("at AWS's own speed 3m are %s", got)
	}
	fast := Settings{Interval: 10 * time.Second, Threshold: 3, TTL: 2 * time.Second, ClientTimeout: UserTimeout, Speed: 30}
	if got, want := fast.scaled(aws.Downtime()), fast.Downtime(); got != want {
		t.Errorf("what is predicted at AWS's own speed is %s at the other, want %s", got, want)
	}
	hour := fast
	hour.TTL = 2 * time.Minute // an hour at this speed
	if got, want := hour.scaled(aws.Downtime()), fast.Downtime(); got != want {
		t.Errorf("beside an answer that is kept for an hour it is %s, want %s", got, want)
	}
	for felt, broken := range map[time.Duration]bool{time.Second: false, 10 * time.Second: true} {
		r := &Report{}
		start := time.Now()
		one := timeline{fault: start, repair: start.Add(time.Minute)}
		requests := []Request{{Start: start, End: start.Add(felt / 2), Err: errors.New("refused")}, {Start: start.Add(felt / 2), End: start.Add(felt)}}
		r.promise(3*time.Minute, fast)
		r.summarise(requests, kinds(nil, 1), one, fast)
		if r.Broken() != broken {
			t.Errorf("felt %s, promised %g ms: broken is %v", felt, r.PromisedDowntimeMS, r.Broken())
		}
	}
	if (&Report{DowntimeMS: Quantile{Max: 1e9}}).Broken() {
		t.Error("without a promise one is broken")
	}
}
