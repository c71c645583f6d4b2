package watching

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestDashboardsAreKept(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	put := func(name, body string) error {
		_, err := s.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: &name, DashboardBody: &body})
		return err
	}
	body := `{"widgets": [ ]}`
	for _, name := range []string{"app-b", "app-a", "other"} {
		if err := put(name, body); err != nil {
			t.Fatal(err)
		}
	}
	s.reopen()
	d := roomtest.Must(s.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: new("app-a")}))(t)
	if *d.DashboardBody != body || *d.DashboardArn != "arn:aws:cloudwatch::111122223333:dashboard/app-a" {
		t.Errorf("it is %+v", d)
	}
	list := roomtest.Must(s.ListDashboards(ctx, &cloudwatch.ListDashboardsInput{DashboardNamePrefix: new("app-")}))(t).DashboardEntries
	if len(list) != 2 || *list[0].DashboardName != "app-a" || *list[0].Size != int64(len(body)) || list[0].LastModified.IsZero() {
		t.Errorf("the list is %+v", list)
	}
	remove := func(names ...string) error {
		_, err := s.DeleteDashboards(ctx, &cloudwatch.DeleteDashboardsInput{DashboardNames: names})
		return err
	}
	roomtest.WantAPIError(t, remove("app-a", "nothing"), "ResourceNotFound")
	if err := remove("app-a", "app-b"); err != nil {
		t.Fatal(err)
	}
	_, err := s.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: new("app-a")})
	roomtest.WantAPIError(t, err, "ResourceNotFound")
	for at, body := range map[string]string{
		"Should have required property 'widgets'":    `{}`,
		"Should be array":                            `{"widgets":{}}`,
		"Should be object":                           `{"widgets":[1]}`,
		"Should have required property 'type'":       `{"widgets":[{"properties":{}}]}`,
		"/widgets/0/type":                            `{"widgets":[{"type":"graph","properties":{}}]}`,
		"Should have required property 'properties'": `{"widgets":[{"type":"text"}]}`,
		"Should have required property 'markdown'":   `{"widgets":[{"type":"text","properties":{}}]}`,
		"there are 3 validation errors":              `{"widgets":[{"type":"metric","properties":{"region":"us-east-1"}}]}`,
		"/widgets/0/properties/metrics/0/2/color":    `{"widgets":[{"type":"metric","properties":{"metrics":[["N","M",{"color":"red"}]]}}]}`,
		"Should be <= 24":                            `{"widgets":[{"type":"text","width":25,"properties":{"markdown":"x"}}]}`,
		"/widgets/0/x":                               `{"widgets":[{"type":"text","x":-1,"properties":{"markdown":"x"}}]}`,
		"Should have required property 'start'":      `{"end":"2026-11-28T00:00:00Z","widgets":[]}`,
	} {
		err := put("flawed", body)
		roomtest.WantAPIError(t, err, "InvalidParameterInput")
		if err != nil && !strings.Contains(err.Error(), at) {
			t.Errorf("%s: %v", body, err)
		}
	}
	good := `{"start":"-PT6H","widgets":[{"type":"metric","x":0,"y":0,"width":12,"height":6,"properties":{"region":"us-east-1","metrics":[["AWS/EC2","CPUUtilization",
		"InstanceId","i-1",{"color":"#1f77b4"}],["...","i-2"],[{"expression":"SEARCH('{AWS/EC2}','Sum')"}]]}},{"type":"text","properties":{"markdown":"# x"}}]}`
	if err := put("good", good); err != nil {
		t.Error(err)
	}
	for name, body := range map[string]string{"a b": body, "list": "[]", "text": "widgets", strings.Repeat("x", 256): body} {
		roomtest.WantAPIError(t, put(name, body), "InvalidParameterInput")
	}
}
