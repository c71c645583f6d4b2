package region

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/arczonalshift"
	shifttypes "github.com/aws/aws-sdk-go-v2/service/arczonalshift/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/access"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

const zoneA, zoneB = "use1-az1", "use1-az2"

// twoZones is a site whose load balancer can be shifted, with a healthy target in each of its zones that says the zone's id.
type twoZones struct {
	*site
	*arczonalshift.Client
	ids       []string // of the targets
	addresses []string // public, of the nodes
	ill       [2]atomic.Bool
}

func newTwoZones(t *testing.T) *twoZones {
	t.Helper()
	s := &twoZones{site: newSite(t)}
	s.listen()
	for i, zone := range []string{zoneA, zoneB} {
		s.ids = append(s.ids, s.launchIn(s.subnets[i], func(w http.ResponseWriter, _ *http.Request) {
			if s.ill[i].Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
			_, _ = io.WriteString(w, zone)
		}))
	}
	if err := s.r.balancing.Register(s.group, s.ids); err != nil {
		t.Fatal(err)
	}
	s.set("zonal_shift.config.enabled", "true")
	for _, id := range s.ids {
		s.awaitHealth(id, "healthy")
	}
	for _, subnet := range s.subnets {
		at := slices.IndexFunc(s.nodes(), func(n ec2types.NetworkInterface) bool { return *n.SubnetId == subnet })
		s.addresses = append(s.addresses, *s.nodes()[at].Association.PublicIp)
	}
	endpoint := roomtest.Serve(t, func(m *wire.Mux) { s.r.Operations(m) })
	s.Client = arczonalshift.New(arczonalshift.Options{
		Region: "us-east-1", BaseEndpoint: endpoint, Credentials: roomtest.Credentials, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
	})
	s.awaitManaged(true)
	return s
}

// set sets an attribute of the load balancer.
func (s *twoZones) set(key, value string) {
	s.t.Helper()
	roomtest.Must(s.r.balancing.ModifyLoadBalancerAttributes(s.t.Context(), &elb.ModifyLoadBalancerAttributesInput{
		LoadBalancerArn: s.balance.LoadBalancerArn, Attributes: []elbtypes.LoadBalancerAttribute{{Key: &key, Value: &value}},
	}))(s.t)
}

func (s *twoZones) awaitManaged(want bool) {
	s.t.Helper()
	s.await("the load balancer is a managed resource, or no more", func() bool {
		all := roomtest.Must(s.ListManagedResources(s.t.Context(), &arczonalshift.ListManagedResourcesInput{}))(s.t).Items
		return (len(all) == 1) == want
	})
}

// start begins a shift away from the first zone.
func (s *twoZones) start(lasts string) string {
	s.t.Helper()
	return *roomtest.Must(s.StartZonalShift(s.t.Context(), &arczonalshift.StartZonalShiftInput{
		ResourceIdentifier: s.balance.LoadBalancerArn, AwayFrom: new(zoneA), ExpiresIn: &lasts, Comment: new("drill"),
	}))(s.t).ZonalShiftId
}

// awaitDNS waits until the load balancer's name has these addresses.
func (s *twoZones) awaitDNS(want ...string) {
	s.t.Helper()
	s.await("DNS has "+strings.Join(want, ", "), func() bool {
		b := s.r.BeaconReport().LoadBalancers[0]
		got := []string{}
		for _, a := range b.Addresses {
			got = append(got, a.String())
		}
		return b.Healthy && slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
	})
}

// answers are the zones of the targets that answer, asked through each node often enough for turns to reach all.
func (s *twoZones) answers() (zones []string) {
	s.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 4 {
		for _, n := range s.nodes() {
			resp, err := client.Get("http://" + s.w.sockets.At(*n.PrivateIpAddress+":80"))
			if err != nil {
				s.t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			zones = append(zones, string(body))
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// awaitAnswers asks until targets of these zones answer, and no others: no news is told of what the nodes do.
func (s *twoZones) awaitAnswers(want ...string) {
	s.t.Helper()
	for deadline := patience.Deadline(); !slices.Equal(s.answers(), want); {
		if time.Now().After(deadline) {
			s.t.Fatalf("targets answer in %v, want %v", s.answers(), want)
		}
	}
}

// overrides are the states of the targets' administrative overrides, by target.
func (s *twoZones) overrides() map[string]string {
	s.t.Helper()
	states := map[string]string{}
	out := roomtest.Must(s.r.balancing.DescribeTargetHealth(s.t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &s.group}))(s.t)
	for _, d := range out.TargetHealthDescriptions {
		states[*d.Target.Id] = string(d.AdministrativeOverride.State)
	}
	return states
}

func (s *twoZones) shifts(status shifttypes.ZonalShiftStatus) (ids []string) {
	s.t.Helper()
	out := roomtest.Must(s.ListZonalShifts(s.t.Context(), &arczonalshift.ListZonalShiftsInput{
		Status: status, ResourceIdentifier: s.balance.LoadBalancerArn,
	}))(s.t)
	for _, x := range out.Items {
		ids = append(ids, *x.ZonalShiftId)
	}
	return ids
}

// A shift takes the zone's address out of the load balancer's name and requests away from its targets; it outlives a restart, and what it
// did is undone when it is cancelled.
func TestZonalShiftMovesTrafficAway(t *testing.T) {
	s := newTwoZones(t)
	ctx, arn := t.Context(), s.balance.LoadBalancerArn
	s.awaitDNS(s.addresses...)
	s.awaitAnswers(zoneA, zoneB)

	id := s.start("72h")
	s.awaitDNS(s.addresses[1])
	s.awaitAnswers(zoneB)
	if got := s.overrides(); got[s.ids[0]] != "zonal_shift_active" || got[s.ids[1]] != "no_override" {
		t.Errorf("overrides: %v", got)
	}
	shown := roomtest.Must(s.GetManagedResource(ctx, &arczonalshift.GetManagedResourceInput{ResourceIdentifier: arn}))(t)
	if shown.AppliedWeights[zoneA] != 0 || shown.AppliedWeights[zoneB] != 1 || len(shown.AppliedWeights) != 2 || *shown.Name != "hello" || *shown.Arn != *arn ||
		len(shown.ZonalShifts) != 1 || *shown.ZonalShifts[0].ZonalShiftId != id || shown.ZonalShifts[0].AppliedStatus != shifttypes.AppliedStatusApplied {
		t.Errorf("while it is shifted: %+v", shown)
	}

	if got := s.r.Things(access.Question{Names: []string{"zonalshift/" + id}}).Things; got["zonalshift/"+id].ARN != *arn || got[*arn].Tags["app"] != "hello" {
		t.Errorf("what the front door is told: %+v", got)
	}

	if err := s.r.Close(); err != nil {
		t.Fatal(err)
	}
	s.r = openWired(t, s.dir, s.w)
	for _, id := range s.ids {
		s.awaitHealth(id, "healthy")
	}
	s.awaitDNS(s.addresses[1])
	s.awaitAnswers(zoneB)

	cancelled := roomtest.Must(s.CancelZonalShift(ctx, &arczonalshift.CancelZonalShiftInput{ZonalShiftId: &id}))(t)
	if cancelled.Status != shifttypes.ZonalShiftStatusCanceled || *cancelled.AwayFrom != zoneA || *cancelled.Comment != "drill" {
		t.Errorf("cancelled: %+v", cancelled)
	}
	s.awaitDNS(s.addresses...)
	s.awaitAnswers(zoneA, zoneB)
	if got := s.overrides(); got[s.ids[0]] != "no_override" {
		t.Errorf("overrides afterwards: %v", got)
	}
	if active, ended := s.shifts(""), s.shifts(shifttypes.ZonalShiftStatusCanceled); len(active) != 0 || !slices.Equal(ended, []string{id}) {
		t.Errorf("active %v, cancelled %v", active, ended)
	}
}

// Where requests keep to their zone, its node goes on for who still has its address.
func TestZonalShiftWithoutCrossZoneIsOfDNSAlone(t *testing.T) {
	s := newTwoZones(t)
	roomtest.Must(s.r.balancing.ModifyTargetGroupAttributes(t.Context(), &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &s.group,
		Attributes: []elbtypes.TargetGroupAttribute{{Key: new("load_balancing.cross_zone.enabled"), Value: new("false")}}}))(t)
	s.start("72h")
	s.awaitDNS(s.addresses[1])
	if got := s.overrides(); got[s.ids[0]] != "zonal_shift_delegated_to_dns" || got[s.ids[1]] != "no_override" {
		t.Errorf("overrides: %v", got)
	}
	s.awaitAnswers(zoneA, zoneB)
}

// A shift expires at the cloud's speed, later if it is extended.
func TestZonalShiftExpires(t *testing.T) {
	s := newTwoZones(t)
	ctx := t.Context()
	id := s.start("72h")
	s.awaitDNS(s.addresses[1])
	before := roomtest.Must(s.ListZonalShifts(ctx, &arczonalshift.ListZonalShiftsInput{}))(t).Items[0]
	if got := before.ExpiryTime.Sub(*before.StartTime); got.Seconds() != 72*3600/300 {
		t.Errorf("it lasts %v at 300 times the speed", got)
	}
	changed := roomtest.Must(s.UpdateZonalShift(ctx, &arczonalshift.UpdateZonalShiftInput{ZonalShiftId: &id, Comment: new("longer"), ExpiresIn: new("72h")}))(t)
	if !changed.ExpiryTime.After(*before.ExpiryTime) || *changed.Comment != "longer" || !changed.StartTime.Equal(*before.StartTime) {
		t.Errorf("extended: %+v, before %+v", changed, before)
	}
	kept := roomtest.Must(s.UpdateZonalShift(ctx, &arczonalshift.UpdateZonalShiftInput{ZonalShiftId: &id, ExpiresIn: new("1m")}))(t)
	if *kept.Comment != "longer" || !kept.ExpiryTime.Before(*changed.ExpiryTime) {
		t.Errorf("shortened: %+v", kept)
	}
	s.awaitDNS(s.addresses...)
	s.awaitAnswers(zoneA, zoneB)
	if got := s.shifts(shifttypes.ZonalShiftStatusExpired); !slices.Equal(got, []string{id}) {
		t.Errorf("expired: %v", got)
	}
	_, err := s.UpdateZonalShift(ctx, &arczonalshift.UpdateZonalShiftInput{ZonalShiftId: &id, ExpiresIn: new("1h")})
	wantConflict(t, err, shifttypes.ConflictExceptionReasonZonalShiftStatusNotActive, id)
	_, err = s.CancelZonalShift(ctx, &arczonalshift.CancelZonalShiftInput{ZonalShiftId: &id})
	wantConflict(t, err, shifttypes.ConflictExceptionReasonZonalShiftStatusNotActive, id)
}

func wantConflict(t *testing.T, err error, reason shifttypes.ConflictExceptionReason, shift string) {
	t.Helper()
	conflict, ok := errors.AsType[*shifttypes.ConflictException](err)
	if !ok || conflict.Reason != reason || conflict.ZonalShiftId == nil || *conflict.ZonalShiftId != shift {
		t.Errorf("got %v, want the conflict %s with %s", err, reason, shift)
	}
}

// Where the other zone has no healthy target, the load balancer would fail open, and a shift has no effect on requests.
func TestZonalShiftHasNoEffectOnWhatFailsOpen(t *testing.T) {
	s := newTwoZones(t)
	s.ill[1].Store(true)
	s.awaitHealth(s.ids[1], "unhealthy")
	s.start("72h")
	s.await("the shift has been applied", func() bool { return s.overrides()[s.ids[0]] == "zonal_shift_active" })
	s.awaitDNS(s.addresses...)
	s.awaitAnswers(zoneA)
	s.ill[1].Store(false)
	s.awaitAnswers(zoneB)
	s.awaitDNS(s.addresses[1])
}

// Who disables zonal shift, or deletes what is shifted, cancels the shift.
func TestZonalShiftEndsWithItsResource(t *testing.T) {
	s := newTwoZones(t)
	first := s.start("72h")
	s.awaitDNS(s.addresses[1])
	s.set("zonal_shift.config.enabled", "false")
	s.awaitDNS(s.addresses...)
	s.await("the shift is cancelled", func() bool { return slices.Equal(s.shifts(shifttypes.ZonalShiftStatusCanceled), []string{first}) })
	s.awaitManaged(false)
	s.set("zonal_shift.config.enabled", "true")
	second := s.start("72h")
	roomtest.Must(s.r.balancing.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balance.LoadBalancerArn}))(t)
	s.await("both are cancelled", func() bool {
		return slices.Equal(s.shifts(shifttypes.ZonalShiftStatusCanceled), []string{first, second})
	})
}

func TestZonalShiftsAreRefused(t *testing.T) {
	s := newTwoZones(t)
	ctx := t.Context()
	for name, c := range map[string]struct {
		change func(*arczonalshift.StartZonalShiftInput)
		code   string
		reason shifttypes.ValidationExceptionReason
	}{
		"a zone by its name":     {func(in *arczonalshift.StartZonalShiftInput) { in.AwayFrom = new("us-east-1a") }, "ValidationException", "InvalidAz"},
		"a zone it is not in":    {func(in *arczonalshift.StartZonalShiftInput) { in.AwayFrom = new("use1-az3") }, "ValidationException", "UnsupportedAz"},
		"more than three days":   {func(in *arczonalshift.StartZonalShiftInput) { in.ExpiresIn = new("73h") }, "ValidationException", "InvalidExpiresIn"},
		"more minutes than that": {func(in *arczonalshift.StartZonalShiftInput) { in.ExpiresIn = new("4321m") }, "ValidationException", "InvalidExpiresIn"},
		"no minute":              {func(in *arczonalshift.StartZonalShiftInput) { in.ExpiresIn = new("0m") }, "ValidationException", ""},
		"a time in days":         {func(in *arczonalshift.StartZonalShiftInput) { in.ExpiresIn = new("1d") }, "ValidationException", ""},
		"a long comment":         {func(in *arczonalshift.StartZonalShiftInput) { in.Comment = new(strings.Repeat("x", 129)) }, "ValidationException", ""},
		"what is not there": {func(in *arczonalshift.StartZonalShiftInput) {
			in.ResourceIdentifier = new(*in.ResourceIdentifier + "0")
		}, "ResourceNotFoundException", ""},
		"an Auto Scaling group": {func(in *arczonalshift.StartZonalShiftInput) {
			in.ResourceIdentifier = new("arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:1:autoScalingGroupName/x")
		}, "ResourceNotFoundException", ""},
		"no resource's identifier": {func(in *arczonalshift.StartZonalShiftInput) { in.ResourceIdentifier = new("hello") }, "ValidationException", ""},
	} {
		in := &arczonalshift.StartZonalShiftInput{
			ResourceIdentifier: s.balance.LoadBalancerArn, AwayFrom: new(zoneA), ExpiresIn: new("1h"), Comment: new(""),
		}
		c.change(in)
		_, err := s.StartZonalShift(ctx, in)
		if roomtest.WantAPIError(t, err, c.code); t.Failed() {
			t.Fatal(name)
		}
		if invalid, ok := errors.AsType[*shifttypes.ValidationException](err); ok && invalid.Reason != c.reason {
			t.Errorf("%s: reason %s, want %s", name, invalid.Reason, c.reason)
		}
	}
	id := s.start("1h")
	_, err := s.StartZonalShift(ctx, &arczonalshift.StartZonalShiftInput{
		ResourceIdentifier: s.balance.LoadBalancerArn, AwayFrom: new(zoneB), ExpiresIn: new("1h"), Comment: new(""),
	})
	wantConflict(t, err, shifttypes.ConflictExceptionReasonZonalShiftAlreadyExists, id)
	_, err = s.CancelZonalShift(ctx, &arczonalshift.CancelZonalShiftInput{ZonalShiftId: new("11111111-2222")})
	roomtest.WantAPIError(t, err, "ResourceNotFoundException")
	_, err = s.UpdateZonalShift(ctx, &arczonalshift.UpdateZonalShiftInput{ZonalShiftId: &id, ExpiresIn: new("999h")})
	roomtest.WantAPIError(t, err, "ValidationException")
	_, err = s.GetManagedResource(ctx, &arczonalshift.GetManagedResourceInput{ResourceIdentifier: &s.group})
	roomtest.WantAPIError(t, err, "ResourceNotFoundException")
	_, err = s.ListZonalShifts(ctx, &arczonalshift.ListZonalShiftsInput{NextToken: new("invented")})
	roomtest.WantAPIError(t, err, "ValidationException")
	_, err = s.ListZonalShifts(ctx, &arczonalshift.ListZonalShiftsInput{Status: "OVER"})
	roomtest.WantAPIError(t, err, "ValidationException")
}

// There are neither autoshifts nor practice runs.
func TestNothingIsShiftedUnasked(t *testing.T) {
	s := newTwoZones(t)
	ctx, arn := t.Context(), s.balance.LoadBalancerArn
	if got := roomtest.Must(s.ListAutoshifts(ctx, &arczonalshift.ListAutoshiftsInput{}))(t).Items; got == nil || len(got) != 0 {
		t.Errorf("autoshifts: %v", got)
	}
	told := roomtest.Must(s.GetAutoshiftObserverNotificationStatus(ctx, &arczonalshift.GetAutoshiftObserverNotificationStatusInput{}))(t)
	shown := roomtest.Must(s.ListManagedResources(ctx, &arczonalshift.ListManagedResourcesInput{}))(t).Items[0]
	if told.Status != "DISABLED" || shown.ZonalAutoshiftStatus != "DISABLED" ||
		!slices.Equal(shown.AvailabilityZones, []string{zoneA, zoneB}) || *shown.Arn != *arn {
		t.Errorf("told %s, shown %+v", told.Status, shown)
	}
	_, err := s.UpdateZonalAutoshiftConfiguration(ctx, &arczonalshift.UpdateZonalAutoshiftConfigurationInput{
		ResourceIdentifier: arn, ZonalAutoshiftStatus: "ENABLED",
	})
	if err == nil || !strings.Contains(err.Error(), "The operation UpdateZonalAutoshiftConfiguration of arc-zonal-shift is not supported by this cloud.") {
		t.Errorf("an autoshift's configuration: %v", err)
	}
}
